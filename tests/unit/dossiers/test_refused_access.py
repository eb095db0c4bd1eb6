"""Tokens that end, or are refused, while dossiers are read and changed: nothing fails, nothing is lost."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import select

from bot.container import Container
from bot.core.clock import ManualClock, SystemClock
from bot.core.database import Database
from bot.dossiers.partners import Outcome, Pending
from bot.fhir.operations import DONE, PENDING, Operation
from bot.platform_access import platform_client
from bot.settings import Settings
from tests.databases import fresh_database
from tests.unit.fhir.gateway import CLIENT, SCOPE, SECRET, Gateway, running_gateway
from tests.unit.harness import START
from tests.unit.sandbox.sandbox_server import Sandbox

REF, OTHER = "SPH-2024-000137", "SPH-2024-000142"
BASIS = "consent_given"


@pytest.fixture
def behind(tmp_path: Path) -> Iterator[tuple[Gateway, Sandbox]]:
    with running_gateway(tmp_path / "sandbox") as running:
        yield running


def process(database: Database, sandbox: Sandbox, clock: ManualClock | None = None) -> Container:
    """A process that knows the platform by client credentials; operations go by `clock`, tokens by the machine's."""
    settings = Settings(
        secret="s" * 32,
        platform_url=sandbox.fhir,
        platform_token_url=f"{sandbox.url}/token",
        platform_client_id=CLIENT,
        platform_client_secret=SECRET,
        platform_scope=SCOPE,
        platform_timeout_seconds=60,
    )
    parts = Container(settings, clock, database)
    if clock is not None:
        parts.fhir = platform_client(settings, SystemClock(), None)
    return parts


@pytest.fixture
async def database(tmp_path: Path) -> AsyncIterator[Database]:
    async with fresh_database("sqlite", tmp_path) as made:
        yield made


async def operations(database: Database) -> dict[str, str]:
    async with database.reading() as session:
        return {row.key: row.state for row in await session.scalars(select(Operation))}


async def test_a_token_that_ends_in_the_middle_of_two_hundred_turns(behind: tuple[Gateway, Sandbox], database: Database) -> None:
    gateway, sandbox = behind
    processes = [process(database, sandbox) for _ in range(4)]
    claire = await processes[0].registry.by_email("claire.moreau@sphere.example")
    assert claire is not None
    done = 0

    async def turn(number: int) -> int:
        nonlocal done
        found = await processes[number % 4].partners.list(REF if number % 2 else OTHER, claire)
        done += 1
        if done in (40, 90, 150):  # the gateway ends tokens long before they said
            gateway.end_tokens()
        return len(found)

    rooms = asyncio.Semaphore(12)

    async def one(number: int) -> int:
        async with rooms:
            return await turn(number)

    answers = await asyncio.gather(*(one(number) for number in range(200)))
    assert len(set(answers[0::2])) == len(set(answers[1::2])) == 1
    assert min(answers) >= 1
    assert {status for *_, status in gateway.asked} == {200, 401}
    assert gateway.token_requests <= 4  # one for each token that ended, for four processes
    for parts in processes:
        await parts.fhir.aclose()


async def test_writes_survive_the_end_of_a_token(behind: tuple[Gateway, Sandbox], database: Database) -> None:
    gateway, sandbox = behind
    parts = process(database, sandbox)
    claire = await parts.registry.by_email("claire.moreau@sphere.example")
    people = [await parts.registry.by_email(f"{name}@sphere.example") for name in ("paul.martin", "karim.benali", "sophie.leroux")]
    assert claire is not None
    assert all(people)
    gateway.life = 0.4

    async def add(number: int, person: object) -> Outcome:
        gateway.end_tokens()
        return await parts.partners.add(REF, claire, person, basis=BASIS, channel="web", key=f"k{number}")  # type: ignore[arg-type]

    outcomes = [await add(number, person) for number, person in enumerate(people)]
    assert set(outcomes) <= {Outcome.ADDED, Outcome.ALREADY}
    assert set((await operations(database)).values()) == {DONE}
    members = sandbox.members(REF)
    assert all(members.count(f"Practitioner/{person.id}") <= 1 for person in people if person)
    await parts.fhir.aclose()


@pytest.mark.parametrize("refuses", ["refuses_client", "refuses_tokens"])
async def test_what_waits_for_a_refused_access_goes_on_once_it_is_mended(
    behind: tuple[Gateway, Sandbox], database: Database, refuses: str
) -> None:
    gateway, sandbox = behind
    clock = ManualClock(START)
    parts = process(database, sandbox, clock)
    claire = await parts.registry.by_email("claire.moreau@sphere.example")
    paul = await parts.registry.by_email("paul.martin@sphere.example")
    assert claire is not None
    assert paul is not None
    team = sandbox.team_of(REF)
    gateway.end_tokens()
    setattr(gateway, refuses, True)
    with pytest.raises(Pending):
        await parts.partners.add(REF, claire, paul, basis=BASIS, channel="web", key="k1", conversation_id="chat")
    for _ in range(30):  # two days: the four hours of a platform that is away are long over
        clock.advance(timedelta(hours=1.6))
        assert await parts.operations.run_due() == 0
    assert sandbox.team_of(REF) == team
    assert await operations(database) == {"k1": PENDING}
    setattr(gateway, refuses, False)
    parts.fhir._sender._auth._refusal = None  # type: ignore[union-attr] # its pause of some seconds is over
    clock.advance(timedelta(minutes=3))
    assert await parts.operations.run_due() == 1
    assert await operations(database) == {"k1": DONE}
    await parts.fhir.aclose()


async def test_a_platform_that_stumbles_right_after_has_its_own_four_hours(behind: tuple[Gateway, Sandbox], database: Database) -> None:
    gateway, sandbox = behind
    clock = ManualClock(START)
    parts = process(database, sandbox, clock)
    claire = await parts.registry.by_email("claire.moreau@sphere.example")
    paul = await parts.registry.by_email("paul.martin@sphere.example")
    assert claire is not None
    assert paul is not None
    gateway.refuses_tokens = True
    with pytest.raises(Pending):
        await parts.partners.add(REF, claire, paul, basis=BASIS, channel="web", key="k1", conversation_id="chat")
    clock.advance(timedelta(days=2))
    assert await parts.operations.run_due() == 0
    gateway.refuses_tokens = False
    sandbox.fault("down")
    clock.advance(timedelta(minutes=3))
    assert await parts.operations.run_due() == 0
    assert await operations(database) == {"k1": PENDING}
    sandbox.fault("none")
    clock.advance(timedelta(minutes=30))
    assert await parts.operations.run_due() == 1
    assert await operations(database) == {"k1": DONE}
    await parts.fhir.aclose()
