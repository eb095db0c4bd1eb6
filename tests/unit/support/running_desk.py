"""What the tests of support share: a bot on loopback with a clock of the test's own, its desk, and two agents."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from bot.core.clock import ManualClock
from bot.support.records import Agent, Ticket, TicketState
from tests.unit.messaging.running_bot import Bot, Chat, buttons, running_bot

MARIE, PAUL = Agent("a1", "Marie"), Agent("a2", "Paul")
BOSS = Agent("a3", "Solène", supervisor=True)
OPEN_AT = datetime(2026, 11, 25, 9, 0, tzinfo=UTC)  # a Wednesday, 10h in Paris
NIGHT = datetime(2026, 11, 25, 20, 0, tzinfo=UTC)
ASK = "je veux parler à quelqu’un"
HANDOVER_REQUEST = {
    "reason": "asked",
    "task": "ajouter un partenaire",
    "dossier": "SPH-2024-000137",
    "error_ids": ["e1"],
    "tried": ["help"],
    "resumes": True,
}


class SupportBot:
    """One bot and its desk; `ASK` makes the stand-in Rasa ask for a person."""

    def __init__(self, bot: Bot, clock: ManualClock) -> None:
        self.bot, self.clock = bot, clock
        self.parts, self.gateway, self.support = bot.parts, bot.parts.gateway, bot.parts.support
        self.desk = self.support.desk
        bot.rasa.answers[ASK] = [{"text": "", "buttons": [], "link": None, "handover": HANDOVER_REQUEST}]
        bot.rasa.answers["ajoute"] = [{"text": "Sûr ?", "buttons": buttons("affirm", "deny"), "link": None}]

    async def chat(self) -> Chat:
        return await self.bot.chat()

    async def open_ticket(self) -> tuple[Chat, Ticket]:
        """A chat whose user asked for a person, and the ticket."""
        chat = await self.chat()
        await chat.say(ASK)
        return chat, await self.newest_ticket()

    async def with_agent(self, agent: Agent = MARIE) -> tuple[Chat, Ticket]:
        chat, ticket = await self.open_ticket()
        return chat, await self.desk.take(ticket.id, agent)

    async def newest_ticket(self) -> Ticket:
        return max((entry.ticket for entry in await self.desk.queue(states=frozenset(TicketState))), key=lambda ticket: ticket.id)

    async def state(self, ticket: Ticket) -> TicketState:
        return (await self.desk.find(ticket.id)).state

    async def pass_time(self, **span: float) -> None:
        """Let time pass, and what falls due happen."""
        self.clock.advance(timedelta(**span))
        await self.support.timeouts.run_due()


@asynccontextmanager
async def running_support_bot(folder: Path, at: datetime = OPEN_AT, **changes: Any) -> AsyncIterator[SupportBot]:
    clock = ManualClock(at)
    async with running_bot(folder, clock=clock, **changes) as bot:
        yield SupportBot(bot, clock)


def titles(message: dict[str, Any]) -> list[str]:
    return [button["title"] for button in message["buttons"]]


def button_token(message: dict[str, Any], title: str) -> str:
    return next(button["token"] for button in message["buttons"] if button["title"] == title)
