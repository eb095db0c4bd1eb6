"""A user of Telegram, through the stand-in for the Bot API."""

from __future__ import annotations

import itertools
import json
import re
from typing import Any, ClassVar

import httpx

from tests.conversations.external import ExternalTalk, Shown
from tests.stack import Stack

_ids = itertools.count(5001)


class TelegramTalk(ExternalTalk):
    """One private chat."""

    channel: ClassVar[str] = "telegram"

    def __init__(self, stack: Stack) -> None:
        self.stack, self.id, self.last = stack, next(_ids), []
        self.address = str(self.id)
        self.url = str(stack.run["telegram"])
        self.update: dict[str, Any] = {}
        self.fake("POST", "/chats", {"id": self.id, "name": f"Testeur {self.id}"})

    def fake(self, method: str, path: str, body: Any = None) -> Any:
        """A call of the users' side of the stand-in."""
        answer = httpx.request(method, f"{self.url}/fake{path}", json=body, timeout=60, trust_env=False)
        return answer.raise_for_status().json()

    def seen(self, chat: int | None = None) -> list[dict[str, Any]]:
        """The messages of this chat, or of another one, as Telegram has them, deleted ones included."""
        found: list[dict[str, Any]] = self.fake("GET", f"/chats/{chat or self.id}/messages")["messages"]
        return found

    def messages(self) -> list[Shown]:
        """See `ExternalTalk`."""
        return [_shown(message) for message in self.seen()]

    def write(self, text: str) -> None:
        """See `ExternalTalk`."""
        self.act(text=text)

    def act(self, **content: Any) -> None:
        """Send anything: `text`, `kind`, `forwarded`."""
        self.update = self.fake("POST", f"/chats/{self.id}/say", content)

    def push(self, message: Shown, token: str) -> None:
        """See `ExternalTalk`."""
        self.update = self.fake("POST", f"/chats/{self.id}/press", {"message_id": int(message.id), "data": token})

    def block(self) -> None:
        """See `ExternalTalk`."""
        self.fake("POST", f"/chats/{self.id}/block", {"blocked": True})

    def unblock(self) -> None:
        """See `ExternalTalk`."""
        self.fake("POST", f"/chats/{self.id}/block", {"blocked": False})

    def replay(self) -> None:
        """See `ExternalTalk`."""
        self.fake("POST", "/updates", [self.update])

    def hold_next_answer(self) -> None:
        """See `ExternalTalk`."""
        self.fake("POST", "/faults", [{"method": "sendMessage", "code": "held", "chat": self.id}])

    @classmethod
    def everything_sent(cls, stack: Stack) -> list[str]:
        """See `ExternalTalk`."""
        calls = httpx.get(f"{stack.run['telegram']}/fake/calls", timeout=60, trust_env=False).json()["calls"]
        return [json.dumps(call, ensure_ascii=False) for call in calls]


def _shown(message: dict[str, Any]) -> Shown:
    """A message; a bare number on a button is read as the line of the list that it stands for."""
    text = message.get("text", "")
    buttons = [b for row in message.get("reply_markup", {}).get("inline_keyboard", []) for b in row]
    lines = dict(re.findall(r"^(\d+)\. (.+)$", text, re.MULTILINE))
    choices = tuple({"title": lines.get(b["text"], b["text"]), "token": b["callback_data"]} for b in buttons if "callback_data" in b)
    links = (*(b["url"] for b in buttons if "url" in b), *re.findall(r"https?://\S+", text))
    deleted, replaced = bool(message.get("deleted")), bool(message.get("history"))
    return Shown(str(message["message_id"]), text, message["from"]["is_bot"], deleted, replaced, choices, links)
