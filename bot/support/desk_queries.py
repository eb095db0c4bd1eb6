"""What agents see: the queue, a ticket with its conversation and context, who else is looking."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import delete, func, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncSession

from bot.accounts.registry import Account
from bot.accounts.request_views import RequestStatus
from bot.accounts.requests import AccountRequests
from bot.core.clock import Clock
from bot.core.database import Database
from bot.fhir.errors import FhirUnavailable
from bot.identity.service import Identity
from bot.messaging.gateway import Gateway
from bot.messaging.messages import Message
from bot.messaging.pii.redaction import Redaction
from bot.messaging.tables import InboxRow, MessageRow
from bot.support import tickets
from bot.support.canned_replies import CannedReplies, fill
from bot.support.desk_events import DeskEvent
from bot.support.records import OPEN, Agent, CannedReply, Note, Ticket, TicketEvent, TicketState
from bot.support.tables import NoteRow, TicketRow, ViewerRow
from bot.support.tickets import as_ticket

MOST_SHOWN = 300
"""Tickets of one queue page."""
PREVIEW = 120
LOOKING_FOR = timedelta(seconds=20)
"""How long a heartbeat says that an agent is looking."""
TYPING_SECONDS = 5.0
ERRORS_WITHIN = timedelta(days=1)
EARLIER = 20
_RANK = {
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
    """The user's last words, at most `PREVIEW` characters."""
    viewers: tuple[Agent, ...]


@dataclass(frozen=True)
class Context:
    """What the team should know before it answers."""

    person: Account | None
    person_unknown: bool
    """Whether the chat is linked, but the platform does not say to whom."""
    task: str | None
    """What the user was doing."""
    dossier: str | None
    """The dossier that was talked about when a person was asked for."""
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
    """The whole conversation, as of the Web chat API: the last 1,000 messages, oldest first."""
    opened_message: int
    """Id of the last message before the ticket was opened."""
    notes: tuple[Note, ...]
    moves: tuple[TicketEvent, ...]
    viewers: tuple[Agent, ...]
    context: Context
    others: tuple[Ticket, ...]
    """Other tickets of the conversation, newest first."""


