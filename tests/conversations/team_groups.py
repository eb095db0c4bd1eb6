"""The SPHERE team in its groups, as tests drive it through the stand-ins: a forum of Telegram, a channel of Teams."""

from __future__ import annotations

import re
from typing import Any

import httpx

from bot.fake_channels import TEAMS_CHANNEL, TELEGRAM_GROUP
from bot.sandbox.companions import DESK_USER
from bot.sandbox.teams.control_client import ChatMessage, TeamsUser
from tests.conversations.teams import TeamsTalk
from tests.stack import Stack, wait_for

AGENT = 9001
"""Telegram's id of the agent."""


def link_code(stack: Stack) -> str:
    """A code that links a messaging account to the supervisor of the sandbox."""
    printed = stack.cli("desk", "link", DESK_USER)
    found = re.search(r"/relier (\S+)", printed.stdout)
    assert found, printed.stdout + printed.stderr
    return found[1]


class Forum:
    """The team's forum; the agent's account is linked."""

    def __init__(self, stack: Stack) -> None:
        self._url, self._path = str(stack.run["telegram"]), f"/chats/{TELEGRAM_GROUP}"
        self._fake("POST", f"{self._path}/say", {"user": AGENT, "text": f"/relier {link_code(stack)}"})
        wait_for("the account to be linked", lambda: "Votre compte est relié" in self.bot_texts())

    def write(self, ticket: int, text: str) -> None:
        """The agent writes in a ticket's topic."""
        self._fake("POST", f"{self._path}/say", {"user": AGENT, "text": text, "thread": self._topic(ticket)[0]})

    def shows(self, ticket: int, text: str) -> str:
        """Wait until a ticket's topic shows a text; all that is said there."""
        wait_for(f"« {text} » in the topic", lambda: text in self.bot_texts(ticket), 90)
        return self.bot_texts(ticket)

    def closes(self, ticket: int) -> None:
        """Wait until a ticket's topic is closed."""
        wait_for("the topic to be closed", lambda: self._topic(ticket)[1]["closed"], 90)

    def bot_texts(self, ticket: int | None = None) -> str:
        """What the bot said in a ticket's topic, or outside of any."""
        thread = self._topic(ticket)[0] if ticket is not None else None
        messages = self._fake("GET", f"{self._path}/messages")["messages"]
        return "\n".join(m["text"] for m in messages if m["from"]["is_bot"] and "text" in m and m.get("message_thread_id") == thread)

    def _topic(self, ticket: int) -> tuple[int, dict[str, Any]]:
        def look() -> tuple[int, dict[str, Any]] | None:
            chats = self._fake("GET", "/chats")
            topics = next(chat["topics"] for chat in chats if str(chat["id"]) == TELEGRAM_GROUP)
            found = [(int(thread), topic) for thread, topic in topics.items() if f"SUP-{ticket:06d}" in topic["name"]]
            return found[-1] if found else None

        return wait_for("the topic", look, 90)

    def _fake(self, method: str, path: str, body: Any = None) -> Any:
        return httpx.request(method, f"{self._url}/fake{path}", json=body, timeout=60, trust_env=False).raise_for_status().json()


class Channel:
    """The team's channel; the agent's account is linked."""

    def __init__(self, stack: Stack) -> None:
        self.control = TeamsTalk.control_of(stack)
        people = self.control.request("GET", "/state")["people"]
        one = next(person for person in people if person["name"] == "Inès Support")
        self.agent = TeamsUser(self.control, one["id"], one["chat"], one["aad_object_id"])
        self.agent.send(f"/relier {link_code(stack)}", TEAMS_CHANNEL, mention=True)
        wait_for("the account to be linked", lambda: "Votre compte est relié" in self._texts(TEAMS_CHANNEL))

    def card(self, ticket: int, *titles: str) -> ChatMessage:
        """The ticket's card, as soon as it shows these buttons."""

        def look() -> ChatMessage | None:
            seen = self.control.messages(TEAMS_CHANNEL, bot=True)
            mine = [one for one in seen if one.raw["card"] and f"SUP-{ticket:06d}" in one.text and set(titles) <= set(one.action_titles)]
            return mine[-1] if mine else None

        return wait_for(f"the card with {titles}", look, 90)

    def shows(self, ticket: int, text: str) -> str:
        """Wait until a ticket's thread shows a text; all that is said there."""
        thread = f"{TEAMS_CHANNEL};messageid={self.card(ticket).id}"
        wait_for(f"« {text} » in the thread", lambda: text in self._texts(thread), 90)
        return self._texts(thread)

    def _texts(self, conversation: str) -> str:
        return "\n".join(one.text for one in self.control.messages(conversation, bot=True))
