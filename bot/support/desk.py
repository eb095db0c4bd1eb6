"""The desk: what agents do with tickets, from whatever page or channel they work. Every desk calls this one service.

Each action is one transaction that locks the conversation first (docs/dev/support.md). The caller has identified the agent.
"""

from __future__ import annotations

import unicodedata
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass

from sqlalchemy import exists, select
from sqlalchemy.ext.asyncio import AsyncSession

from bot.core.errors import log_error
from bot.dossiers.records import normalize_reference
from bot.fhir.errors import FhirUnavailable
from bot.messaging.conversations import lock_conversation
from bot.messaging.messages import Message, Reply
from bot.messaging.pii.outgoing_filter import FilteredText
from bot.messaging.ports import AssistantUnavailable
from bot.messaging.proactive_messages import ProactiveMessage, add_proactive
from bot.messaging.tables import RECEIVED, InboxRow, MessageRow
from bot.messaging.transcript import add_to_web_chat, public
from bot.support import tickets
from bot.support.desk_queries import DeskQueries
from bot.support.errors import (
    AlreadyTaken,
    ConversationBusy,
    EmptyText,
    NamesUnreadable,
    NotOver,
    NotYours,
    StillJoining,
    TextTooLong,
    TicketOver,
    WrongQueue,
    WrongReference,
)
from bot.support.named_dossiers import named_dossiers
from bot.support.records import QUEUED, Agent, Note, Outcome, Ticket, TicketEventType, TicketState
from bot.support.tables import NoteRow, TicketRow
from bot.support.tickets import assignee_of

MAX_TEXT_LENGTH = 4_000
"""Characters of what an agent writes at once."""
MAX_TAG_LENGTH, MAX_TAGS = 30, 10
"""Characters of a tag, and tags of a ticket."""


@dataclass(frozen=True)
class Sent:
    """A reply as the user has it."""

    message: Message
    replaced: int
    """How many parts that identify an usager were replaced by masks, for an external channel."""

    @property
    def masked(self) -> bool:
        """Whether anything was replaced."""
        return self.replaced > 0


