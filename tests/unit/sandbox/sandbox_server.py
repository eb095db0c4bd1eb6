"""A real sandbox on free loopback ports, and a client of it, for the tests of whatever speaks to it."""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import httpx
import uvicorn
from starlette.types import ASGIApp

from bot.sandbox.fhir.event_publisher import events_of_change
from bot.sandbox.fhir.seed import demo_resources
from bot.sandbox.fhir.store import Store
from bot.sandbox.server import create_app

TOKEN = "sandbox-token"
EVENTS_TOKEN = "events-token"
UNREACHABLE_URL = "http://127.0.0.1:9/events"


def listening_socket() -> socket.socket:
    """Return a socket that listens on a free port: a client that connects before the server runs only waits."""
    listener = socket.create_server(("127.0.0.1", 0), backlog=256)
    listener.set_inheritable(True)
    return listener


@contextmanager
def serve_app(app: ASGIApp) -> Iterator[str]:
    """Serve `app` from a thread with its own loop, and yield its URL."""
    listener = listening_socket()
    server = uvicorn.Server(uvicorn.Config(app, log_level="error", access_log=False, timeout_graceful_shutdown=1))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
    thread.start()
    try:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    finally:
        server.should_exit = True
        thread.join()
        listener.close()


class Sandbox:
    """Client of a running sandbox, which speaks to it as an outside client does."""

    def __init__(self, url: str, app: Any) -> None:
        self.url = url
        self.fhir = f"{url}/fhir"
        self.token = TOKEN
        self.http = httpx.Client(headers={"Authorization": f"Bearer {TOKEN}"}, timeout=60, trust_env=False)
        self.http.get(f"{self.fhir}/metadata").raise_for_status()
        self.smtp_port: int = app.state.smtp_port

    def get(self, path: str, **params: str) -> httpx.Response:
        """Read a path below the FHIR base."""
        return self.http.get(f"{self.fhir}/{path}", params=params or None)

    def post(self, kind: str, body: Any, **headers: str) -> httpx.Response:
        """Create a resource."""
        content = json.dumps(body).encode()
        return self.http.post(f"{self.fhir}/{kind}", content=content, headers={"Content-Type": "application/fhir+json"} | headers)

    def put(self, body: Any, **headers: str) -> httpx.Response:
        """Update a resource."""
        return self.http.put(f"{self.fhir}/{body['resourceType']}/{body['id']}", json=body, headers=headers)

    def found(self, kind: str, **params: str) -> list[dict[str, Any]]:
        """Return the resources that a search finds."""
        response = self.get(kind, **params)
        assert response.status_code == 200, response.text
        return [entry["resource"] for entry in response.json().get("entry", [])]

    def practitioner(self, email: str) -> dict[str, Any]:
        """Return the account with that e-mail address."""
        return self.found("Practitioner", email=email)[0]

    def team_of(self, reference: str) -> dict[str, Any]:
        """Return the active CareTeam of a dossier."""
        (patient,) = self.found("Patient", identifier=reference)
        (team,) = self.found("CareTeam", patient=f"Patient/{patient['id']}", status="active")
        return team

    def members(self, reference: str) -> list[str]:
        """Return who takes part in a dossier's care team, in order: of a PractitionerRole the Practitioner behind it."""
        return [self.person_of(member) for member in self.seats(reference)]

    def seats(self, reference: str) -> list[str]:
        """Return the references of the active participants of a dossier's care team, in order, as they are written."""
        present = [p for p in self.team_of(reference)["participant"] if "end" not in p["period"]]
        return [participant["member"]["reference"] for participant in present]

    def person_of(self, member: str) -> str:
        """Return the reference of the Practitioner that a member is, directly or behind a PractitionerRole."""
        return str(self.get(member).json()["practitioner"]["reference"]) if member.startswith("PractitionerRole/") else member

    def fault(self, mode: str, **limits: Any) -> None:
        """Make the platform misbehave."""
        self.http.post(f"{self.url}/sandbox/faults", json={"mode": mode, **limits}).raise_for_status()


@cache
def _seeded_store() -> bytes:
    """The file of a fresh sandbox: others begin with a copy of it."""
    with TemporaryDirectory() as folder:
        store = Store(Path(folder) / "sandbox.db", events_of_change)
        store.seed(demo_resources())
        store.close()
        return (Path(folder) / "sandbox.db").read_bytes()


def seeded(data_dir: Path) -> None:
    """Make the folder of a fresh sandbox, unless it is there."""
    data_dir.mkdir(parents=True, exist_ok=True)
    if not (file := data_dir / "sandbox.db").exists():
        file.write_bytes(_seeded_store())


@contextmanager
def running_sandbox(data_dir: Path, events_url: str = UNREACHABLE_URL) -> Iterator[Sandbox]:
    """Run a sandbox over `data_dir`, fresh where that is empty, and yield a client of it."""
    seeded(data_dir)
    app = create_app(data_dir, TOKEN, events_url, EVENTS_TOKEN, smtp_port=0)
    with serve_app(app) as url:
        sandbox = Sandbox(url, app)
        try:
            yield sandbox
        finally:
            sandbox.http.close()
