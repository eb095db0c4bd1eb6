"""A user of the web chat, as tests drive one: says, presses, reads."""

from __future__ import annotations

import re
import uuid
from typing import Any, ClassVar

import httpx

from tests.stack import Stack, wait_for

CLAIRE, KARIM, SOPHIE = "claire.moreau@sphere.example", "karim.benali@sphere.example", "sophie.leroux@sphere.example"
WAIT_SECONDS = 240
_CODE = re.compile(r"(?<![\w-])\d{6}(?![\w-])")
"""A login code; the end of « SPH-2024-000137 » in a notice is none."""


class Talk:
    """One web chat session. Every text typed and read is remembered, so that logs can be searched for it."""

    everything: list[str] = []  # noqa: RUF012 - shared on purpose, by all the sessions of a test run
    chosen: ClassVar[type[Talk]]
    """The channel that the running test speaks by (conftest.py)."""
    may_be_silent = False
    """Whether a turn may end without an answer: a person is asked for, or answers."""

    def __init__(self, stack: Stack) -> None:
        self.stack = stack
        self.token = str(self.request("POST", "/chat/sessions", token="").raise_for_status().json()["token"])
        self.last: list[dict[str, Any]] = []
        Talk.everything.append(self.token)

    def request(self, method: str, path: str, *, token: str | None = None, **content: Any) -> httpx.Response:
        """A request of this session to the web chat API."""
        bearer = self.token if token is None else token
        headers = {"Authorization": f"Bearer {bearer}"} if bearer else {}
        return self.stack.http.request(method, f"{self.stack.api}{path}", headers=headers, timeout=WAIT_SECONDS, **content)

    def say(self, text: str, message_id: str | None = None) -> str:
        """Type a text; the assistant's whole answer to it."""
        Talk.everything.append(text)
        return self._post({"text": text}, message_id)

    def press(self, title: str) -> str:
        """Press the newest button whose title contains `title`."""
        return self.press_token(self.button(title))

    def press_token(self, token: str) -> str:
        """Press a button by its token."""
        return self._post({"button": token}, None)

    def _post(self, content: dict[str, str], message_id: str | None) -> str:
        body = {"id": message_id or str(uuid.uuid4()), **content}
        response = self.request("POST", "/chat/messages", params={"wait": "true"}, json=body)
        assert response.status_code == 200, (response.status_code, response.text)
        self.last = response.json()["messages"]
        assert self.last or self.may_be_silent, "an empty turn"
        texts = [str(m["text"]) for m in self.last]
        Talk.everything += texts
        return "\n".join(texts)

    def button(self, title: str) -> str:
        """Token of the newest button whose title contains `title`."""
        for message in reversed(self.last):
            for button in message["buttons"]:
                if title.lower() in button["title"].lower():
                    return str(button["token"])
        raise AssertionError(f"no button « {title} » among {self.titles}")

    @property
    def titles(self) -> list[str]:
        """Titles of the buttons of the last answer."""
        return [b["title"] for m in self.last for b in m["buttons"]]

    def history(self) -> list[dict[str, Any]]:
        """Every message of the session."""
        found: list[dict[str, Any]] = self.request("GET", "/chat/messages").json()["messages"]
        return found

    def wait_said(self, pattern: str, seconds: float = 120) -> str:
        """Wait until the assistant has said something that matches, by itself; the text."""

        def look() -> str | None:
            texts = [str(m["text"]) for m in self.history() if m["author"] != "user"]
            return next((text for text in reversed(texts) if re.search(pattern, text)), None)

        return wait_for(f"a message like {pattern!r}", look, seconds)

    def link(self, email: str) -> str:
        """Identify as the owner of an account, by the code of the mail; the last answer."""
        before = self.codes_sent(email)
        self.say("je veux m'identifier")
        self.say(email)
        return self.say(self.code(email, before))

    def codes_sent(self, email: str) -> int:
        """How many login codes were mailed to an address, the last one that was asked for included."""
        wait_for("the mails that are due", lambda: not self.stack.mails_to_come())
        return sum(email in mail["to"] and bool(_CODE.search(mail["text"])) for mail in self.stack.mails())

    def code(self, email: str, codes_before: int) -> str:
        """The login code that is mailed to `email` after that many others."""
        wait_for("the mail with the code", lambda: self.codes_sent(email) > codes_before)
        found = next(code for mail in self.stack.mails() if email in mail["to"] and (code := _CODE.search(mail["text"])))
        Talk.everything.append(found[0])
        return found[0]


Talk.chosen = Talk


def open_talk(stack: Stack) -> Talk:
    """A session by the channel of the running test."""
    return Talk.chosen(stack)


def as_user(stack: Stack, email: str) -> Talk:
    """A session that is linked to an account already."""
    talk = open_talk(stack)
    assert "reliée au compte" in talk.link(email)
    return talk
