"""The desk: what agents do with tickets, from whatever page or channel they work. The one service that desks call.

Each act is one transaction that locks the conversation first (docs/dev/support.md). Whoever calls has identified the agent.
"""

from __future__ import annotations

import unicodedata
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass

from sqlalchemy import exists, select
from sqlalchemy.ext.asyncio import AsyncSession

from bot.dossiers.records import normalize_reference
from bot.messaging.conversations import lock_conversation
from bot.messaging.messages import Message, Reply
from bot.messaging.tables import RECEIVED, InboxRow, MessageRow
from bot.messaging.transcript import Proactive, add_proactive, public
from bot.support import tickets
from bot.support.desk_queries import DeskReading
from bot.support.errors import (
    AlreadyTaken,
    ConversationBusy,
    EmptyText,
    NotOver,
    NotYours,
    StillJoining,
    TextTooLong,
    TicketOver,
    WrongQueue,
    WrongReference,
)
from bot.support.records import QUEUED, Agent, Note, Outcome, Ticket, TicketEventType, TicketState
from bot.support.tables import NoteRow, TicketRow
from bot.support.tickets import agent_of

LONGEST_TEXT = 4_000
"""Characters of what an agent writes at once."""
LONGEST_TAG, MOST_TAGS = 30, 10


@dataclass(frozen=True)
class Sent:
    """A reply as the user has it."""

    message: Message
    masked: bool
    """Whether what identifies an usager was taken out of it, for an external channel."""


