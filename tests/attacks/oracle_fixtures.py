"""People who try to learn whether somebody has a dossier, and a member beside them, over a real platform and database."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from sqlalchemy import select

from bot.core.audit import AuditEvent
from bot.core.clock import ManualClock
from bot.directory import Directory, import_file
from bot.dossiers.probing import ProbeLimits
from bot.fhir.client import FhirClient
from bot.sandbox.demo_directory import write_demo_file
from tests.databases import fresh_database
from tests.unit.actions.dialogue import Answer, Dialogue
from tests.unit.harness import CLAIRE, KARIM, PATIENCE, START, Harness, Network
from tests.unit.sandbox.sandbox_server import Sandbox, running_sandbox

CHANNELS: dict[str, dict[str, Any]] = {
    "web": {"channel": "web", "home": "web", "trusted": True},
    "telegram": {"channel": "telegram", "home": "telegram", "trusted": False},
    "teams": {"channel": "teams", "home": "teams", "trusted": False},
}
LIMITS = ProbeLimits(refused=3, created=2, searched=3)
"""Limits that a test reaches soon."""


class RecordingNetwork(Network):
    """The network to the platform, which remembers what was asked of it: method and path of each request."""

    def __init__(self) -> None:
        super().__init__()
        self.asked: list[tuple[str, str]] = []

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        self.asked.append((request.method, request.url.path))
        return await super().handle_async_request(request)

    def take(self) -> list[tuple[str, str]]:
        """Return what was asked since the last time, in no particular order."""
        asked, self.asked = sorted(self.asked), []
        return asked


class Probing:
    """A process, and conversations of people with it."""

    def __init__(self, harness: Harness, directory: Directory, limits: ProbeLimits | None = None) -> None:
        self.world, self.directory = harness, directory
        self.line = RecordingNetwork()
        harness.network = self.line
        harness.fhir = FhirClient(harness.sandbox.fhir, harness.sandbox.token, timeout=PATIENCE, transport=self.line)
        harness.directory = directory
        if limits is not None:
            harness.probe_limits = limits
        self.dossiers, self.duplicates = harness.dossiers, harness.duplicates

    async def chat(self, email: str = KARIM, name: str = "chat") -> Dialogue:
        """Return a conversation that is linked to this person."""
        await self.world.link(name, email)
        self.line.take()
        return Dialogue(self.world, name)

    async def trail(self, **wanted: str) -> list[AuditEvent]:
        """Return the events of the audit trail with these values."""
        async with self.world.database.reading() as session:
            found = [*await session.scalars(select(AuditEvent).order_by(AuditEvent.id))]
        return [event for event in found if all(getattr(event, name) == value for name, value in wanted.items())]


def shape(answer: Answer, dialogue: Dialogue, reference: str) -> tuple[str, dict[str, Any], str | None]:
    """Return all that a person sees and all that the dialogue remembers, without the reference that was asked for."""
    slots = {name: value for name, value in dialogue.slots.items() if value is not None}
    return answer.all.replace(reference, "<ref>"), _without(slots, reference, dialogue.id), dialogue.form


def _without(value: Any, *words: str) -> Any:
    if isinstance(value, dict):
        return {name: _without(inner, *words) for name, inner in value.items()}
    if isinstance(value, list):
        return [_without(inner, *words) for inner in value]
    if isinstance(value, str):
        for word in words:
            value = value.replace(word, "<>")
    return value


@pytest.fixture(scope="session")
def directory(tmp_path_factory: pytest.TempPathFactory) -> Directory:
    """A directory of 500 people."""
    folder = tmp_path_factory.mktemp("directory")
    write_demo_file(folder / "demo.txt", people=500)
    import_file(folder / "demo.txt", folder / "index")
    return Directory(folder / "index")


@pytest.fixture
def sandbox(tmp_path: Path) -> Iterator[Sandbox]:
    """The embedded platform."""
    (tmp_path / "sandbox").mkdir()
    with running_sandbox(tmp_path / "sandbox") as running:
        yield running


@pytest.fixture
def database_kind() -> str:
    """The kind of database; tests parametrise it where it matters."""
    return "sqlite"


@pytest.fixture
def limits() -> ProbeLimits | None:
    """The limits of probing; tests parametrise them where they are reached."""
    return None


@pytest.fixture
async def probing(
    tmp_path: Path, sandbox: Sandbox, directory: Directory, database_kind: str, limits: ProbeLimits | None
) -> AsyncIterator[Probing]:
    """An installation."""
    async with fresh_database(database_kind, tmp_path) as database:
        process = Harness(database, sandbox, ManualClock(START))
        try:
            yield Probing(process, directory, limits)
        finally:
            await process.fhir.aclose()


__all__ = [
    "CHANNELS",
    "CLAIRE",
    "KARIM",
    "LIMITS",
    "Probing",
    "database_kind",
    "directory",
    "limits",
    "probing",
    "sandbox",
    "shape",
]
