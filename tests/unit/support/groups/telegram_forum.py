"""The team's forum on the stand-in for Telegram: agents whose accounts are linked, what they write, what the topics show."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

from bot.sandbox.telegram.app import create_app
from bot.sandbox.telegram.chats import Chat as FakeChat
from bot.sandbox.telegram.state import State as FakeState
from bot.support.agent_links import AgentLinks
from bot.support.agents import AgentAccount
from bot.support.records import Ticket
from tests.unit.messaging.running_bot import served, until
from tests.unit.support.running_desk import SupportBot, running_support_bot

TOKEN, GROUP = "4242:fake", -1001
INES, PAUL, STRANGER = 901, 902, 903
"""Telegram's ids of two agents and of somebody who is none."""


def messages_told(said: str) -> int:
    """How many messages of a user are told of in a text."""
    return said.count("L’utilisateur a écrit. ") + sum(int(count) for count in re.findall(r"L’utilisateur a écrit (\d+) messages", said))


@dataclass
class Forum:
    """A running bot with its forum."""

    support_bot: SupportBot
    fake: FakeState
    people: httpx.AsyncClient
    links: AgentLinks
    ines: AgentAccount
    paul: AgentAccount

    @property
    def group(self) -> FakeChat:
        return self.fake.chats[GROUP]

    async def write(self, person: int, text: str, ticket: Ticket | None = None, **more: Any) -> dict[str, Any]:
        """Somebody writes in a ticket's topic, or outside of any; the update."""
        body = {"user": person, "text": text, **more}
        if "kind" in more:
            del body["text"]
        if ticket is not None:
            body["thread"] = await self.topic(ticket)
        answer = await self.people.post(f"/chats/{GROUP}/say", json=body)
        update: dict[str, Any] = answer.raise_for_status().json()
        return update

    async def topic(self, ticket: Ticket) -> int:
        """The ticket's topic, as soon as something is said there."""
        found: list[int] = []

        def look() -> bool:
            found[:] = [thread for thread, topic in self.group.topics.items() if ticket.reference in topic.name and self.said(thread)]
            return bool(found)

        await until(look)
        return found[-1]

    def said(self, thread: int | None = None) -> list[str]:
        """What the bot said in a topic (None: outside of any), oldest first."""
        messages = [m for m in self.group.messages.values() if m["from"]["id"] == 4242 and "text" in m]
        return [m["text"] for m in messages if m.get("message_thread_id") == thread]

    async def written(self, ticket: Ticket) -> int:
        """How many messages of the user the topic has told of."""
        return messages_told("\n".join(self.said(await self.topic(ticket))))

    async def shows(self, ticket: Ticket, text: str) -> str:
        """Wait until the topic shows a text; all that the bot said there."""
        thread = await self.topic(ticket)
        await until(lambda: text in "\n".join(self.said(thread)))
        return "\n".join(self.said(thread))


@asynccontextmanager
async def running_forum(
    folder: Path, *, linked: bool = True, agents: bool = True, group: int = GROUP, **changes: Any
) -> AsyncIterator[Forum]:
    """A bot whose team has a forum; two of its agents (`agents`: to be made) have linked their accounts."""
    fake = FakeState(TOKEN, "demo_bot")
    fake.limits.enforced = False
    fake.chats[group] = FakeChat(group, "Équipe", "supergroup", forum=True, started=True)
    async with served(create_app(fake)) as url, httpx.AsyncClient(base_url=f"{url}/fake", trust_env=False) as people:
        telegram = {"TELEGRAM_TOKEN": TOKEN, "TELEGRAM_API_URL": url, "SUPPORT_TELEGRAM_GROUP": str(group), "TELEGRAM_PER_CHAT": 1000}
        async with running_support_bot(folder, **{**telegram, **changes}) as support_bot:
            support_bot.parts.groups.views["telegram"].gather_seconds = 0.1
            team, links = support_bot.parts.agents, support_bot.parts.agent_links
            if agents:
                await team.add("ines", "Inès", "agent", None)
                await team.add("paul", "Paul", "agent", None)
            ines, paul = await team.by_login("ines"), await team.by_login("paul")
            assert ines is not None
            assert paul is not None
            if linked:
                for person, agent in ((INES, ines), (PAUL, paul)):
                    assert await links.redeem("telegram", str(person), await links.new_code(agent.id)) is not None
            yield Forum(support_bot, fake, people, links, ines, paul)
