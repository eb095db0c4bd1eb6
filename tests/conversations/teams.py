"""A user of Teams, through the stand-in for the Bot Framework's connector."""

from __future__ import annotations

import hashlib
import itertools
import json
import re
from typing import Any, ClassVar

from bot.sandbox.teams.control_client import ChatMessage, ControlClient
from tests.conversations.external import ExternalTalk, Shown
from tests.stack import Stack

_numbers = itertools.count(1)
_ESCAPED = re.compile(r"\\([!-/:-@\[-`{-~])")


class TeamsTalk(ExternalTalk):
    """One personal chat, in which the assistant was just installed."""

    channel: ClassVar[str] = "teams"
    _controls: ClassVar[dict[str, ControlClient]] = {}

    def __init__(self, stack: Stack) -> None:
        self.stack, self.last, self.before = stack, [], 0
        self.control = self.control_of(stack)
        self.user = self.control.add_user(f"Testeur {next(_numbers)}")
        self.address = hashlib.sha256(self.user.chat.encode()).hexdigest()
        self.user.install()
        self.answer(set(), 0)

    @classmethod
    def control_of(cls, stack: Stack) -> ControlClient:
        """The control of an installation's stand-in; its connections last as long as the tests."""
        url = str(stack.run["teams"])
        if url not in cls._controls:
            cls._controls[url] = ControlClient(url)
            cls._controls[url].configure(retries=10)
        return cls._controls[url]

    @classmethod
    def forget_controls(cls) -> None:
        """Close their connections."""
        for control in cls._controls.values():
            control.close()
        cls._controls.clear()

    def messages(self) -> list[Shown]:
        """See `ExternalTalk`."""
        seen = self.control.messages(self.user.chat, person=self.user.id)
        return [_shown(message) for message in sorted(seen, key=lambda one: int(one.id))]

    def write(self, text: str) -> None:
        """See `ExternalTalk`."""
        self.user.send(text)

    def push(self, message: Shown, token: str) -> None:
        """See `ExternalTalk`."""
        self.user.press(message.id, data={"token": token})

    def block(self) -> None:
        """See `ExternalTalk`."""
        self.user.uninstall()

    def unblock(self) -> None:
        """See `ExternalTalk`."""
        self.user.install()

    def replay(self) -> None:
        """See `ExternalTalk`."""
        mine = [post for post in self.control.posts() if post["activity"]["conversation"]["id"] == self.user.chat]
        self.control.replay(mine[-1]["number"])

    def hold_next_answer(self) -> None:
        """See `ExternalTalk`."""
        self.control.inject_fault("held", operation="send", conversation=self.user.chat)

    @classmethod
    def everything_sent(cls, stack: Stack) -> list[str]:
        """See `ExternalTalk`."""
        return [json.dumps(call, ensure_ascii=False) for call in cls.control_of(stack).calls()]


def _shown(seen: ChatMessage) -> Shown:
    """A message; in a card Markdown is shown without its backslashes, and a bare number stands for its line of the list."""
    text = _ESCAPED.sub(r"\1", seen.text) if seen.raw["card"] else seen.text
    lines = dict(re.findall(r"^(\d+)\. (.+)$", text, re.MULTILINE))
    actions: list[dict[str, Any]] = seen.raw["actions"]
    pressed = [action for action in actions if action["type"] == "Action.Execute"]
    choices = tuple({"title": lines.get(a["title"], a["title"]), "token": a["data"]["token"]} for a in pressed)
    links = tuple(action["url"] for action in actions if action["type"] == "Action.OpenUrl")
    return Shown(seen.id, text, seen.from_bot, seen.deleted, seen.edited, choices, links)
