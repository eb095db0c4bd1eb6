"""Users who write to the assistant all the time, by each channel, and go on whatever happens: as browsers, Telegram and Teams do."""

from __future__ import annotations

import json
import threading
import time
import uuid
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator
from typing import Any

import httpx

from bot.sandbox.teams.control_client import ControlClient
from tests.machines.installation import Machines
from tests.machines.ledger import Ledger, Said
from tests.stack import wait_for

PATIENCE_SECONDS = 240.0
"""How long a user waits for an answer, at the most."""
AGAIN_SECONDS = 0.5
"""How soon a client tries again that was not told when."""
RETRIES = 20
"""How often Teams posts what gets no answer."""
THINK_SECONDS = 0.3
"""How long a user reads an answer: the machines are used, not flooded."""
_SYLLABLES = ("zor", "blax", "kwi", "vud", "xam", "jub", "fyp", "gwo", "quz", "ryx")


def name_of(user: int, number: int) -> str:
    """Return a name that nobody has, of a user's message of that number, both below 1,000."""
    digits = f"{user:02d}{number:03d}"
    return "".join(_SYLLABLES[int(digit)] for digit in digits).capitalize()


class User(threading.Thread, ABC):
    """Writes, waits for the answer, writes again, until told to stop."""

    channel: str
    at_once = 1
    """How many messages are written before the first answer is waited for, every other time."""

    def __init__(self, machines: Machines, ledger: Ledger, number: int) -> None:
        super().__init__(name=f"{self.channel}-{number}", daemon=True)
        self.machines, self.ledger, self.number = machines, ledger, number
        self.ending = threading.Event()
        self.address = ""
        """How the installation knows the chat."""

    def run(self) -> None:
        """Talk until `ending` is set and everything is answered."""
        try:
            self.come()
            count = 0
            while not self.ending.is_set():
                said = []
                for _ in range(self.at_once if count % 2 else 1):
                    count += 1
                    name = name_of(self.number, count)
                    said.append(self.ledger.say(self.name, name))
                    self.write(f"tu connais le docteur {name} à Tours ?")
                for one in said:
                    self._wait_answer(one)
                self.ending.wait(THINK_SECONDS)
        except Exception as error:
            self.ledger.broken.append(f"{self.name}: {type(error).__name__}: {error}")

    def _wait_answer(self, said: Said) -> None:
        def look() -> bool:
            return any(said.name in text for text in self.answers())

        wait_for(f"{self.name}: the answer about {said.name}", look, PATIENCE_SECONDS)
        said.answered_at = time.monotonic()

    @abstractmethod
    def come(self) -> None:
        """Open the chat."""

    @abstractmethod
    def write(self, text: str) -> None:
        """Send a message; on return the installation has it."""

    @abstractmethod
    def answers(self) -> list[str]:
        """Return the assistant's messages, as the user sees them, oldest first."""

    def close(self) -> None:
        """Put the client away."""

    def insist(self, what: str, send: Callable[[], httpx.Response]) -> httpx.Response:
        """Send a request until it is taken, as a client does that has been told to come again later."""
        deadline = time.monotonic() + PATIENCE_SECONDS
        while True:
            pause = AGAIN_SECONDS
            try:
                answer = send()
            except httpx.HTTPError as error:
                self.ledger.error(f"{self.channel}: {type(error).__name__}")
            else:
                if answer.status_code < 500:
                    return answer.raise_for_status()
                after = answer.headers.get("retry-after")
                missing = answer.status_code == 503 and after is None
                self.ledger.error(f"{self.channel}: {answer.status_code}", retry_after=not missing)
                pause = min(float(after or pause), 5.0)
            assert time.monotonic() < deadline, f"{self.name}: {what} was refused for {PATIENCE_SECONDS} s"
            self.ending.wait(pause) if not self.ending.is_set() else time.sleep(pause)


