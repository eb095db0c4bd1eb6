"""What agents see: the queue, a ticket with its conversation and context, who else is viewing it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import delete, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from bot.accounts.registry import Account
from bot.accounts.request_views import RequestStatus
from bot.accounts.requests import AccountRequests
from bot.core.audit import record
from bot.core.clock import Clock
from bot.core.database import Database
from bot.core.upsert import upsert
from bot.fhir.errors import FhirUnavailable
from bot.identity.continuations import Continuations
from bot.identity.service import Identity
from bot.messaging.messages import Message
from bot.messaging.pii.outgoing_filter import OutgoingFilter
from bot.messaging.ports import Messaging
from bot.messaging.tables import InboxRow
from bot.support import tickets
from bot.support.canned_replies import CannedReplies, fill_variables
from bot.support.desk_events import DeskEvent, DeskEvents
from bot.support.records import OPEN, Agent, CannedReply, Note, Ticket, TicketEvent, TicketState
from bot.support.support_policy import SupportPolicy
from bot.support.tables import NoteRow, TicketRow, ViewerRow
from bot.support.ticket_span import last_words, shown_to_agents, ticket_messages
from bot.support.tickets import to_ticket

MAX_SHOWN = 300
"""Tickets of one page of the queue."""
PREVIEW_LENGTH = 120
"""Characters of a preview."""
VIEWING_TIME = timedelta(seconds=20)
"""How long a heartbeat says that an agent is viewing a ticket."""
TYPING_SECONDS = 5.0
ERRORS_WITHIN = timedelta(days=1)
"""Errors of the conversation are shown from so long before the ticket was opened."""
MAX_OTHER_TICKETS = 20
_STATE_ORDER = {
    TicketState.WAITING: 0,
    TicketState.WRITING: 1,
    TicketState.LEFT: 1,
    TicketState.JOINING: 2,
    TicketState.AGENT: 2,
    TicketState.CLOSED: 3,
}


@dataclass(frozen=True)
class QueueEntry:
    """A line of the queue."""

    ticket: Ticket
    preview: str
    """The user's last words, at most `PREVIEW_LENGTH` characters."""
    viewers: tuple[Agent, ...]


@dataclass(frozen=True)
class Context:
    """What the agents should know before they answer."""

    person: Account | None
    person_unknown: bool
    """Whether the chat is linked, but the platform does not say to whom."""
    task: str | None
    """What the user was doing."""
    dossier: str | None
    """Reference of the dossier that was talked about when a person was asked for."""
    error_ids: tuple[str, ...]
    """References that the user was told when something failed; they stand in the logs."""
    tried: tuple[str, ...]
    """What the assistant understood of the last messages, oldest first."""
    requests: tuple[RequestStatus, ...]
    """Account requests that were made in this chat or by this person."""


@dataclass(frozen=True)
class TicketView:
    """A ticket with everything about it."""

    ticket: Ticket
    messages: list[Message]
    """What was said before the ticket was opened and up to its closing, as the Web chat API shows it: the last 1,000, oldest first."""
    opened_message: int
    """Id of the last message before the ticket was opened."""
    notes: tuple[Note, ...]
    events: tuple[TicketEvent, ...]
    viewers: tuple[Agent, ...]
    context: Context
    others: tuple[Ticket, ...]
    """Other tickets of the conversation, newest first."""


