"""What agents do from a group: their words become replies, their commands acts of the desk, by the very functions that its pages call."""

from __future__ import annotations

import hashlib
from dataclasses import replace

from sqlalchemy.exc import SQLAlchemyError

from bot.core.clock import Clock
from bot.core.errors import log_error
from bot.support.agent_links import AgentLinks
from bot.support.desk import Desk
from bot.support.errors import (
    AlreadyTaken,
    ConversationBusy,
    DeskError,
    EmptyText,
    NotYours,
    StillJoining,
    TextTooLong,
    TicketOver,
)
from bot.support.groups.group import Answer, Group, GroupInput, Kind
from bot.support.groups.group_texts import Command, GroupTexts, Order, order_of, outcome_of
from bot.support.groups.pii_filter import GroupPiiFilter
from bot.support.groups.threads import Threads
from bot.support.groups.ticket_cards import TicketCards
from bot.support.records import Agent, Ticket

_REFUSALS: dict[type[DeskError], str] = {
    TicketOver: "over",
    AlreadyTaken: "already_taken",
    NotYours: "not_yours",
    StillJoining: "joining",
    EmptyText: "empty",
    TextTooLong: "too_long",
    ConversationBusy: "busy",
}
_BAD_KINDS = {Kind.NOT_TEXT: "not_text", Kind.EDITED: "edited_here"}


class GroupInputHandler:
    """Listens to one group. What is heard twice is done once, and answered alike."""

    def __init__(
        self,
        group: Group,
        desk: Desk,
        links: AgentLinks,
        threads: Threads,
        clean: GroupPiiFilter,
        heads: TicketCards,
        words: GroupTexts,
        clock: Clock,
    ) -> None:
        self._group, self._desk, self._links, self._threads = group, desk, links, threads
        self._filter, self._heads, self._words, self._clock = clean, heads, words, clock

    async def hear(self, heard: GroupInput) -> Answer:
        """Do it, and keep what is answered; who entered something in a card reads the answer at once, others in the thread.

        Raises SQLAlchemyError: it is not done, and must come again.
        """
        key = f"{self._group.name}:{_digest(heard.key)}"
        known = await self._threads.answer_to(key)
        if known is not None:
            return Answer(known)
        try:
            answer = await self._do(heard)
        except SQLAlchemyError:
            raise
        except Exception as error:  # ours: what one message does must not hold up the group
            answer = self._refuse("failed", error_id=log_error(error, "doing what an agent wrote in a group"))
        unwanted = heard.message if answer.unwanted else None
        said = not heard.seen or not (answer.text or unwanted)
        await self._threads.record_input(key, heard.thread, answer.text, unwanted=unwanted, answered=said, now=self._clock.now())
        return await self._with_head(heard, answer)

    async def _with_head(self, heard: GroupInput, answer: Answer) -> Answer:
        """What was done is seen on the card by whoever pressed it, at once; the others see it when the group is shown what happened."""
        if heard.ticket_id is None or answer.refused or answer.text:
            return answer
        try:
            return replace(answer, head=await self._heads.of(await self._desk.find(heard.ticket_id)))
        except Exception as error:  # done it is: only the sight of it is missing
            log_error(error, "showing a card to whoever pressed it")
            return Answer(self._words.say("done"))

    async def _do(self, heard: GroupInput) -> Answer:
        order = order_of(heard.text) if heard.kind is Kind.TEXT else None
        if order is not None and order.command is Command.LINK and heard.person:
            return await self._link(heard, order.rest)
        ticket_id = heard.ticket_id if heard.ticket_id is not None else await self._threads.ticket_of(heard.thread)
        if order is not None and order.command is Command.HELP:
            return Answer(self._words.say("help"))
        if ticket_id is None:  # the team may talk there among itself
            return self._refuse("no_ticket") if order is not None else Answer()
        if heard.kind is Kind.ANONYMOUS:
            return self._refuse("anonymous")
        agent = await self._links.agent_of(self._group.name, heard.person)
        if agent is None:
            return self._refuse("unknown_agent")
        if heard.kind in _BAD_KINDS:
            return self._refuse(_BAD_KINDS[heard.kind])
        try:
            ticket = await self._desk.find(ticket_id)
            if order is None:
                return await self._reply(heard, ticket, agent)
            return await self._obey(heard, ticket, agent, order)
        except DeskError as error:
            by = getattr(error, "agent", None)
            if isinstance(error, NotYours) and by is None:
                return self._refuse("take_first")
            name = next((name for kind, name in _REFUSALS.items() if isinstance(error, kind)), "refused")
            return self._refuse(name, agent=by.name if by is not None else "")

    async def _obey(self, heard: GroupInput, ticket: Ticket, agent: Agent, order: Order) -> Answer:
        match order.command:
            case Command.TAKE:
                await self._desk.take(ticket.id, agent)
            case Command.TAKE_OVER:
                await self._desk.take(ticket.id, agent, over=True)
            case Command.RELEASE:
                await self._desk.release(ticket.id, agent)
            case Command.NOTE:
                text = await self._filter.clean(ticket, order.rest)
                await self._desk.note(ticket.id, agent, text, key=self._key(heard))
                return self._masked("masked_note") if text != order.rest else Answer()
            case Command.CLOSE:
                outcome = outcome_of(order.rest)
                if outcome is None:
                    return self._refuse("unknown_command", help=self._words.say("help"))
                await self._desk.close(ticket.id, agent, outcome)
            case _:
                return self._refuse("unknown_command", help=self._words.say("help"))
        return Answer()

    async def _reply(self, heard: GroupInput, ticket: Ticket, agent: Agent) -> Answer:
        text = await self._filter.clean(ticket, heard.text)
        sent = await self._desk.reply(ticket.id, agent, text, key=self._key(heard))
        return self._masked("masked") if sent.masked or text != heard.text else Answer()

    async def _link(self, heard: GroupInput, code: str) -> Answer:
        agent = await self._links.redeem(self._group.name, heard.person, code)
        text = self._words.say("linked", agent=agent.name) if agent is not None else self._words.say("bad_code")
        return Answer(text, refused=agent is None, unwanted=True)

    def _key(self, heard: GroupInput) -> str:
        """What was written for all to see is not shown there once more: the key says so (`Composer.news`)."""
        return f"{self._group.name if heard.seen else 'card'}:{_digest(heard.key)}"

    def _masked(self, name: str) -> Answer:
        return Answer(self._words.say(name), unwanted=True)

    def _refuse(self, name: str, **values: str) -> Answer:
        return Answer(self._words.say(name, **values), refused=True)


def _digest(key: str) -> str:
    """Ids of channels may be long."""
    return hashlib.sha256(key.encode("utf-8", "surrogatepass")).hexdigest()[:40]
