"""A ticket in words: what stands at the head of its thread, and what happened since something was last shown there."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import select

from bot.core.database import Database
from bot.messaging.messages import Message
from bot.messaging.tables import MessageRow
from bot.support import tickets
from bot.support.agents_tables import SupportAgent
from bot.support.desk import Desk
from bot.support.desk_queries import Context, TicketView
from bot.support.groups.group import TicketCard
from bot.support.groups.group_texts import GroupTexts
from bot.support.records import Ticket, TicketEventType, TicketState
from bot.support.tables import NoteRow, TicketEventRow, TicketRow

MOST_BEFORE = 6
"""Messages of the conversation before a person was asked for that are shown with the context."""
LONGEST_BEFORE = 300
_BLANK_LINES = re.compile(r"\n\s*\n")
MOST_AT_ONCE = 200
"""Moves told at a time; what comes after them is told next."""


@dataclass(frozen=True)
class News:
    """What is new: lines to be said, and the last move that they tell of."""

    ticket: Ticket
    lines: tuple[str, ...]
    upto: int


class TicketUpdates:
    """Puts into words, unfiltered: whoever shows it filters it."""

    def __init__(self, database: Database, desk: Desk, words: GroupTexts) -> None:
        self._database, self._desk, self._words = database, desk, words

    async def head(self, ticket_id: int) -> TicketCard:
        """The ticket with its context; asks the platform who the user is. Raises UnknownTicket."""
        view = await self._desk.view(ticket_id)
        ticket, say = view.ticket, self._words
        person = self._person(view.context)
        return TicketCard(
            ticket_id=ticket.id,
            title=say.say("title", reference=ticket.reference, person=person),
            heading=say.say("context", reference=ticket.reference, reason=say.named("reason", ticket.reason)),
            state=ticket.state,
            agent=_owner(ticket),
            facts=tuple(self._facts(view, person)),
            before=tuple(self._before(view)),
        )

    async def news(self, ticket_id: int, after: int, group: str) -> News:
        """What happened after a move, but for what the group saw being written there."""
        wanted = (
            select(TicketEventRow)
            .where(TicketEventRow.ticket_id == ticket_id, TicketEventRow.id > after)
            .order_by(TicketEventRow.id)
            .limit(MOST_AT_ONCE)
        )
        async with self._database.reading() as session:
            moves = list(await session.scalars(wanted))
            ticket = await self._desk.find(ticket_id)
            ids = {move.about for move in moves if move.about is not None}
            said = select(MessageRow).where(MessageRow.turn.in_(ids), MessageRow.author == "user")
            turns = {row.turn: row for row in await session.scalars(said)}
            replies = {row.id: row for row in await session.scalars(select(MessageRow).where(MessageRow.id.in_(ids)))}
            notes = {row.id: row for row in await session.scalars(select(NoteRow).where(NoteRow.id.in_(ids)))}
            agents = {row[0]: row[1] for row in await session.execute(select(SupportAgent.id, SupportAgent.name))}
            outcome = await session.scalar(select(TicketRow.outcome).where(TicketRow.id == ticket_id))
        lines: list[str] = []
        for move in moves:
            agent = self._agent(move, agents, ticket)
            if move.why == TicketEventType.SAID and (spoken := turns.get(move.about)) is not None:
                lines.append(self._words.say("said", text=_BLANK_LINES.sub("\n", spoken.text)))
            elif move.why == TicketEventType.REPLIED and (reply := replies.get(move.about or 0)) is not None:
                if not _seen(reply.key, group):
                    lines.append(self._words.say("replied", agent=reply.agent or agent, text=reply.text))
            elif move.why == TicketEventType.NOTED and (note := notes.get(move.about or 0)) is not None:
                if not _seen(note.key, group):
                    lines.append(self._words.say("noted", agent=note.agent_name, text=note.text))
            else:
                lines += self._moved(move, agent, ticket, outcome)
        return News(ticket, tuple(lines), moves[-1].id if moves else after)

    def _moved(self, move: TicketEventRow, agent: str, ticket: Ticket, outcome: str | None) -> list[str]:
        say = self._words
        match TicketEventType(move.why):
            case TicketEventType.REQUESTED:
                return [say.say("requested")] if move.was is not None else []
            case TicketEventType.TRANSFERRED:
                name = "transferred" if move.state == move.was else "transferred_queue"
                return [say.say(name, agent=agent, to=move.detail or "")]
            case TicketEventType.TIMED_OUT | TicketEventType.USER_ENDED:
                return [say.say(f"{move.why}_{'left' if move.state == TicketState.LEFT else move.state}")]
            case TicketEventType.AGENT_CLOSED:
                return [say.say("agent_closed", agent=agent, outcome=say.named("outcome", outcome or ""))]
            case TicketEventType.REOPENED:
                return [say.say("reopened_user" if move.who == tickets.USER else "reopened_agent", agent=agent)]
            case TicketEventType.EDITED:
                dossier, tags = ticket.dossier or say.say("none"), ", ".join(ticket.tags) or say.say("none")
                return [say.say("edited", agent=agent, dossier=dossier, tags=tags)]
            case TicketEventType.TAKEN if move.was == TicketState.JOINING:
                return []  # said when it was taken
            case TicketEventType.SAID | TicketEventType.REPLIED | TicketEventType.NOTED | TicketEventType.RATED:
                return []
            case why:
                return [say.say(why.value, agent=agent)]

    def _agent(self, move: TicketEventRow, agents: dict[str, str], ticket: Ticket) -> str:
        agent_id = move.who.removeprefix("agent:")
        if ticket.agent is not None and ticket.agent.id == agent_id:
            return ticket.agent.name
        return agents.get(agent_id) or self._words.say("somebody")

    def _person(self, context: Context) -> str:
        if context.person is not None:
            return ", ".join(part for part in (context.person.name, context.person.profession) if part)
        return self._words.say("person_unknown" if context.person_unknown else "person_none")

    def _facts(self, view: TicketView, person: str) -> list[tuple[str, str]]:
        ticket, context, say = view.ticket, view.context, self._words
        chat = say.named("chat", ticket.channel)
        facts = {
            "fact_state": say.say(f"state_{ticket.state}", agent=_owner(ticket)),
            "fact_person": person,
            "fact_chat": chat if ticket.trusted else say.say("chat_external", chat=chat),
            "fact_queue": ticket.queue,
            "fact_dossier": ticket.dossier or context.dossier or "",
            "fact_tags": ", ".join(ticket.tags),
            "fact_task": context.task or "",
            "fact_tried": " ; ".join(context.tried),
            "fact_errors": ", ".join(context.error_ids),
            "fact_requests": ", ".join(one.reference for one in context.requests),
            "fact_others": ", ".join(other.reference for other in view.others[:5]),
        }
        return [(say.say(name), value) for name, value in facts.items() if value]

    def _before(self, view: TicketView) -> list[str]:
        earlier = [message for message in view.messages if int(message["id"]) <= view.opened_message][-MOST_BEFORE:]
        return [self._words.say("before"), *map(self._earlier, earlier)] if earlier else []

    def _earlier(self, message: Message) -> str:
        text = " ".join(str(message["text"]).split())
        if len(text) > LONGEST_BEFORE:
            text = f"{text[:LONGEST_BEFORE].rsplit(' ', 1)[0]} {self._words.say('cut')}"
        if message["author"] == "user":
            return self._words.say("said", text=text)
        return self._words.either(f"before_{message['author']}", "before_assistant", text=text, agent=str(message["agent"] or ""))


def _owner(ticket: Ticket) -> str:
    return ticket.agent.name if ticket.agent is not None else ""


def _seen(key: str | None, group: str) -> bool:
    """Whether it was written in the group itself, for all to see (`Hearing`: the last but one part of its key)."""
    parts: Sequence[str] = (key or "").split(":")
    return len(parts) > 2 and parts[-2] == group