class DeskQueries:
    """What agents see. Its methods raise UnknownTicket."""

    def __init__(
        self,
        database: Database,
        clock: Clock,
        messaging: Messaging,
        outgoing_filter: OutgoingFilter,
        identity: Identity,
        requests: AccountRequests,
        policy: SupportPolicy,
        events: DeskEvents,
        continuations: Continuations,
    ) -> None:
        self._database, self._clock, self._messaging, self._filter = database, clock, messaging, outgoing_filter
        self._continuations = continuations
        self._identity, self._requests, self._policy, self._events = identity, requests, policy, events
        self._canned_replies = CannedReplies(database)
        self._typing_timers: dict[str, asyncio.TimerHandle] = {}

    async def record_reading(self, agent_id: str, subject: str, *, dossier: str | None = None, action: str = "support.read") -> None:
        """Record that an agent reads something, once an hour: a page that is reloaded is one reading.

        Args:
            agent_id: who reads.
            subject: the reference of a ticket or of an account request, or the name of a table.
            dossier: the dossier that it is about.
            action: `support.read`, or `support.export` for what leaves the desk.
        """
        now = self._clock.now()
        key = f"{action}:{agent_id}:{subject}:{now:%Y%m%d%H}"

        async def write() -> None:
            async with self._database.writing() as session:
                actor = f"agent:{agent_id}"
                await record(session, now=now, actor=actor, action=action, dossier=dossier, subject=subject, outcome="read", key=key)

        try:
            await write()
        except IntegrityError:  # another page recorded it at the same moment: now it is found
            await write()

    @property
    def queues(self) -> tuple[str, ...]:
        """Names of the queues; new tickets go to the first."""
        return self._policy.queues

    async def queue(
        self, *, states: Collection[TicketState] = OPEN, queue: str | None = None, agent_id: str | None = None, text: str = ""
    ) -> list[QueueEntry]:
        """Return at most `MAX_SHOWN` tickets: waiting ones first, then messages that were left, then those with agents, each oldest first.

        Closed ones come last, newest first.

        Args:
            states: which tickets.
            queue: name of a queue, or None for all.
            agent_id: assignee, or None for all.
            text: part of a reference, a dossier's reference, a tag or an agent's name.
        """
        wanted = select(TicketRow).where(TicketRow.state.in_(states))
        if queue is not None:
            wanted = wanted.where(TicketRow.queue == queue)
        if agent_id is not None:
            wanted = wanted.where(TicketRow.agent_id == agent_id)
        async with self._database.reading() as session:
            rows = list(await session.scalars(wanted.order_by(TicketRow.id.desc()).limit(MAX_SHOWN)))
            rows = [row for row in rows if _matches(row, text)]
            previews = await self._previews(session, rows)
            viewers = await self._viewers(session, [row.id for row in rows])
        entries = [QueueEntry(self._ticket(row), previews.get(row.id, ""), viewers.get(row.id, ())) for row in rows]
        return sorted(entries, key=_order)

    async def tickets_of(self, conversation_ids: Collection[str]) -> list[QueueEntry]:
        """Return the tickets of some conversations, newest first, at most `MAX_OTHER_TICKETS`."""
        wanted = (
            select(TicketRow).where(TicketRow.conversation_id.in_(conversation_ids)).order_by(TicketRow.id.desc()).limit(MAX_OTHER_TICKETS)
        )
        async with self._database.reading() as session:
            rows = list(await session.scalars(wanted))
            previews = await self._previews(session, rows)
        return [QueueEntry(self._ticket(row), previews.get(row.id, ""), ()) for row in rows]

    async def find(self, ticket_id: int) -> Ticket:
        """Return the ticket as it is now."""
        async with self._database.reading() as session:
            return self._ticket(await tickets.get_ticket(session, ticket_id))

    async def messages(self, ticket_id: int, after: int | None = None) -> list[Message]:
        """Return the messages of the ticket (`TicketView.messages`) after an id, oldest first; with None the latest ones."""
        async with self._database.reading() as session:
            found = await ticket_messages(session, await tickets.get_ticket(session, ticket_id), after=after)
        return [shown_to_agents(message) for message in found]

    async def view(self, ticket_id: int) -> TicketView:
        """Return the ticket with its conversation and its context; asks the platform who the user is."""
        notes = select(NoteRow).where(NoteRow.ticket_id == ticket_id).order_by(NoteRow.id)
        async with self._database.reading() as session:
            row = await tickets.get_ticket(session, ticket_id)
            kept = [Note(n.id, n.at, Agent(n.agent_id, n.agent_name), n.text) for n in await session.scalars(notes)]
            events = await tickets.events_of(session, ticket_id)
            messages = [shown_to_agents(message) for message in await ticket_messages(session, row)]
            viewers = (await self._viewers(session, [ticket_id])).get(ticket_id, ())
            error_ids = await self._error_ids(session, row)
            others = select(TicketRow).where(TicketRow.conversation_id == row.conversation_id, TicketRow.id != ticket_id)
            earlier = [
                self._ticket(other) for other in await session.scalars(others.order_by(TicketRow.id.desc()).limit(MAX_OTHER_TICKETS))
            ]
        return TicketView(
            ticket=self._ticket(row),
            messages=messages,
            opened_message=row.opened_message,
            notes=tuple(kept),
            events=tuple(events),
            viewers=viewers,
            context=await self._context(row, error_ids),
            others=tuple(earlier),
        )

    async def mark_viewing(self, ticket_id: int, agent: Agent) -> tuple[Agent, ...]:
        """Note that the agent is viewing the ticket for the next `VIEWING_TIME`, and return who else is."""
        await self.find(ticket_id)
        now = self._clock.now()
        values = {"ticket_id": ticket_id, "agent_id": agent.id, "agent_name": agent.name, "seen_at": now}
        async with self._database.writing() as session:
            seen = (
                upsert(session, ViewerRow)
                .values(**values)
                .on_conflict_do_update(index_elements=["ticket_id", "agent_id"], set_={"seen_at": now, "agent_name": agent.name})
            )
            await session.execute(seen)
            await session.execute(delete(ViewerRow).where(ViewerRow.seen_at < now - VIEWING_TIME))
        async with self._database.reading() as session:
            viewers = (await self._viewers(session, [ticket_id])).get(ticket_id, ())
        return tuple(viewer for viewer in viewers if viewer.id != agent.id)

    async def stop_viewing(self, ticket_id: int, agent: Agent) -> None:
        """Note that the agent is no longer viewing the ticket."""
        async with self._database.writing() as session:
            await session.execute(delete(ViewerRow).where(ViewerRow.ticket_id == ticket_id, ViewerRow.agent_id == agent.id))

    async def show_typing(self, ticket_id: int, agent: Agent) -> None:
        """Show the user for some seconds that the agent writes; only where the ticket is theirs."""
        ticket = await self.find(ticket_id)
        if ticket.state is not TicketState.AGENT or ticket.agent is None or ticket.agent.id != agent.id:
            return
        conversation_id = ticket.conversation_id
        if (earlier := self._typing_timers.pop(conversation_id, None)) is not None:
            earlier.cancel()
        else:
            await self._messaging.send_typing(ticket.channel, conversation_id)
        self._messaging.set_typing(conversation_id, True)
        self._typing_timers[conversation_id] = asyncio.get_running_loop().call_later(TYPING_SECONDS, self._stop_typing, conversation_id)

    @contextmanager
    def events(self) -> Iterator[AsyncIterator[DeskEvent]]:
        """Yield signals that something about a ticket is new, from now on, until the process stops."""
        with self._events.subscribe() as events:
            yield events

    async def canned_replies(self) -> list[CannedReply]:
        """Return the canned replies, by name."""
        return await self._canned_replies.list()

    async def save_canned_reply(self, name: str, text: str, canned_id: int | None = None) -> None:
        """Add or replace one. Raise EmptyText, TextTooLong, UnknownVariable, NameTaken."""
        await self._canned_replies.save(name, text, canned_id)

    async def delete_canned_reply(self, canned_id: int) -> None:
        """Delete one."""
        await self._canned_replies.delete(canned_id)

    def fill_canned_reply(self, canned: CannedReply, view: TicketView, agent: Agent) -> str:
        """Return the text of a canned reply, filled in for this conversation."""
        person, ticket = view.context.person, view.ticket
        values = {
            "nom": person.name if person else "",
            "agent": agent.name,
            "dossier": ticket.dossier or "",
            "reference": ticket.reference,
            "heures": ", ".join(f"{start}–{end}" for start, end in self._policy.hours.ranges()),
            "telephone": self._policy.messages.texts.phone,
        }
        return fill_variables(canned.text, values)

    def _stop_typing(self, conversation_id: str) -> None:
        if (timer := self._typing_timers.pop(conversation_id, None)) is not None:
            timer.cancel()
            self._messaging.set_typing(conversation_id, False)

    def _ticket(self, row: TicketRow) -> Ticket:
        return to_ticket(row, trusted=self._messaging.is_trusted(row.channel))

    async def _previews(self, session: AsyncSession, rows: Sequence[TicketRow]) -> dict[int, str]:
        return {ticket_id: " ".join(text.split())[:PREVIEW_LENGTH] for ticket_id, text in (await last_words(session, rows)).items()}

    async def _viewers(self, session: AsyncSession, ticket_ids: Sequence[int]) -> dict[int, tuple[Agent, ...]]:
        fresh = select(ViewerRow).where(ViewerRow.ticket_id.in_(ticket_ids), ViewerRow.seen_at > self._clock.now() - VIEWING_TIME)
        found: dict[int, tuple[Agent, ...]] = {}
        for row in await session.scalars(fresh.order_by(ViewerRow.agent_name)):
            found[row.ticket_id] = (*found.get(row.ticket_id, ()), Agent(row.agent_id, row.agent_name))
        return found

    async def _error_ids(self, session: AsyncSession, row: TicketRow) -> tuple[str, ...]:
        since = row.opened_at - ERRORS_WITHIN
        failed = select(InboxRow.error_id).where(
            InboxRow.conversation_id == row.conversation_id, InboxRow.error_id.is_not(None), InboxRow.received_at > since
        )
        if row.closed_at is not None:
            failed = failed.where(InboxRow.received_at <= row.closed_at)
        ids = [*row.context.get("error_ids", ()), *(await session.scalars(failed.order_by(InboxRow.id)))]
        return tuple(dict.fromkeys(ids))

    async def _context(self, row: TicketRow, error_ids: tuple[str, ...]) -> Context:
        account_id = await self._identity.linked_account_id(row.conversation_id)
        try:
            person = await self._identity.person_of(row.conversation_id)
        except FhirUnavailable:
            person = None
        else:
            account_id = account_id if person is not None else None
        requests = await self._requests.for_conversation(row.conversation_id, account_id)
        return Context(
            person=person,
            person_unknown=account_id is not None and person is None,
            task=row.context.get("task"),
            dossier=row.context.get("dossier"),
            error_ids=error_ids,
            tried=tuple(row.context.get("tried") or ()),
            requests=tuple(request for request in requests if row.closed_at is None or request.created_at <= row.closed_at),
        )


def _matches(row: TicketRow, text: str) -> bool:
    wanted = text.strip().casefold()
    fields = (tickets.reference_of(row.id), row.dossier or "", row.agent_name or "", *row.tags)
    return not wanted or any(wanted in field.casefold() for field in fields)


def _order(entry: QueueEntry) -> tuple[int, float]:
    ticket = entry.ticket
    if ticket.closed_at is not None:
        return _STATE_ORDER[ticket.state], -ticket.closed_at.timestamp()
    return _STATE_ORDER[ticket.state], ticket.queued_at.timestamp()
