"""Writes a ticket for the groups: the card of its thread, and what happened since the thread was last updated.

A group that is not trusted learns who asks, about which reference and topic, and that something was said: the words are read at the desk.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import select

from bot.core.database import Database
from bot.messaging.messages import Message
from bot.messaging.pii.codes import mask_codes
from bot.messaging.tables import MessageRow
from bot.support import tickets
from bot.support.desk import Desk
from bot.support.desk_queries import Context, TicketView
from bot.support.groups.group import TicketCard
from bot.support.groups.group_texts import GroupTexts
from bot.support.records import Ticket, TicketEventType, TicketState
from bot.support.tables import NoteRow, SupportAgent, TicketEventRow, TicketRow

MAX_EARLIER = 6
"""Messages before a person was asked for that the card shows."""
MAX_EARLIER_LENGTH = 300
"""Characters of each."""
_BLANK_LINES = re.compile(r"\n\s*\n")
_WORDS = frozenset({TicketEventType.SAID, TicketEventType.REPLIED, TicketEventType.NOTED})
"""Events that are about words of the conversation."""
MAX_EVENTS = 200
"""Events written at a time; later ones follow in the next update."""


@dataclass(frozen=True)
class TicketUpdate:
    """What is new: lines to be posted, and the last event that they tell of."""

    ticket: Ticket
    lines: tuple[str, ...]
    last_event_id: int


class TicketUpdates:
    """Writes the cards and updates of one group, unfiltered: whoever shows them filters them."""

    def __init__(self, database: Database, desk: Desk, texts: GroupTexts, own_url: str, *, trusted: bool) -> None:
        self._database, self._desk, self._texts, self._own_url, self._trusted = database, desk, texts, own_url, trusted

    async def card(self, ticket_id: int) -> TicketCard:
        """Return the ticket's card with its context; asks the platform who the user is. Raise UnknownTicket."""
        view = await self._desk.view(ticket_id)
        ticket, texts = view.ticket, self._texts
        person = self._person_name(view.context)
        return TicketCard(
            ticket_id=ticket.id,
            title=texts.render("title", reference=ticket.reference, person=person),
            heading=texts.render("context", reference=ticket.reference, reason=texts.label("reason", ticket.reason)),
            state=ticket.state,
            agent=_assignee_name(ticket),
            facts=tuple(self._facts(view, person)),
            earlier=tuple(self._earlier_messages(view)) if self._trusted else (),
            url=self._url(ticket.id),
        )

    async def update_since(self, ticket_id: int, after: int, group: str) -> TicketUpdate:
        """Return what happened after an event, without what the group saw being written there."""
        wanted = (
            select(TicketEventRow)
            .where(TicketEventRow.ticket_id == ticket_id, TicketEventRow.id > after)
            .order_by(TicketEventRow.id)
            .limit(MAX_EVENTS)
        )
        async with self._database.reading() as session:
            events = list(await session.scalars(wanted))
            ticket = await self._desk.find(ticket_id)
            ids = {event.subject_id for event in events if event.subject_id is not None}
            user_messages = select(MessageRow).where(MessageRow.turn.in_(ids), MessageRow.author == "user")
            turns = {row.turn: row for row in await session.scalars(user_messages)}
            replies = {row.id: row for row in await session.scalars(select(MessageRow).where(MessageRow.id.in_(ids)))}
            notes = {row.id: row for row in await session.scalars(select(NoteRow).where(NoteRow.id.in_(ids)))}
            agents = {row[0]: row[1] for row in await session.execute(select(SupportAgent.id, SupportAgent.name))}
            outcome = await session.scalar(select(TicketRow.outcome).where(TicketRow.id == ticket_id))
        lines: list[str] = [] if self._trusted else self._told_without_words(ticket, events, replies, notes, agents, group)
        for event in events:
            agent = self._agent_name(event, agents, ticket)
            if event.type in _WORDS and not self._trusted:
                continue
            if event.type == TicketEventType.SAID and (user_message := turns.get(event.subject_id)) is not None:
                lines.append(self._texts.render("said", text=_BLANK_LINES.sub("\n", mask_codes(user_message.text))))
            elif event.type == TicketEventType.REPLIED and (reply := replies.get(event.subject_id or 0)) is not None:
                if not _written_in_group(reply.key, group):
                    lines.append(self._texts.render("replied", agent=reply.agent or agent, text=reply.text))
            elif event.type == TicketEventType.NOTED and (note := notes.get(event.subject_id or 0)) is not None:
                if not _written_in_group(note.key, group):
                    lines.append(self._texts.render("noted", agent=note.agent_name, text=note.text))
            else:
                lines += self._event_lines(event, agent, ticket, outcome)
        return TicketUpdate(ticket, tuple(lines), events[-1].id if events else after)

    def _told_without_words(
        self,
        ticket: Ticket,
        events: Sequence[TicketEventRow],
        replies: Mapping[int, MessageRow],
        notes: Mapping[int, NoteRow],
        agents: dict[str, str],
        group: str,
    ) -> list[str]:
        """Return that something was said, and by whom, without what; nothing of what the group saw being written there."""
        said = sum(event.type == TicketEventType.SAID for event in events)
        lines = (
            [self._texts.render("user_wrote" if said == 1 else "user_wrote_more", count=str(said), url=self._url(ticket.id))]
            if said
            else []
        )
        for kind, rows, name in ((TicketEventType.REPLIED, replies, "agent_replied"), (TicketEventType.NOTED, notes, "agent_noted")):
            for event in events:
                row = rows.get(event.subject_id or 0)
                if event.type == kind and row is not None and not _written_in_group(row.key, group):
                    lines.append(self._texts.render(name, agent=self._agent_name(event, agents, ticket)))
        return list(dict.fromkeys(lines))

    def _url(self, ticket_id: int) -> str:
        return f"{self._own_url}/desk/conversations/{ticket_id}"

    def _event_lines(self, event: TicketEventRow, agent: str, ticket: Ticket, outcome: str | None) -> list[str]:
        texts = self._texts
        match TicketEventType(event.type):
            case TicketEventType.REQUESTED:
                return [texts.render("requested")] if event.from_state is not None else []
            case TicketEventType.TRANSFERRED:
                name = "transferred" if event.state == event.from_state else "transferred_queue"
                return [texts.render(name, agent=agent, to=event.detail or "")]
            case TicketEventType.TIMED_OUT | TicketEventType.USER_ENDED:
                return [texts.render(f"{event.type}_{'left' if event.state == TicketState.LEFT else event.state}")]
            case TicketEventType.AGENT_CLOSED:
                return [texts.render("agent_closed", agent=agent, outcome=texts.label("outcome", outcome or ""))]
            case TicketEventType.REOPENED:
                return [texts.render("reopened_user" if event.actor == tickets.USER else "reopened_agent", agent=agent)]
            case TicketEventType.EDITED:
                dossier, tags = ticket.dossier or texts.render("none"), ", ".join(ticket.tags) or texts.render("none")
                return [texts.render("edited" if self._trusted else "edited_reference", agent=agent, dossier=dossier, tags=tags)]
            case TicketEventType.TAKEN if event.from_state == TicketState.JOINING:
                return []  # said when it was taken
            case TicketEventType.SAID | TicketEventType.REPLIED | TicketEventType.NOTED | TicketEventType.RATED:
                return []
            case why:
                return [texts.render(why.value, agent=agent)]

    def _agent_name(self, event: TicketEventRow, agents: dict[str, str], ticket: Ticket) -> str:
        agent_id = event.actor.removeprefix("agent:")
        if ticket.agent is not None and ticket.agent.id == agent_id:
            return ticket.agent.name
        return agents.get(agent_id) or self._texts.render("somebody")

    def _person_name(self, context: Context) -> str:
        if context.person is not None:
            return ", ".join(part for part in (context.person.name, context.person.profession) if part)
        return self._texts.render("person_unknown" if context.person_unknown else "person_none")

    def _facts(self, view: TicketView, person: str) -> list[tuple[str, str]]:
        ticket, context, texts = view.ticket, view.context, self._texts
        chat = texts.label("chat", ticket.channel)
        facts = {
            "fact_state": texts.render(f"state_{ticket.state}", agent=_assignee_name(ticket)),
            "fact_person": person,
            "fact_chat": chat if ticket.trusted else texts.render("chat_external", chat=chat),
            "fact_queue": ticket.queue,
            "fact_dossier": ticket.dossier or context.dossier or "",
            "fact_tags": ", ".join(ticket.tags) if self._trusted else "",
            "fact_task": context.task or "",
            "fact_tried": " ; ".join(context.tried),
            "fact_errors": ", ".join(context.error_ids),
            "fact_requests": ", ".join(request.reference for request in context.requests),
            "fact_others": ", ".join(other.reference for other in view.others[:5]),
        }
        return [(texts.render(name), value) for name, value in facts.items() if value]

    def _earlier_messages(self, view: TicketView) -> list[str]:
        earlier = [message for message in view.messages if int(message["id"]) <= view.opened_message][-MAX_EARLIER:]
        return [self._texts.render("before"), *map(self._earlier_message, earlier)] if earlier else []

    def _earlier_message(self, message: Message) -> str:
        text = " ".join(str(message["text"]).split())
        if len(text) > MAX_EARLIER_LENGTH:
            text = f"{text[:MAX_EARLIER_LENGTH].rsplit(' ', 1)[0]} {self._texts.render('cut')}"
        if message["author"] == "user":
            return self._texts.render("said", text=text)
        return self._texts.render_first(f"before_{message['author']}", "before_assistant", text=text, agent=str(message["agent"] or ""))


def _assignee_name(ticket: Ticket) -> str:
    return ticket.agent.name if ticket.agent is not None else ""


def _written_in_group(key: str | None, group: str) -> bool:
    """Return whether it was written in the group itself, for all to see: the last but one part of its key (`GroupInputHandler`)."""
    parts: Sequence[str] = (key or "").split(":")
    return len(parts) > 2 and parts[-2] == group