class Desk(DeskQueries):
    """What agents see and do. Its methods raise the errors of `bot.support.errors`, first of all UnknownTicket."""

    async def take(self, ticket_id: int, agent: Agent, *, take_over: bool = False) -> Ticket:
        """Assign the ticket to the agent, who answers it from now on. Taken twice by the same agent, it is done once.

        Args:
            ticket_id: the ticket.
            agent: who takes it.
            take_over: take it over from another agent.

        Raises:
            TicketOver: the ticket is closed.
            AlreadyTaken: another agent has it.
        """
        async with self._locked_ticket(ticket_id) as (session, row):
            state, former = TicketState(row.state), assignee_of(row)
            if state is TicketState.CLOSED:
                raise TicketOver
            if state in QUEUED:
                await self._assign(session, row, agent)
            elif former is not None and former.id != agent.id:
                if not take_over:
                    raise AlreadyTaken(former)
                await self._reassign(session, row, former, agent, by=agent)
        return self._ticket(row)

    async def release(self, ticket_id: int, agent: Agent) -> Ticket:
        """Return the ticket to its queue. Raise NotYours, TicketOver."""
        async with self._locked_ticket(ticket_id) as (session, row):
            self._check_assignee(row, agent)
            await self._requeue(session, row, agent, TicketEventType.RELEASED)
        return self._ticket(row)

    async def transfer(self, ticket_id: int, agent: Agent, *, to: Agent | None = None, queue: str | None = None) -> Ticket:
        """Assign the ticket to another agent, or move it to a queue. A supervisor may transfer anybody's.

        Raises:
            NotYours: another agent has the ticket, or nobody.
            TicketOver: it is closed.
            WrongQueue: there is no such queue.
        """
        if (to is None) == (queue is None):
            raise ValueError("either an agent or a queue")
        if queue is not None and queue not in self.queues:
            raise WrongQueue
        async with self._locked_ticket(ticket_id) as (session, row):
            former = self._check_assignee(row, agent)
            if queue is not None:
                row.queue = queue
                await self._requeue(session, row, former, TicketEventType.TRANSFERRED, by=agent)
            elif to is not None and to.id != former.id:
                await self._reassign(session, row, former, to, by=agent)
        return self._ticket(row)

    async def filter_words(self, ticket: Ticket, agent: Agent, text: str) -> FilteredText:
        """Return an agent's words about a ticket as an external channel may have them.

        Raise TextTooLong, TooManyDossiers, NamesUnreadable.
        """
        if len(text) > MAX_TEXT_LENGTH:
            raise TextTooLong
        dossiers = await named_dossiers(self._database, ticket, agent, text, self._clock.now())
        names = [agent.name]
        with suppress(FhirUnavailable):
            person = await self._identity.person_of(ticket.conversation_id)
            names += [person.name] if person is not None else []
        try:
            return await self._filter.filter_words(ticket.conversation_id, text, dossiers, professionals=names)
        except AssistantUnavailable as error:
            log_error(error, "asking what is to be masked in an agent's words")
            raise NamesUnreadable from None

    async def preview(self, ticket_id: int, agent: Agent, text: str) -> FilteredText:
        """Return a reply as the user would have it, masked for an external channel.

        Raise EmptyText, TextTooLong, TooManyDossiers, NamesUnreadable.
        """
        ticket, text = await self.find(ticket_id), _clean_text(text)
        return FilteredText(text, 0) if ticket.trusted else await self.filter_words(ticket, agent, text)

    async def reply(self, ticket_id: int, agent: Agent, text: str, *, key: str) -> Sent:
        """Write to the user, as the channel may have it; the same `key` (≤ 100 characters) twice is said once.

        Nothing was said if it raises.

        Raises:
            NotYours: another agent has the ticket, or nobody.
            StillJoining: the assistant is still answering.
            TicketOver: the ticket is closed.
            EmptyText: there is nothing to read.
            TextTooLong: over `MAX_TEXT_LENGTH`.
            TooManyDossiers: the text names more dossiers than may be that the conversation is not about, and the channel is external.
            NamesUnreadable: nobody can say now whether the text names an usager, and the channel is external.
        """
        key = f"desk:{ticket_id}:{agent.id}:{key}"
        async with self._database.reading() as session:  # said already: it is not read again
            said = await session.scalar(select(MessageRow).where(MessageRow.key == key))
        if said is not None:
            return Sent(public(said), 0)
        filtered, ticket = await self.preview(ticket_id, agent, text), await self.find(ticket_id)
        async with self._locked_ticket(ticket_id) as (session, row):
            wanted = select(MessageRow).where(MessageRow.key == key)
            message = await session.scalar(wanted)
            if message is None:
                if self._check_assignee(row, agent, supervisor=False) and TicketState(row.state) is TicketState.JOINING:
                    raise StillJoining
                await self._add(session, row, Reply(text=filtered.text), key=key, author="agent", agent=agent.name)
                message = (await session.scalars(wanted)).one()
                now, timeouts = self._clock.now(), self._policy.timeouts
                await tickets.record_event(
                    session, row, TicketEventType.REPLIED, agent.actor, now=now, timeouts=timeouts, subject_id=message.id
                )
            sent = public(message)
        self._stop_typing(ticket.conversation_id)
        return Sent(sent, filtered.replaced)

    async def reply_elsewhere(self, ticket_id: int, agent: Agent, text: str, *, key: str) -> Sent:
        """Write to the user in the trusted web chat of the same conversation, and send its own chat a link that leads there.

        The text is shown there alone, unmasked; the link is good once, for ten minutes, and another one can be asked for. In a chat that is
        trusted itself it is said there. Raise what `reply` raises.
        """
        ticket = await self.find(ticket_id)
        if ticket.trusted:
            return await self.reply(ticket_id, agent, text, key=key)
        reply, key = Reply(text=_clean_text(text)), f"desk:{ticket_id}:{agent.id}:{key}"
        async with self._locked_ticket(ticket_id) as (session, row):
            wanted = select(MessageRow).where(MessageRow.key == key)
            message = await session.scalar(wanted)
            if message is None:
                if self._check_assignee(row, agent, supervisor=False) and TicketState(row.state) is TicketState.JOINING:
                    raise StillJoining
                now, timeouts = self._clock.now(), self._policy.timeouts
                message_id = await add_to_web_chat(session, row.conversation_id, reply, key=key, now=now, agent=agent.name)
                link = await self._continuations.add_link(session, row.conversation_id)
                announcement = self._policy.messages.replied_elsewhere(row, agent, link)
                await self._add(session, row, announcement, key=f"{key}:link", author="system")
                await tickets.record_event(
                    session, row, TicketEventType.REPLIED, agent.actor, now=now, timeouts=timeouts, subject_id=message_id
                )
                message = (await session.scalars(wanted)).one()
            sent = public(message)
        self._stop_typing(ticket.conversation_id)
        return Sent(sent, 0)

    async def note(self, ticket_id: int, agent: Agent, text: str, *, key: str | None = None) -> Note:
        """Add an internal note to any ticket; the same `key` (≤ 100 characters) twice is noted once. Raise EmptyText, TextTooLong."""
        text = _clean_text(text)
        key = f"{ticket_id}:{agent.id}:{key}" if key is not None else None
        async with self._locked_ticket(ticket_id) as (session, row):
            now = self._clock.now()
            note = await session.scalar(select(NoteRow).where(NoteRow.key == key)) if key is not None else None
            if note is None:
                note = NoteRow(ticket_id=ticket_id, at=now, agent_id=agent.id, agent_name=agent.name, text=text, key=key)
                session.add(note)
                await session.flush()
                await tickets.record_event(
                    session, row, TicketEventType.NOTED, agent.actor, now=now, timeouts=self._policy.timeouts, subject_id=note.id
                )
        return Note(note.id, note.at, agent, note.text)

    async def edit(self, ticket_id: int, agent: Agent, *, dossier: str | None = None, tags: Sequence[str] | None = None) -> Ticket:
        """Attach a dossier's reference ("" detaches it) to any ticket, or set its tags. Raise WrongReference, EmptyText, TextTooLong."""
        async with self._locked_ticket(ticket_id) as (session, row):
            if dossier is not None:
                row.dossier = _dossier_reference(dossier)
            if tags is not None:
                row.tags = _tags(tags)
            await tickets.record_event(
                session, row, TicketEventType.EDITED, agent.actor, now=self._clock.now(), timeouts=self._policy.timeouts
            )
        return self._ticket(row)

    async def close(self, ticket_id: int, agent: Agent, outcome: Outcome, tags: Sequence[str] = ()) -> Ticket:
        """Close the ticket: the assistant answers again. Anyone may close an unassigned ticket, a supervisor anybody's.

        Raises:
            NotYours: another agent has the ticket.
            TicketOver: it is closed already.
            EmptyText: a tag has nothing to read.
            TextTooLong: a tag is too long, or there are too many.
        """
        async with self._locked_ticket(ticket_id) as (session, row):
            if TicketState(row.state) is TicketState.CLOSED:
                raise TicketOver
            if TicketState(row.state) in QUEUED:
                tickets.assign(row, agent)
            else:
                self._check_assignee(row, agent)
            row.outcome, row.tags = outcome, _tags([*row.tags, *tags])
            now, timeouts = self._clock.now(), self._policy.timeouts
            await tickets.transition(
                session, row, TicketState.CLOSED, TicketEventType.AGENT_CLOSED, agent.actor, now=now, timeouts=timeouts
            )
            await self._announce(session, row, self._policy.messages.closed(row, TicketEventType.AGENT_CLOSED, 0))
        return self._ticket(row)

    async def reopen(self, ticket_id: int, agent: Agent) -> Ticket:
        """Reopen a closed ticket. Raise NotOver; ConversationBusy while the conversation has another open one."""
        async with self._locked_ticket(ticket_id) as (session, row):
            if TicketState(row.state) is not TicketState.CLOSED:
                raise NotOver
            if await tickets.open_ticket_of(session, row.conversation_id) is not None:
                raise ConversationBusy
            await self._assign(session, row, agent, TicketEventType.REOPENED)
        return self._ticket(row)

    @asynccontextmanager
    async def _locked_ticket(self, ticket_id: int) -> AsyncIterator[tuple[AsyncSession, TicketRow]]:
        """Yield the ticket in a writing transaction, its conversation locked; the listeners are told after the commit."""
        async with self._database.reading() as session:
            conversation_id = (await tickets.get_ticket(session, ticket_id)).conversation_id
        async with self._database.writing() as session:
            await lock_conversation(session, conversation_id)
            row = await tickets.get_ticket(session, ticket_id)
            before = row.version
            yield session, row
        if row.version != before:
            self._events.publish(row)
            self._messaging.message_added(conversation_id)

    def _check_assignee(self, row: TicketRow, agent: Agent, *, supervisor: bool = True) -> Agent:
        """Return the assignee: the agent, or anybody where the agent is a supervisor. Raise TicketOver, NotYours."""
        if TicketState(row.state) is TicketState.CLOSED:
            raise TicketOver
        owner = assignee_of(row)
        if TicketState(row.state) in QUEUED or owner is None:
            raise NotYours(None)
        if owner.id != agent.id and not (supervisor and agent.supervisor):
            raise NotYours(owner)
        return owner

    async def _assign(
        self, session: AsyncSession, row: TicketRow, agent: Agent, event_type: TicketEventType = TicketEventType.TAKEN
    ) -> None:
        """Assign to an agent, who joins at once, or after the turn that the assistant is answering."""
        now, timeouts, left = self._clock.now(), self._policy.timeouts, TicketState(row.state) is TicketState.LEFT
        tickets.assign(row, agent)
        answering = exists().where(InboxRow.conversation_id == row.conversation_id, InboxRow.state == RECEIVED)
        if TicketState(row.state) in {TicketState.LEFT, TicketState.CLOSED} and await session.scalar(select(answering)):
            await tickets.transition(session, row, TicketState.JOINING, event_type, agent.actor, now=now, timeouts=timeouts)
            return
        await tickets.transition(session, row, TicketState.AGENT, event_type, agent.actor, now=now, timeouts=timeouts)
        trusted = self._messaging.is_trusted(row.channel)
        await self._announce(session, row, self._policy.messages.joined(row, trusted=trusted, left=left))

    async def _reassign(self, session: AsyncSession, row: TicketRow, former: Agent, to: Agent, *, by: Agent) -> None:
        now, timeouts = self._clock.now(), self._policy.timeouts
        tickets.assign(row, to)
        await tickets.record_event(session, row, TicketEventType.TRANSFERRED, by.actor, now=now, timeouts=timeouts, detail=to.name)
        if TicketState(row.state) is TicketState.AGENT:
            await self._announce(session, row, self._policy.messages.replaced(row, former))

    async def _requeue(
        self, session: AsyncSession, row: TicketRow, former: Agent, event_type: TicketEventType, by: Agent | None = None
    ) -> None:
        """Return to the queue: where the agent had joined the user waits again, else the message that was left waits."""
        now, timeouts = self._clock.now(), self._policy.timeouts
        joined = TicketState(row.state) is TicketState.AGENT
        actor = (by or former).actor
        await tickets.transition(
            session,
            row,
            TicketState.WAITING if joined else TicketState.LEFT,
            event_type,
            actor,
            now=now,
            timeouts=timeouts,
            detail=row.queue,
        )
        if joined:
            messages = self._policy.messages
            await self._announce(session, row, await messages.queued(session, row, now, "requeued", agent=former.name))

    async def _announce(self, session: AsyncSession, row: TicketRow, announcement: Reply) -> None:
        await self._add(session, row, announcement, key=f"support:{row.id}:{row.version}", author="system")

    async def _add(self, session: AsyncSession, row: TicketRow, reply: Reply, *, key: str, author: str, agent: str | None = None) -> None:
        life = self._messaging.button_life
        message = ProactiveMessage(row.conversation_id, reply, key, life, author=author, agent=agent)
        await add_proactive(session, [message], now=self._clock.now())


def _clean_text(text: str) -> str:
    """Return a text that can be stored and seen. Raise EmptyText, TextTooLong."""
    text = "".join(c for c in text if c != "\0" and not "\ud800" <= c <= "\udfff").strip()
    if all(unicodedata.category(c) in {"Zs", "Zl", "Zp", "Cc", "Cf"} for c in text):
        raise EmptyText
    if len(text) > MAX_TEXT_LENGTH:
        raise TextTooLong
    return text


def _dossier_reference(dossier: str) -> str | None:
    if not dossier.strip():
        return None
    reference = normalize_reference(dossier)
    if reference is None:
        raise WrongReference
    return reference


def _tags(tags: Sequence[str]) -> list[str]:
    cleaned = [_clean_text(tag) for tag in tags]
    if any(len(tag) > MAX_TAG_LENGTH for tag in cleaned) or len(set(cleaned)) > MAX_TAGS:
        raise TextTooLong
    return list(dict.fromkeys(cleaned))
