"""Does what agents write in a group: their words become replies, their commands actions of the desk, through the desk's own functions."""

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
    NamesUnreadable,
    NotYours,
    StillJoining,
    TextTooLong,
    TicketOver,
    TooManyDossiers,
)
from bot.support.groups.commands import Command, ParsedCommand, parse_command, parse_outcome
from bot.support.groups.group import Answer, Group, GroupInput, InputKind
from bot.support.groups.group_texts import GroupTexts
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
    NamesUnreadable: "names_unreadable",
    TooManyDossiers: "too_many_dossiers",
}
"""Errors of the desk, with the name of the text that answers each."""
_REFUSED_KINDS = {InputKind.NOT_TEXT: "not_text", InputKind.EDITED: "edited_here"}


class GroupInputHandler:
    """Handles the inputs of one group. The same input twice is done once, and answered alike."""

    def __init__(
        self,
        group: Group,
        desk: Desk,
        links: AgentLinks,
        threads: Threads,
        pii_filter: GroupPiiFilter,
        cards: TicketCards,
        texts: GroupTexts,
        clock: Clock,
    ) -> None:
        self._group, self._desk, self._links, self._threads = group, desk, links, threads
        self._filter, self._cards, self._texts, self._clock = pii_filter, cards, texts, clock

    async def handle(self, group_input: GroupInput) -> Answer:
        """Do what the input says, and keep the answer.

        Who entered something in a card gets the answer at once, others in the thread.

        Raises:
            SQLAlchemyError: it is not done, and must come again.
        """
        key = f"{self._group.name}:{_digest(group_input.key)}"
        earlier_answer = await self._threads.answer_to(key)
        if earlier_answer is not None:
            return Answer(earlier_answer)
        try:
            answer = await self._execute(group_input)
        except SQLAlchemyError:
            raise
        except Exception as error:  # ours: one message must not hold up the group
            answer = self._refuse("failed", error_id=log_error(error, "doing what an agent wrote in a group"))
        unwanted = group_input.message if answer.delete_input else None
        answered = not group_input.visible or not (answer.text or unwanted)
        await self._threads.record_input(key, group_input.thread, answer.text, unwanted=unwanted, answered=answered, now=self._clock.now())
        return await self._with_card(group_input, answer)

    async def _with_card(self, group_input: GroupInput, answer: Answer) -> Answer:
        """Return the answer with the card as it is now, for whoever pressed it; the others see it when the group is updated."""
        if group_input.ticket_id is None or answer.refused or answer.text:
            return answer
        try:
            return replace(answer, card=await self._cards.card_of(await self._desk.find(group_input.ticket_id)))
        except Exception as error:  # it is done: only the card cannot be shown
            log_error(error, "showing a card to whoever pressed it")
            return Answer(self._texts.render("done"))

    async def _execute(self, group_input: GroupInput) -> Answer:
        command = parse_command(group_input.text) if group_input.kind is InputKind.TEXT else None
        if command is not None and command.command is Command.LINK and group_input.sender:
            return await self._link(group_input, command.argument)
        ticket_id = group_input.ticket_id
        if ticket_id is None:
            ticket_id = await self._threads.ticket_of(group_input.thread)
        if command is not None and command.command is Command.HELP:
            return Answer(self._texts.render("help"))
        if ticket_id is None:  # the team may talk there among itself
            return self._refuse("no_ticket") if command is not None else Answer()
        if group_input.kind is InputKind.ANONYMOUS:
            return self._refuse("anonymous")
        agent = await self._links.agent_of(self._group.name, group_input.sender)
        if agent is None:
            return self._refuse("unknown_agent")
        if group_input.kind in _REFUSED_KINDS:
            return self._refuse(_REFUSED_KINDS[group_input.kind])
        try:
            ticket = await self._desk.find(ticket_id)
            if command is None:
                return await self._reply(group_input, ticket, agent)
            return await self._run(group_input, ticket, agent, command)
        except DeskError as error:
            assignee = getattr(error, "agent", None)
            if isinstance(error, NotYours) and assignee is None:
                return self._refuse("take_first")
            name = next((name for kind, name in _REFUSALS.items() if isinstance(error, kind)), "refused")
            return self._refuse(name, agent=assignee.name if assignee is not None else "")

    async def _run(self, group_input: GroupInput, ticket: Ticket, agent: Agent, command: ParsedCommand) -> Answer:
        match command.command:
            case Command.TAKE:
                await self._desk.take(ticket.id, agent)
            case Command.TAKE_OVER:
                await self._desk.take(ticket.id, agent, take_over=True)
            case Command.RELEASE:
                await self._desk.release(ticket.id, agent)
            case Command.NOTE:
                filtered = await self._filter.filter_words(ticket, agent, command.argument)
                await self._desk.note(ticket.id, agent, filtered.text, key=self._key(group_input))
                return self._masked("masked_note", filtered.replaced)
            case Command.CLOSE:
                outcome = parse_outcome(command.argument)
                if outcome is None:
                    return self._refuse("unknown_command", help=self._texts.render("help"))
                await self._desk.close(ticket.id, agent, outcome)
            case _:
                return self._refuse("unknown_command", help=self._texts.render("help"))
        return Answer()

    async def _reply(self, group_input: GroupInput, ticket: Ticket, agent: Agent) -> Answer:
        filtered = await self._filter.filter_words(ticket, agent, group_input.text)
        sent = await self._desk.reply(ticket.id, agent, filtered.text, key=self._key(group_input))
        return self._masked("masked", filtered.replaced + sent.replaced)

    async def _link(self, group_input: GroupInput, code: str) -> Answer:
        agent = await self._links.redeem(self._group.name, group_input.sender, code)
        text = self._texts.render("linked", agent=agent.name) if agent is not None else self._texts.render("bad_code")
        return Answer(text, refused=agent is None, delete_input=True)

    def _key(self, group_input: GroupInput) -> str:
        """Return the idempotency key. It says whether the group saw the text, which is then not shown there again (`TicketUpdates`)."""
        return f"{self._group.name if group_input.visible else 'card'}:{_digest(group_input.key)}"

    def _masked(self, name: str, replaced: int) -> Answer:
        """Tell how many parts were replaced, where there were any; what was written is deleted where that is possible."""
        if replaced == 0:
            return Answer()
        parts = self._texts.render("one_part" if replaced == 1 else "parts", count=str(replaced))
        return Answer(self._texts.render(name, text=parts), delete_input=True)

    def _refuse(self, name: str, **values: str) -> Answer:
        return Answer(self._texts.render(name, **values), refused=True)


def _digest(key: str) -> str:
    """Shorten an id of the channel, which may be long."""
    return hashlib.sha256(key.encode("utf-8", "surrogatepass")).hexdigest()[:40]