class WebUser(User):
    """A page of the web chat: it posts, and reads the stream of events, which it opens again from where it was."""

    channel = "web"
    at_once = 3

    def come(self) -> None:
        """See `User`."""
        self._http = httpx.Client(base_url=self.machines.api, timeout=httpx.Timeout(120, connect=10), trust_env=False)
        token = self.insist("a session", lambda: self._http.post("/chat/sessions")).json()["token"]
        self._http.headers["Authorization"] = f"Bearer {token}"
        self.seen: list[dict[str, Any]] = []
        """What the page was shown, in that order."""
        threading.Thread(target=self._follow, daemon=True).start()

    def write(self, text: str) -> None:
        """See `User`."""
        body = {"id": str(uuid.uuid4()), "text": text}
        self.insist("a message", lambda: self._http.post("/chat/messages", json=body))

    def answers(self) -> list[str]:
        """See `User`."""
        return [message["text"] for message in self.seen if message["author"] != "user"]

    def history(self) -> list[dict[str, Any]]:
        """Return the whole transcript, as a page that is opened anew shows it."""
        found: list[dict[str, Any]] = self.insist("the history", lambda: self._http.get("/chat/messages")).json()["messages"]
        return found

    def _follow(self) -> None:
        while not self._http.is_closed:
            try:
                for message in self._stream():
                    self.seen.append(message)
            except (httpx.HTTPError, RuntimeError):  # lost, or closed at the end
                self.ending.wait(AGAIN_SECONDS)

    def _stream(self) -> Iterator[dict[str, Any]]:
        after = {"Last-Event-ID": self.seen[-1]["id"]} if self.seen else {}
        alive = httpx.Timeout(40, connect=10)  # a sign of life comes every 15 seconds
        with self._http.stream("GET", "/chat/events", headers=after, timeout=alive) as answer:
            answer.raise_for_status()
            kind = ""
            for line in answer.iter_lines():
                name, _, value = line.partition(": ")
                if name == "event":
                    kind = value
                elif name == "data" and kind == "message":
                    yield json.loads(value)

    def close(self) -> None:
        """Close the page."""
        self._http.close()


class TelegramUser(User):
    """A private chat of Telegram, whose servers post each message until the webhook takes it."""

    channel = "telegram"

    def come(self) -> None:
        """See `User`."""
        self.id = 7000 + self.number
        self.address = str(self.id)
        self._fake = httpx.Client(base_url=f"{self.machines.run['telegram']}/fake", timeout=60, trust_env=False)
        self._fake.post("/chats", json={"id": self.id, "name": self.name}).raise_for_status()

    def write(self, text: str) -> None:
        """See `User`; it is answered before the next one is written, so that their order is known."""
        self._fake.post(f"/chats/{self.id}/say", json={"text": text}).raise_for_status()

    def close(self) -> None:
        """See `User`."""
        self._fake.close()

    def messages(self) -> list[dict[str, Any]]:
        """Return the bot's messages in the chat."""
        found = self._fake.get(f"/chats/{self.id}/messages").raise_for_status().json()["messages"]
        return [message for message in found if message["from"]["is_bot"] and not message.get("deleted")]

    def answers(self) -> list[str]:
        """See `User`."""
        return [str(message.get("text", "")) for message in self.messages()]


class TeamsUser(User):
    """A personal chat of Teams, which posts a message again where it gets no answer."""

    channel = "teams"
    at_once = 2

    def come(self) -> None:
        """See `User`."""
        self._control = ControlClient(str(self.machines.run["teams"]))
        self._control.configure(retries=RETRIES)
        self._user = self._control.add_user(self.name)
        self._user.install()
        self._texts: dict[str, tuple[int, str]] = {}
        self._change = 0

    def write(self, text: str) -> None:
        """See `User`; what Teams gave up is sent again by its user."""
        post = self._user.send(text)["posts"][-1]
        deadline = time.monotonic() + PATIENCE_SECONDS
        while post["status"] is None or post["status"] >= 500:
            self.ledger.error(f"teams: {post['status'] or post['error']}")
            assert time.monotonic() < deadline, f"{self.name}: a message was refused for {PATIENCE_SECONDS} s"
            post = self._control.replay(post["number"])
        assert post["status"] < 300, post["status"]

    def close(self) -> None:
        """See `User`."""
        self._control.close()

    def answers(self) -> list[str]:
        """See `User`."""
        return [text for _, text in self.numbered()]

    def numbered(self) -> list[tuple[int, str]]:
        """Return the bot's messages with their ids, which are milliseconds since 1970."""
        for message in self._control.messages(self._user.chat, self._change, bot=True, person=self._user.id):
            self._change = max(self._change, message.change)
            self._texts[message.id] = (int(message.id), message.text)
        return sorted(self._texts.values())