class Desk(DeskReading):
    """What agents see and do. Raises the errors of `bot.support.errors`, UnknownTicket first of all."""

    async def take(self, ticket_id: int, agent: Agent, *, over: bool = False) -> Ticket:
        """Answer this one from now on; taken twice by the same agent, it is done once.

        Args:
            over: take it over from another agent.

        Raises TicketOver; AlreadyTaken where another agent has it.
        """
        async with self._changing(ticket_id) as (session, row):
            state, former = TicketState(row.state), agent_of(row)
            if state is TicketState.CLOSED:
                raise TicketOver
            if state in QUEUED:
                await self._give(session, row, agent)
            elif former is not None and former.id != agent.id:
                if not over:
                    raise AlreadyTaken(former)
                await self._pass_on(session, row, former, agent, by=agent)
        return self._ticket(row)

    async def release(self, ticket_id: int, agent: Agent) -> Ticket:
        """Give it back to its queue. Raises NotYours, TicketOver."""
        async with self._changing(ticket_id) as (session, row):
            self._check_theirs(row, agent)
            await self._put_back(session, row, agent, TicketEventType.RELEASED)
        return self._ticket(row)

    async def transfer(self, ticket_id: int, agent: Agent, *, to: Agent | None = None, queue: str | None = None) -> Ticket:
        """Pass it on to another agent, or to a queue. Raises NotYours (a supervisor may pass on anybody's), TicketOver, WrongQueue."""
        if (to is None) == (queue is None):
            raise ValueError("either an agent or a queue")
        if queue is not None and queue not in self.queues:
            raise WrongQueue
        async with self._changing(ticket_id) as (session, row):
            former = self._check_theirs(row, agent)
            if queue is not None:
                row.queue = queue
                await self._put_back(session, row, former, TicketEventType.TRANSFERRED, by=agent)
            elif to is not None and to.id != former.id:
                await self._pass_on(session, row, former, to, by=agent)
        return self._ticket(row)

    async def reply(self, ticket_id: int, agent: Agent, text: str, *, key: str) -> Sent:
        """Write to the user, as the channel may have it; the same `key` (≤ 100 characters) twice is said once.

        Raises NotYours, StillJoining, TicketOver, EmptyText, TextTooLong: nothing was said.
        """
        text = _checked(text)
        reply = Reply(text=text)
        ticket = await self.find(ticket_id)
        if not ticket.trusted:
            reply = await self._privacy.clean(ticket.conversation_id, reply)
        key = f"desk:{ticket_id}:{agent.id}:{key}"
        async with self._changing(ticket_id) as (session, row):
            said = select(MessageRow).where(MessageRow.key == key)
            message = await session.scalar(said)
            if message is None:
                if self._check_theirs(row, agent, supervisor=False) and TicketState(row.state) is TicketState.JOINING:
                    raise StillJoining
                await self._add(session, row, reply, key=key, author="agent", agent=agent.name)
                message = (await session.scalars(said)).one()
                now, terms = self._clock.now(), self._support.terms
                await tickets.record_event(session, row, TicketEventType.REPLIED, agent.who, now=now, terms=terms, about=message.id)
            sent = public(message)
        self._typed(ticket.conversation_id)
        return Sent(sent, masked=sent["text"] != text)

    async def note(self, ticket_id: int, agent: Agent, text: str, *, key: str | None = None) -> Note:
        """Add an internal note, on any ticket; the same `key` (≤ 100 characters) twice is noted once. Raises EmptyText, TextTooLong."""
        text = _checked(text)
        key = f"{ticket_id}:{agent.id}:{key}" if key is not None else None
        async with self._changing(ticket_id) as (session, row):
            now = self._clock.now()
            note = await session.scalar(select(NoteRow).where(NoteRow.key == key)) if key is not None else None
            if note is None:
                note = NoteRow(ticket_id=ticket_id, at=now, agent_id=agent.id, agent_name=agent.name, text=text, key=key)
                session.add(note)
                await session.flush()
                await tickets.record_event(
                    session, row, TicketEventType.NOTED, agent.who, now=now, terms=self._support.terms, about=note.id
                )
        return Note(note.id, note.at, agent, note.text)

    async def edit(self, ticket_id: int, agent: Agent, *, dossier: str | None = None, tags: Sequence[str] | None = None) -> Ticket:
        """Attach a dossier's reference ("" takes it off), or set the tags, on any ticket. Raises WrongReference, EmptyText, TextTooLong."""
        async with self._changing(ticket_id) as (session, row):
            if dossier is not None:
                row.dossier = _reference(dossier)
            if tags is not None:
                row.tags = _tags(tags)
            await tickets.record_event(session, row, TicketEventType.EDITED, agent.who, now=self._clock.now(), terms=self._support.terms)
        return self._ticket(row)

    async def close(self, ticket_id: int, agent: Agent, outcome: Outcome, tags: Sequence[str] = ()) -> Ticket:
        """End it: the assistant takes over. Nobody's ticket may be closed by anyone, another's by a supervisor.

        Raises NotYours, TicketOver, EmptyText, TextTooLong.
        """
        async with self._changing(ticket_id) as (session, row):
            if TicketState(row.state) is TicketState.CLOSED:
                raise TicketOver
            if TicketState(row.state) in QUEUED:
                tickets.give_to(row, agent)
            else:
                self._check_theirs(row, agent)
            row.outcome, row.tags = outcome, _tags([*row.tags, *tags])
            now, terms = self._clock.now(), self._support.terms
            await tickets.transition(session, row, TicketState.CLOSED, TicketEventType.AGENT_CLOSED, agent.who, now=now, terms=terms)
            await self._announce(session, row, self._support.announcer.closed(row, TicketEventType.AGENT_CLOSED, 0))
        return self._ticket(row)

    async def reopen(self, ticket_id: int, agent: Agent) -> Ticket:
        """Take up a closed ticket again. Raises NotOver; ConversationBusy while the conversation has another open one."""
        async with self._changing(ticket_id) as (session, row):
            if TicketState(row.state) is not TicketState.CLOSED:
                raise NotOver
            if await tickets.live(session, row.conversation_id) is not None:
                raise ConversationBusy
            await self._give(session, row, agent, TicketEventType.REOPENED)
        return self._ticket(row)

    @asynccontextmanager
    async def _changing(self, ticket_id: int) -> AsyncIterator[tuple[AsyncSession, TicketRow]]:
        """The ticket in a writing transaction, its conversation locked; whoever listens is told after the commit."""
        async with self._database.reading() as session:
            conversation_id = (await tickets.get(session, ticket_id)).conversation_id
        async with self._database.writing() as session:
            await lock_conversation(session, conversation_id)
            row = await tickets.get(session, ticket_id)
            before = row.version
            yield session, row
        if row.version != before:
            self._gateway.changes.tell(row)
            self._gateway.hub.changed(conversation_id)

    def _check_theirs(self, row: TicketRow, agent: Agent, *, supervisor: bool = True) -> Agent:
        """Who has the ticket: the agent, or anybody where the agent is a supervisor. Raises TicketOver, NotYours."""
        if TicketState(row.state) is TicketState.CLOSED:
            raise TicketOver
        owner = agent_of(row)
        if TicketState(row.state) in QUEUED or owner is None:
            raise NotYours(None)
        if owner.id != agent.id and not (supervisor and agent.supervisor):
            raise NotYours(owner)
        return owner

    async def _give(self, session: AsyncSession, row: TicketRow, agent: Agent, why: TicketEventType = TicketEventType.TAKEN) -> None:
        """To an agent, who joins at once, or after the turn that the assistant is answering."""
        now, terms, left = self._clock.now(), self._support.terms, TicketState(row.state) is TicketState.LEFT
        tickets.give_to(row, agent)
        answering = exists().where(InboxRow.conversation_id == row.conversation_id, InboxRow.state == RECEIVED)
        if TicketState(row.state) in {TicketState.LEFT, TicketState.CLOSED} and await session.scalar(select(answering)):
            await tickets.transition(session, row, TicketState.JOINING, why, agent.who, now=now, terms=terms)
            return
        await tickets.transition(session, row, TicketState.AGENT, why, agent.who, now=now, terms=terms)
        trusted = self._gateway.doors.trusted(row.channel)
        await self._announce(session, row, self._support.announcer.joined(row, trusted=trusted, left=left))

    async def _pass_on(self, session: AsyncSession, row: TicketRow, former: Agent, to: Agent, *, by: Agent) -> None:
        now, terms = self._clock.now(), self._support.terms
        tickets.give_to(row, to)
        await tickets.record_event(session, row, TicketEventType.TRANSFERRED, by.who, now=now, terms=terms, detail=to.name)
        if TicketState(row.state) is TicketState.AGENT:
            await self._announce(session, row, self._support.announcer.replaced(row, former))

    async def _put_back(self, session: AsyncSession, row: TicketRow, former: Agent, why: TicketEventType, by: Agent | None = None) -> None:
        """To the queue: where the agent had joined the user waits again, else the message waits."""
        now, terms = self._clock.now(), self._support.terms
        joined = TicketState(row.state) is TicketState.AGENT
        who = (by or former).who
        await tickets.transition(
            session, row, TicketState.WAITING if joined else TicketState.LEFT, why, who, now=now, terms=terms, detail=row.queue
        )
        if joined:
            announcer = self._support.announcer
            await self._announce(session, row, await announcer.queued(session, row, now, "requeued", agent=former.name))

    async def _announce(self, session: AsyncSession, row: TicketRow, announcement: Reply) -> None:
        await self._add(session, row, announcement, key=f"support:{row.id}:{row.version}", author="system")

    async def _add(self, session: AsyncSession, row: TicketRow, reply: Reply, *, key: str, author: str, agent: str | None = None) -> None:
        life = self._gateway.button_life
        message = Proactive(row.conversation_id, reply, key, life, author=author, agent=agent)
        await add_proactive(session, [message], now=self._clock.now())


def _checked(text: str) -> str:
    """A text that can be written down and seen. Raises EmptyText, TextTooLong."""
    text = "".join(c for c in text if c != "\0" and not "\ud800" <= c <= "\udfff").strip()
    if all(unicodedata.category(c) in {"Zs", "Zl", "Zp", "Cc", "Cf"} for c in text):
        raise EmptyText
    if len(text) > LONGEST_TEXT:
        raise TextTooLong
    return text


def _reference(dossier: str) -> str | None:
    if not dossier.strip():
        return None
    reference = normalize_reference(dossier)
    if reference is None:
        raise WrongReference
    return reference


def _tags(tags: Sequence[str]) -> list[str]:
    cleaned = [_checked(tag) for tag in tags]
    if any(len(tag) > LONGEST_TAG for tag in cleaned) or len(set(cleaned)) > MOST_TAGS:
        raise TextTooLong
    return list(dict.fromkeys(cleaned))
