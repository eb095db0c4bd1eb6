"""A real installation under test: `bot run` on a data folder and a free port, and what tests ask of it."""

from __future__ import annotations

import json
import os
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any, TypeVar

import httpx

ROOT = Path(__file__).resolve().parent.parent
START_SECONDS = 240
PATIENT = {"TURN_SECONDS": "200", "LIMITS": "test"}
"""One address stands for many users. A turn waits for a Rasa that is started again beside other installations, on a machine's two cores."""
Found = TypeVar("Found")


SOON, LATER = 0.02, 0.25
"""Seconds between the first looks, and between those after the first second: who waits long takes little of the machine."""


def wait_for(what: str, look: Callable[[], Found | None], seconds: float = 60) -> Found:
    """The first true answer of `look`; fails, naming `what`, when none came in time."""
    deadline = time.monotonic() + seconds
    pause = SOON
    while True:
        found = look()
        if found:
            return found
        if time.monotonic() > deadline:
            raise AssertionError(f"waited {seconds} s in vain for {what}")
        time.sleep(pause)
        pause = min(pause * 1.2, LATER)


def _client() -> httpx.Client:
    """Lets an idle connection go before the servers do (uvicorn, 5 s), which would close it under a request."""
    return httpx.Client(limits=httpx.Limits(max_connections=200, keepalive_expiry=2), trust_env=False)


