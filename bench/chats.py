"""Conversations that are timed: through the web chat API, and straight to Rasa's input channel as the gateway does."""

from __future__ import annotations

import hashlib
import json
import re
import sqlite3
import time
import uuid
from dataclasses import dataclass
from typing import Any

import httpx

from tests.stack import Stack, wait_for

WAIT_SECONDS = 120.0
CLAIRE = "claire.moreau@sphere.example"


@dataclass(frozen=True)
class Turn:
    """One turn: wall-clock instants of sending and of the whole answer (seconds), and the answer's messages."""

    sent: float
    answered: float
    messages: list[dict[str, Any]]

    @property
    def ms(self) -> float:
        """How long it took."""
        return (self.answered - self.sent) * 1000

    @property
    def text(self) -> str:
        """All that was said."""
        return "\n".join(message["text"] for message in self.messages)

    def button(self, title: str) -> dict[str, Any]:
        """The button whose title contains `title`."""
        buttons = [button for message in self.messages for button in message["buttons"]]
        return next(button for button in buttons if title in button["title"])


class Chat:
    """A conversation through the web chat API."""

    def __init__(self, stack: Stack) -> None:
        self.stack = stack
        self.http = httpx.Client(timeout=WAIT_SECONDS, trust_env=False)
        self.token = str(self.http.post(f"{stack.api}/chat/sessions").raise_for_status().json()["token"])
        self.id = self._conversation_id()

    def _conversation_id(self) -> str:
        """Rasa's name of it, which the outside never sees: from the database."""
        address = hashlib.sha256(self.token.encode()).hexdigest()
        with sqlite3.connect(f"file:{self.stack.data / 'sphere.db'}?mode=ro", uri=True) as database:
            return str(database.execute("SELECT id FROM conversations WHERE address = ?", (address,)).fetchone()[0])

    def say(self, text: str) -> Turn:
        """Type a text."""
        return self._web({"text": text})

    def press(self, button: dict[str, Any]) -> Turn:
        """Press a button of an earlier turn."""
        return self._web({"button": button["token"]})

    def _web(self, content: dict[str, Any]) -> Turn:
        body = {"id": str(uuid.uuid4()), **content}
        return self._post(f"{self.stack.api}/chat/messages?wait=true", self.token, body)

    def _post(self, url: str, token: str, body: dict[str, Any]) -> Turn:
        sent = time.time()
        response = self.http.post(url, json=body, headers={"Authorization": f"Bearer {token}"})
        answered = time.time()
        if response.status_code != httpx.codes.OK:
            raise RuntimeError(f"a turn was answered with status {response.status_code}")
        return Turn(sent, answered, response.json()["messages"])

    def link(self, email: str) -> None:
        """Identify by the code of the mail; through the web chat API, whatever the conversation's later turns take."""
        before = len(self._codes(email))
        self._web({"text": "je veux m'identifier"})
        self._web({"text": email})
        wait_for("the mail with the code", lambda: len(self._codes(email)) > before)
        said = self._web({"text": self._codes(email)[0]}).text
        if "reliée au compte" not in said:
            raise RuntimeError("the chat could not be linked to an account")

    def _codes(self, email: str) -> list[str]:
        """The codes that were sent there, newest first; other mails (« a chat was linked ») may come between two."""
        texts = [mail["text"] for mail in self.stack.mails() if email in mail["to"]]
        return [found[1] for text in texts if (found := re.search(r"\b(\d{6})\b", text))]

    def last_steps(self) -> list[dict[str, Any]]:
        """What Rasa wrote down of the last turn (`DATA/rasa.db`): the user's message, once understood, and what followed, with instants."""
        with sqlite3.connect(f"file:{self.stack.data / 'rasa.db'}?mode=ro", uri=True) as database:
            wanted = "SELECT events FROM trackers WHERE conversation = ? ORDER BY session DESC LIMIT 1"
            (data,) = database.execute(wanted, (self.id,)).fetchone()
        steps: list[dict[str, Any]] = []
        for event in reversed(json.loads(data)):
            steps.insert(0, event)
            if event["event"] == "user":
                break
        return steps

    def close(self) -> None:
        """Close the connection."""
        self.http.close()


class StraightChat(Chat):
    """The same, its turns sent to Rasa's input channel: same conversation id, same token, same bodies as the gateway's."""

    def __init__(self, stack: Stack) -> None:
        super().__init__(stack)
        run = stack.run
        self.rasa_url, self.rasa_token = str(run["rasa"]), str(run["rasa_token"])

    def say(self, text: str) -> Turn:
        """Send a text to be understood."""
        return self._straight({"text": text})

    def press(self, button: dict[str, Any]) -> Turn:
        """Send what a button means."""
        return self._straight({"intent": button["intent"], "entities": button["entities"]})

    def _straight(self, content: dict[str, Any]) -> Turn:
        body = {"conversation": self.id, "turn": uuid.uuid4().hex, **content}
        return self._post(self.rasa_url, self.rasa_token, body)
