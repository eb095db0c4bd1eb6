"""The team's channel on the stand-in for Teams: agents, one of whom may link her account, what is pressed, what the threads show."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bot.installation.supervisor import free_port
from bot.sandbox.teams import FakeTeams
from bot.sandbox.teams.control_client import ChatMessage, Json, TeamsUser
from bot.support.agent_links import AgentLinks
from bot.support.agents import AgentAccount
from bot.support.records import Ticket
from tests.unit.messaging.running_bot import until
from tests.unit.support.running_desk import OPEN_AT, SupportBot, running_support_bot

CHANNEL = "19:c0ffee00c0ffee00c0ffee00c0ffee00@thread.tacv2"


@dataclass
class Channel:
    """A running bot with its channel; two of its agents, one of whom has linked her account, and a stranger."""

    support_bot: SupportBot
    teams: FakeTeams
    links: AgentLinks
    ines: AgentAccount
    people: dict[str, TeamsUser]

    async def act(self, do: Callable[..., Json], *args: Any, **more: Any) -> Json:
        """What somebody does in Teams; it blocks, and the bot answers meanwhile."""
        return await asyncio.to_thread(do, *args, **more)

    async def card(self, ticket: Ticket, *titles: str) -> ChatMessage:
        """The ticket's card, as soon as it shows these buttons."""
        found: list[ChatMessage] = []

        async def look() -> bool:
            seen = await asyncio.to_thread(self.teams.control.messages, CHANNEL, bot=True)
            found[:] = [one for one in seen if ticket.reference in one.text and one.raw["card"] and set(titles) <= set(one.action_titles)]
            return bool(found)

        await until(look)
        return found[-1]

    async def said(self, card: ChatMessage, text: str) -> str:
        """Wait until the thread of a card says a text; all that it says."""
        told: list[str] = []

        async def look() -> bool:
            seen = await asyncio.to_thread(self.teams.control.messages, f"{CHANNEL};messageid={card.id}", bot=True)
            told[:] = [one.text for one in sorted(seen, key=lambda one: int(one.id)) if one.id != card.id]
            return text in "\n".join(told)

        await until(look)
        return "\n".join(told)


@asynccontextmanager
async def running_channel(folder: Path, **changes: Any) -> AsyncIterator[Channel]:
    port = free_port()
    with FakeTeams(f"http://127.0.0.1:{port}/teams/messages", support_channel=CHANNEL) as teams:
        settings = {**teams.settings, "TEAMS_SERVICE_URL": teams.service_url, "SUPPORT_TEAMS_CHANNEL": CHANNEL, **changes}
        async with running_support_bot(folder, OPEN_AT, **settings) as support_bot:
            teams.control.configure(bot_url=f"{support_bot.bot.url}/teams/messages")
            support_bot.parts.groups.views["teams"].gather_seconds = 0.1
            links = support_bot.parts.agent_links
            ines = await support_bot.parts.agents.add("ines", "Inès", "agent", None)
            state = teams.control.request("GET", "/state")
            people = {one["name"]: TeamsUser(teams.control, one["id"], one["chat"], one["aad_object_id"]) for one in state["people"]}
            yield Channel(support_bot, teams, links, ines, people)