class Stack:
    """One installation, from `bot run` to its stop."""

    def __init__(self, data: Path, **environment: str) -> None:
        self.data = data
        self.environment = environment
        self.output = data.parent / "bot-run.log"
        self._child: subprocess.Popen[bytes] | None = None
        self.http = _client()

    def start(self) -> None:
        """Start it and wait for `run.json`."""
        from bot.installation.supervisor import free_port

        self.port = getattr(self, "port", None) or free_port()
        env = {**os.environ, "DATA": str(self.data), "PORT": str(self.port), "PYTHONPATH": str(ROOT), **PATIENT, **self.environment}
        self.data.parent.mkdir(parents=True, exist_ok=True)
        with self.output.open("ab") as output:
            self._child = subprocess.Popen(
                [sys.executable, "-m", "bot.cli", "run"], cwd=ROOT, env=env, stdout=output, stderr=output, start_new_session=True
            )
        wait_for("run.json", self._ready, START_SECONDS)

    def _ready(self) -> bool:
        assert self._child is not None
        if self._child.poll() is not None:
            raise AssertionError(f"bot run ended with {self._child.returncode}:\n{self.output.read_text()[-3000:]}")
        return (self.data / "run.json").exists()

    def stop(self) -> float:
        """SIGTERM, and the seconds until everything was gone."""
        if self._child is None:
            return 0.0
        self.http.close()
        self.http = _client()
        began = time.monotonic()
        self._child.send_signal(signal.SIGTERM)
        self._child.wait(60)
        self._child = None
        return time.monotonic() - began

    @property
    def run(self) -> dict[str, Any]:
        """What run.json says now."""
        said: dict[str, Any] = json.loads((self.data / "run.json").read_text())
        return said

    @property
    def chat_url(self) -> str:
        """The chat page."""
        return str(self.run["chat"])

    @property
    def mailbox_url(self) -> str:
        """The caught e-mails."""
        return str(self.run["mailbox"])

    @property
    def api(self) -> str:
        """Base of the web chat API."""
        return f"http://127.0.0.1:{self.port}"

    def kill(self, name: str) -> int:
        """SIGKILL one process; its former pid."""
        pid = int(self.run["pids"][name])
        os.kill(pid, signal.SIGKILL)
        return pid

    def wait_restarted(self, name: str, former: int) -> None:
        """Wait until the process has another pid and the whole answers again."""
        wait_for(f"{name} to be started again", lambda: self.run["pids"].get(name) != former, START_SECONDS)
        wait_for("health", self.healthy, START_SECONDS)

    def healthy(self) -> bool:
        """Whether /health says that all is well."""
        try:
            return self.http.get(f"{self.api}/health", timeout=5).status_code == 200
        except httpx.HTTPError:
            return False

    def mails(self) -> list[dict[str, Any]]:
        """Caught mails, newest first."""
        found: list[dict[str, Any]] = self.http.get(self.mailbox_url, timeout=60).json()["mails"]
        return found

    def mails_to_come(self) -> int:
        """How many mails are due and were not sent yet."""
        query = "SELECT count(*) FROM outbox WHERE kind = 'mail' AND done_at IS NULL AND (attempts = 0 OR lease_until IS NOT NULL)"
        with closing(sqlite3.connect(self.data / "sphere.db", timeout=60)) as database:
            return int(database.execute(query).fetchone()[0])

    def mail_to(self, address: str, containing: str = "") -> dict[str, Any]:
        """Wait for the newest mail to an address."""

        def look() -> dict[str, Any] | None:
            wanted = (m for m in self.mails() if address in m["to"] and containing in m["subject"] + m["text"])
            return next(wanted, None)

        return wait_for(f"a mail to {address}", look)

    def fhir(self, path: str) -> dict[str, Any]:
        """GET from the sandbox's FHIR server."""
        response = self.http.get(f"{self.run['fhir']}/{path}", headers={"Authorization": f"Bearer {self.run['fhir_token']}"}, timeout=60)
        response.raise_for_status()
        found: dict[str, Any] = response.json()
        return found

    def participants(self, reference: str) -> list[str]:
        """Displays of those who have access to a dossier now."""
        patient = self.fhir(f"Patient?identifier={reference}")["entry"][0]["resource"]["id"]
        team = self.fhir(f"CareTeam?patient=Patient/{patient}&status=active")["entry"][0]["resource"]
        return [p["member"]["display"] for p in team.get("participant", []) if not p.get("period", {}).get("end")]

    def dossier_without(self, name: str) -> str:
        """Reference of a dossier that somebody has no access to now."""
        for team in self.fhir("CareTeam?status=active&_count=50")["entry"]:
            members = [p["member"]["display"] for p in team["resource"]["participant"] if not p.get("period", {}).get("end")]
            if name not in members:
                patient = self.fhir(team["resource"]["subject"]["reference"])
                return next(i["value"] for i in patient["identifier"] if i["value"].startswith("SPH-"))
        raise AssertionError(f"{name} has access to every dossier")

    def fault(self, mode: str) -> None:
        """Make the sandbox's platform slow, down or lying; `none` mends it."""
        base = self.run["fhir"].removesuffix("/fhir")
        token = {"Authorization": f"Bearer {self.run['fhir_token']}"}
        self.http.post(f"{base}/sandbox/faults", json={"mode": mode}, headers=token, timeout=60).raise_for_status()

    def let_silence_pass(self, seconds: float) -> None:
        """Make what was said in every conversation that much older for Rasa, as if nobody had written since."""
        with closing(sqlite3.connect(self.data / "rasa.db", timeout=60)) as trackers, trackers:
            for key, at, data in trackers.execute("SELECT rowid, updated, events FROM trackers").fetchall():
                events = json.dumps([{**event, "timestamp": event["timestamp"] - seconds} for event in json.loads(data)])
                trackers.execute("UPDATE trackers SET updated = ?, events = ? WHERE rowid = ?", (at - seconds, events, key))

    def let_leases_pass(self) -> None:
        """Make what a killed process had in hand free, as it is a minute later."""
        with closing(sqlite3.connect(self.data / "sphere.db", timeout=60)) as database, database:
            database.execute("UPDATE outbox SET lease_until = '2000-01-01 00:00:00.000000' WHERE lease_until IS NOT NULL")

    def turns_of(self, channel: str, address: str) -> list[bool]:
        """The turns of a chat, oldest first: whether each is over."""
        query = (
            "SELECT i.state FROM inbox i JOIN conversations c ON c.id = i.conversation_id"
            " WHERE c.channel = ? AND c.address = ? ORDER BY i.id"
        )
        with closing(sqlite3.connect(self.data / "sphere.db", timeout=60)) as database:
            return [state == "done" for (state,) in database.execute(query, (channel, address))]

    def to_be_pushed(self, channel: str, address: str) -> int:
        """How many things wait to be done in a chat."""
        query = (
            "SELECT count(*) FROM outbox o JOIN conversations c ON c.id = o.conversation_id"
            " WHERE c.channel = ? AND c.address = ? AND o.done_at IS NULL AND o.dead_at IS NULL"
        )
        with closing(sqlite3.connect(self.data / "sphere.db", timeout=60)) as database:
            return int(database.execute(query, (channel, address)).fetchone()[0])

    def cli(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run a `bot` command on this installation."""
        env = {**os.environ, "DATA": str(self.data), "PORT": str(self.port), "PYTHONPATH": str(ROOT), "COLUMNS": "200"}
        return subprocess.run([sys.executable, "-m", "bot.cli", *arguments], cwd=ROOT, env=env, capture_output=True, text=True, timeout=300)
