"""Those who are no plain users: somebody whom the team answers at the desk, and somebody who is notified in Telegram."""

from __future__ import annotations

import threading
import time
import uuid
from collections.abc import Callable
from typing import Any

import httpx

from tests.conversations.colleague import Colleague, ticket_of
from tests.conversations.talk import CLAIRE
from tests.conversations.telegram import TelegramTalk
from tests.machines.installation import Machines
from tests.machines.ledger import Ledger
from tests.machines.users import AGAIN_SECONDS, PATIENCE_SECONDS, THINK_SECONDS, WebUser
from tests.stack import wait_for

DOSSIER = "SPH-2024-000137"
NOTICE_TYPE = "fr.sphere.message.received"
"""What is told at once, by default."""


class Supported(WebUser):
    """A web chat that somebody of the team has taken: one writes, the other answers, until told to stop."""

    def run(self) -> None:
        """See `User`."""
        try:
            self.come()
            self.write("je veux parler à quelqu'un de l'équipe")
            wait_for("the ticket", lambda: any("SUP-" in text for text in self.answers()), PATIENCE_SECONDS)
            ticket = ticket_of(next(text for text in self.answers() if "SUP-" in text))
            with httpx.Client(base_url=self.machines.api, timeout=60, trust_env=False) as http:
                agent = self._try("sign in", lambda: Colleague(self.machines, http))
                self._try("take", lambda: agent.act(ticket, "take", over="1"))
                count = 0
                while not self.ending.is_set():
                    count += 1
                    self._exchange(agent, ticket, f"{self.number}-{count}")
                    self.ending.wait(THINK_SECONDS)
        except Exception as error:
            self.ledger.broken.append(f"{self.name} at the desk: {type(error).__name__}: {error}")

    def _exchange(self, agent: Colleague, ticket: int, mark: str) -> None:
        said = self.ledger.say(self.name, f"réponse {mark}.")
        self.write(f"question {mark}.")
        self._try("read", lambda: agent.see(ticket, f"question {mark}."))
        self._try("reply", lambda: agent.reply(ticket, said.name, key=f"{ticket}-{mark}"))
        self._wait_answer(said)

    def _try(self, what: str, act: Callable[[], Any]) -> Any:
        """Do something at the desk until it is done, as somebody does who is shown an error."""
        deadline = time.monotonic() + PATIENCE_SECONDS
        while True:
            try:
                return act()
            except (AssertionError, httpx.HTTPError) as error:
                if time.monotonic() > deadline:
                    raise
                self.ledger.error(f"desk: {what}: {type(error).__name__}")
                self.ending.wait(AGAIN_SECONDS)


def claire_in_telegram(machines: Machines) -> TelegramTalk:
    """Return the one chat that Claire is told by."""
    talk = TelegramTalk(machines)
    assert "reliée au compte" in talk.link(CLAIRE)
    return talk


class Notified(threading.Thread):
    """Claire, whose platform says again and again that something happened; she is told in Telegram."""

    def __init__(self, machines: Machines, ledger: Ledger, talk: TelegramTalk) -> None:
        """`talk` is her chat, linked to her account."""
        super().__init__(name="notified", daemon=True)
        self.machines, self.ledger = machines, ledger
        self.ending = threading.Event()
        self.talk = talk
        self.account = machines.fhir(f"Practitioner?telecom={CLAIRE}")["entry"][0]["resource"]["id"]
        self.before = len(self.told())

    def told(self) -> list[dict[str, Any]]:
        """Return the messages with which she was told something."""
        return [message for message in self.talk.seen() if "message a été écrit" in message.get("text", "")]

    def run(self) -> None:
        """Post an event, wait until it is told, post the next one, until `ending` is set."""
        try:
            while not self.ending.is_set():
                event = str(uuid.uuid4())
                self._tell(event)
                self.ending.wait(THINK_SECONDS)
        except Exception as error:
            self.ledger.broken.append(f"{self.name}: {type(error).__name__}: {error}")

    def _tell(self, event: str) -> None:
        before = len({_key(message) for message in self.told()})
        self._post(event)
        self.ledger.events.append(event)
        wait_for("a notification", lambda: len({_key(message) for message in self.told()}) > before, PATIENCE_SECONDS)

    def _post(self, event: str) -> None:
        body = {
            "specversion": "1.0",
            "id": event,
            "source": "urn:sphere:machines",
            "type": NOTICE_TYPE,
            "subject": DOSSIER,
            "data": {"recipients": [self.account]},
        }
        headers = {"Authorization": f"Bearer {self.machines.run['events_token']}", "Content-Type": "application/cloudevents+json"}
        deadline = time.monotonic() + PATIENCE_SECONDS
        while True:
            try:
                answer = httpx.post(self.machines.run["events"], json=body, headers=headers, timeout=60, trust_env=False)
                if answer.status_code < 500:
                    answer.raise_for_status()
                    return
                self.ledger.error(f"events: {answer.status_code}", retry_after="retry-after" in answer.headers or answer.status_code != 503)
            except httpx.TransportError as error:
                self.ledger.error(f"events: {type(error).__name__}")
            assert time.monotonic() < deadline, "an event was refused all the time"
            time.sleep(AGAIN_SECONDS)


def _key(message: dict[str, Any]) -> str:
    """Return what a notification is known by: its buttons, each of them its own."""
    return str(message.get("reply_markup"))
