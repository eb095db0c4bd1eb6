"""A user of Telegram, as tests drive one through the stand-in for the Bot API: the same steps as in the web chat (`talk.Talk`)."""

from __future__ import annotations

import itertools
import re
from typing import Any

import httpx

from tests.conversations.talk import Talk
from tests.stack import Stack, wait_for

_ids = itertools.count(5001)


class TelegramTalk(Talk):
    """One private chat. `last` holds the answer as the web chat API would give it."""

    def __init__(self, stack: Stack) -> None:
        self.stack, self.id, self.last = stack, next(_ids), []
        self.url = str(stack.run["telegram"])
        self.fake("POST", "/chats", {"id": self.id, "name": f"Testeur {self.id}"})

    def fake(self, method: str, path: str, body: Any = None) -> Any:
        """A call of the users' side of the stand-in."""
        answer = httpx.request(method, f"{self.url}/fake{path}", json=body, timeout=60, trust_env=False)
        return answer.raise_for_status().json()

    def seen(self) -> list[dict[str, Any]]:
        """The chat's messages as Telegram has them, deleted ones included."""
        found: list[dict[str, Any]] = self.fake("GET", f"/chats/{self.id}/messages")["messages"]
        return found

    def _post(self, content: dict[str, str], message_id: str | None) -> str:
        before, asked = self._newest(), self._turns()
        if "text" in content:
            self.fake("POST", f"/chats/{self.id}/say", {"text": content["text"]})
        else:
            shown = next(m for m in reversed(self.seen()) if any(b["token"] == content["button"] for b in _buttons(m)))
            self.fake("POST", f"/chats/{self.id}/press", {"message_id": shown["message_id"], "data": content["button"]})
        return self._answer(before, asked)

    def _newest(self) -> int:
        return max((m["message_id"] for m in self.seen()), default=0)

    def _turns(self) -> int:
        return len(self.stack.turns_of("telegram", str(self.id)))

    def _answer(self, before: int, asked: int) -> str:
        """Wait until the turn is over and everything that it said has arrived."""

        def over() -> bool:
            turns = self.stack.turns_of("telegram", str(self.id))
            return len(turns) > asked and all(done for done in turns) and not self.stack.to_be_pushed("telegram", str(self.id))

        wait_for("the answer in Telegram", over, 120)
        new = [m for m in self.seen() if m["message_id"] > before and m["from"]["is_bot"] and not m.get("deleted")]
        self.last = [{"text": m["text"], "buttons": _buttons(m), "author": "assistant"} for m in new]
        assert self.last, "an empty turn"
        Talk.everything += [m["text"] for m in self.last]
        return "\n".join(m["text"] for m in self.last)

    def history(self) -> list[dict[str, Any]]:
        """Every message of the chat."""
        authors = {True: "assistant", False: "user"}
        return [{"author": authors[m["from"]["is_bot"]], "text": m.get("text", ""), "buttons": _buttons(m)} for m in self.seen()]


def _buttons(message: dict[str, Any]) -> list[dict[str, str]]:
    """The buttons that give something back; a bare number is read as the line of the list that it stands for."""
    rows = message.get("reply_markup", {}).get("inline_keyboard", [])
    lines = dict(re.findall(r"^(\d+)\. (.+)$", message.get("text", ""), re.MULTILINE))
    return [{"title": lines.get(b["text"], b["text"]), "token": b["callback_data"]} for row in rows for b in row if "callback_data" in b]