class DeskReading:
    """What agents see. Raises UnknownTicket."""

    def __init__(
        self, database: Database, clock: Clock, gateway: Gateway, privacy: Redaction, identity: Identity, requests: AccountRequests
    ) -> None:
        self._database, self._clock, self._gateway, self._privacy = database, clock, gateway, privacy
        self._identity, self._requests, self._support = identity, requests, gateway.support
        self._canned = CannedReplies(database)
        self._typing: dict[str, asyncio.TimerHandle] = {}

    @property
    def queues(self) -> tuple[str, ...]:
        """Names of the queues; what comes in goes to the first."""
        return self._support.queues

    async def queue(
        self, *, states: Collection[TicketState] = OPEN, queue: str | None = None, agent_id: str | None = None, text: str = ""
    ) -> list[QueueEntry]:
        """At most `MOST_SHOWN` tickets: those that wait first, then what was left, then what is with agents, each oldest first.

        Closed ones come last, newest first.

        Args:
            text: part of a reference, a dossier's reference, a tag or an agent's name.
        """
        wanted = select(TicketRow).where(TicketRow.state.in_(states))
        if queue is not None:
            wanted = wanted.where(TicketRow.queue == queue)
        if agent_id is not None:
            wanted = wanted.where(TicketRow.agent_id == agent_id)
        async with self._database.reading() as session:
            rows = list(await session.scalars(wanted.order_by(TicketRow.id.desc()).limit(MOST_SHOWN)))
            rows = [row for row in rows if _matches(row, text)]
            previews = await self._previews(session, [row.conversation_id for row in rows])
            viewers = await self._viewers(session, [row.id for row in rows])
        entries = [QueueEntry(self._ticket(row), previews.get(row.conversation_id, ""), viewers.get(row.id, ())) for row in rows]
        return sorted(entries, key=_order)

    async def of_conversations(self, conversation_ids: Collection[str]) -> list[QueueEntry]:
        """The tickets of some conversations, newest first, at most `EARLIER`: what was said with those who asked for an account."""
        wanted = select(TicketRow).where(TicketRow.conversation_id.in_(conversation_ids)).order_by(TicketRow.id.desc()).limit(EARLIER)
        async with self._database.reading() as session:
            rows = list(await session.scalars(wanted))
            previews = await self._previews(session, [row.conversation_id for row in rows])
        return [QueueEntry(self._ticket(row), previews.get(row.conversation_id, ""), ()) for row in rows]

    async def find(self, ticket_id: int) -> Ticket:
        """The ticket, as it is now."""
        async with self._database.reading() as session:
            return self._ticket(await tickets.get(session, ticket_id))

    async def messages(self, ticket_id: int, after: int | None = None) -> list[Message]:
        """The conversation's messages after an id, oldest first; with None the latest ones."""
        return await self._gateway.history((await self.find(ticket_id)).conversation_id, after)

    async def view(self, ticket_id: int) -> TicketView:
        """The ticket with its conversation and its context; asks the platform who the user is."""
        notes = select(NoteRow).where(NoteRow.ticket_id == ticket_id).order_by(NoteRow.id)
        async with self._database.reading() as session:
            row = await tickets.get(session, ticket_id)
            kept = [Note(n.id, n.at, Agent(n.agent_id, n.agent_name), n.text) for n in await session.scalars(notes)]
            moves = await tickets.moves_of(session, ticket_id)
            viewers = (await self._viewers(session, [ticket_id])).get(ticket_id, ())
            error_ids = await self._error_ids(session, row)
            others = select(TicketRow).where(TicketRow.conversation_id == row.conversation_id, TicketRow.id != ticket_id)
            earlier = [self._ticket(other) for other in await session.scalars(others.order_by(TicketRow.id.desc()).limit(EARLIER))]
        return TicketView(
            ticket=self._ticket(row),
            messages=await self._gateway.history(row.conversation_id, None),
            opened_message=row.opened_message,
            notes=tuple(kept),
            moves=tuple(moves),
            viewers=viewers,
            context=await self._context(row, error_ids),
            others=tuple(earlier),
        )

    async def looking(self, ticket_id: int, agent: Agent) -> tuple[Agent, ...]:
        """The agent has the ticket before them, for the next `LOOKING_FOR`; who else does."""
        await self.find(ticket_id)
        now = self._clock.now()
        insert = (sqlite if self._database.is_sqlite else postgresql).insert(ViewerRow)
        values = {"ticket_id": ticket_id, "agent_id": agent.id, "agent_name": agent.name, "seen_at": now}
        seen = insert.values(**values).on_conflict_do_update(
            index_elements=["ticket_id", "agent_id"], set_={"seen_at": now, "agent_name": agent.name}
        )
        async with self._database.writing() as session:
            await session.execute(seen)
            await session.execute(delete(ViewerRow).where(ViewerRow.seen_at < now - LOOKING_FOR))
        async with self._database.reading() as session:
            viewers = (await self._viewers(session, [ticket_id])).get(ticket_id, ())
        return tuple(viewer for viewer in viewers if viewer.id != agent.id)

    async def gone(self, ticket_id: int, agent: Agent) -> None:
        """The agent looks elsewhere."""
        async with self._database.writing() as session:
            await session.execute(delete(ViewerRow).where(ViewerRow.ticket_id == ticket_id, ViewerRow.agent_id == agent.id))

    async def typing(self, ticket_id: int, agent: Agent) -> None:
        """Show the user for some seconds that the agent writes; only where the ticket is theirs."""
        ticket = await self.find(ticket_id)
        if ticket.state is not TicketState.AGENT or ticket.agent is None or ticket.agent.id != agent.id:
            return
        conversation_id, hub = ticket.conversation_id, self._gateway.hub
        if (earlier := self._typing.pop(conversation_id, None)) is not None:
            earlier.cancel()
        else:
            await self._gateway.doors.show_typing(ticket.channel, conversation_id)
        hub.busy(conversation_id, True)
        self._typing[conversation_id] = asyncio.get_running_loop().call_later(TYPING_SECONDS, self._typed, conversation_id)

    @contextmanager
    def changes(self) -> Iterator[AsyncIterator[DeskEvent]]:
        """Signals that something about a ticket is new, from now on, until the process stops."""
        with self._gateway.changes.subscribe() as changes:
            yield changes

    async def canned(self) -> list[CannedReply]:
        """The canned replies, by name."""
        return await self._canned.list()

    async def save_canned(self, name: str, text: str, canned_id: int | None = None) -> None:
        """Write one, or over one. Raises EmptyText, TextTooLong, UnknownVariable, NameTaken."""
        await self._canned.save(name, text, canned_id)

    async def delete_canned(self, canned_id: int) -> None:
        """Take one away."""
        await self._canned.delete(canned_id)

    def fill(self, canned: CannedReply, view: TicketView, agent: Agent) -> str:
        """A canned reply for this very conversation."""
        person, ticket = view.context.person, view.ticket
        values = {
            "nom": person.name if person else "",
            "agent": agent.name,
            "dossier": ticket.dossier or "",
            "reference": ticket.reference,
            "heures": ", ".join(f"{start}–{end}" for start, end in self._support.hours.ranges()),
            "telephone": self._support.announcer.words.phone,
        }
        return fill(canned.text, values)

    def _typed(self, conversation_id: str) -> None:
        if (timer := self._typing.pop(conversation_id, None)) is not None:
            timer.cancel()
            self._gateway.hub.busy(conversation_id, False)

    def _ticket(self, row: TicketRow) -> Ticket:
        return as_ticket(row, trusted=self._gateway.doors.trusted(row.channel))

    async def _previews(self, session: AsyncSession, conversation_ids: Sequence[str]) -> dict[str, str]:
        newest = select(func.max(MessageRow.id)).where(MessageRow.conversation_id.in_(conversation_ids), MessageRow.author == "user")
        last = select(MessageRow.conversation_id, MessageRow.text).where(MessageRow.id.in_(newest.group_by(MessageRow.conversation_id)))
        return {conversation_id: " ".join(text.split())[:PREVIEW] for conversation_id, text in await session.execute(last)}

    async def _viewers(self, session: AsyncSession, ticket_ids: Sequence[int]) -> dict[int, tuple[Agent, ...]]:
        fresh = select(ViewerRow).where(ViewerRow.ticket_id.in_(ticket_ids), ViewerRow.seen_at > self._clock.now() - LOOKING_FOR)
        found: dict[int, tuple[Agent, ...]] = {}
        for row in await session.scalars(fresh.order_by(ViewerRow.agent_name)):
            found[row.ticket_id] = (*found.get(row.ticket_id, ()), Agent(row.agent_id, row.agent_name))
        return found

    async def _error_ids(self, session: AsyncSession, row: TicketRow) -> tuple[str, ...]:
        since = row.opened_at - ERRORS_WITHIN
        failed = select(InboxRow.error_id).where(
            InboxRow.conversation_id == row.conversation_id, InboxRow.error_id.is_not(None), InboxRow.received_at > since
        )
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
        return Context(
            person=person,
            person_unknown=account_id is not None and person is None,
            task=row.context.get("task"),
            dossier=row.context.get("dossier"),
            error_ids=error_ids,
            tried=tuple(row.context.get("tried") or ()),
            requests=tuple(await self._requests.for_conversation(row.conversation_id, account_id)),
        )


def _matches(row: TicketRow, text: str) -> bool:
    wanted = text.strip().casefold()
    fields = (tickets.reference_of(row.id), row.dossier or "", row.agent_name or "", *row.tags)
    return not wanted or any(wanted in field.casefold() for field in fields)


def _order(entry: QueueEntry) -> tuple[int, float]:
    ticket = entry.ticket
    if ticket.closed_at is not None:
        return _RANK[ticket.state], -ticket.closed_at.timestamp()
    return _RANK[ticket.state], ticket.queued_at.timestamp()
