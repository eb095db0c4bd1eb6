"""What users do, by the services that the dialogue calls, over whatever platform the settings name."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import date, timedelta
from pathlib import Path
from typing import Any, TypeVar

import pytest

from bot.accounts.creation import Creation
from bot.accounts.directory_record import Fiche
from bot.container import Container
from bot.core.clock import ManualClock
from bot.core.database import Database
from bot.dossiers.dossiers import Usager
from bot.dossiers.partners import NotAMember, Outcome, Pending
from bot.fhir.errors import FhirUnavailable
from bot.settings import Settings
from tests.databases import fresh_database
from tests.unit.harness import CLAIRE, CLAIRES_DOSSIER, SETTINGS, START, Harness

T = TypeVar("T")
PAUL = "paul.martin@sphere.example"
LEILA = Fiche.of(
    {
        "civility": "Dr", "family": "Zérane", "given": "Leïla", "profession": "cardiologue", "rpps": "10001234567",
        "organization": "CHRU de Tours", "city": "Tours", "email": "leila.zerane@cabinet.example", "phone": "02 47 47 47 47",
    }
)  # fmt: skip
CHAT: dict[str, Any] = {"channel": "web", "conversation_id": "chat"}
TRIES = 12


class Process(Harness):
    """One process of the product over a platform: everything as the settings have it, its client included."""

    def __init__(self, database: Database, **settings: Any) -> None:
        own = Settings(secret=SETTINGS.secret, support_email=SETTINGS.support_email, **settings)
        Container.__init__(self, own, ManualClock(START), database)

    async def done(self, act: Callable[[], Awaitable[T]]) -> T:
        """Do an act, which has a key of its own; where the platform does not answer now, as the workers do: again later."""
        for _ in range(TRIES):
            try:
                return await act()
            except (Pending, FhirUnavailable):
                self.clock.advance(timedelta(hours=1))
                await self.operations.run_due()
        return await act()

    async def team(self, reference: str = CLAIRES_DOSSIER) -> dict[str | None, str]:
        """Names of who has access to a dossier, with how each is referred to."""
        claire = await self.done(lambda: self.account(CLAIRE))
        return {partner.display: partner.reference for partner in await self.done(lambda: self.partners.list(reference, claire))}


@asynccontextmanager
async def process_over(folder: Path, **settings: Any) -> AsyncIterator[Process]:
    """Run a process with a database of its own."""
    async with fresh_database("sqlite", folder) as database:
        process = Process(database, **settings)
        try:
            yield process
        finally:
            await process.fhir.aclose()


async def all_flows(process: Process) -> None:
    """Do everything once: partners, dossiers, an account, and what is taken back."""
    await read_dossiers(process)
    await change_partners(process)
    await open_a_dossier(process)
    await make_an_account(process)


async def read_dossiers(process: Process) -> None:
    """My dossiers; who is in the team."""
    claire = await process.done(lambda: process.account(CLAIRE))
    own = await process.done(lambda: process.dossiers.of_member(claire))
    assert {dossier.reference for dossier in own} == {CLAIRES_DOSSIER, "SPH-2024-000142", "SPH-2025-000018"}
    (found,) = await process.done(lambda: process.dossiers.search(claire, name="Durant"))
    assert (found.reference, found.usager.born) == (CLAIRES_DOSSIER, "1948-03-12")
    team = await process.team()
    assert len(team) == 3
    assert "Claire Moreau" in team


async def change_partners(process: Process) -> None:
    """Add, add again, remove, take that back, leave."""
    claire, paul = [await process.done(lambda email=email: process.account(email)) for email in (CLAIRE, PAUL)]  # type: ignore[misc]
    partners = process.partners

    async def add(key: str) -> Outcome:
        return await process.done(lambda: partners.add(CLAIRES_DOSSIER, claire, paul, basis="consent_given", key=key, **CHAT))

    async def remove(key: str, *, by: Any = claire) -> Outcome:
        member = (await process.team())["Paul Martin"]
        return await process.done(lambda: partners.remove(CLAIRES_DOSSIER, by, member, key=key, **CHAT))

    assert await add("add") is Outcome.ADDED
    assert await add("add") is Outcome.ADDED
    assert await add("add again") is Outcome.ALREADY
    assert len(await process.team()) == 4
    assert await remove("remove") is Outcome.REMOVED
    assert "Paul Martin" not in await process.team()
    restored = await process.done(lambda: process.restorations.restore("remove", claire, key="undo", **CHAT))
    assert restored is Outcome.RESTORED
    assert await remove("leave", by=paul) is Outcome.REMOVED
    assert len(await process.team()) == 3
    with pytest.raises(NotAMember):
        await process.done(lambda: partners.list(CLAIRES_DOSSIER, paul))


async def open_a_dossier(process: Process) -> None:
    """Open a dossier, once, and find it among one's own."""
    claire = await process.done(lambda: process.account(CLAIRE))
    usager = Usager("Vasseur", "Odile", date(1951, 6, 4), sex="female")
    opened = [await process.done(lambda: process.dossiers.create(usager, claire, "open", **CHAT)) for _ in range(2)]
    assert opened[0].reference == opened[1].reference
    own = await process.done(lambda: process.dossiers.of_member(claire))
    assert [one.usager.family for one in own if one.reference == opened[0].reference] == ["Vasseur"]
    assert list(await process.team(opened[0].reference)) == ["Claire Moreau"]


async def make_an_account(process: Process) -> None:
    """Ask for an account, make it, and find it with the access that it was asked for."""
    claire = await process.done(lambda: process.account(CLAIRE))

    async def ask() -> Any:
        return await process.account_requests.submit(
            LEILA, requester=claire, conversation_id="chat", dossier=CLAIRES_DOSSIER, basis="consent_given", key="ask"
        )

    asked = await process.done(ask)

    async def make() -> Creation:
        return await process.account_requests.create(asked.reference)

    creation = await process.done(make)
    for _ in range(TRIES):
        if await process.account_requests.finish_created() == 0:
            break
        process.clock.advance(timedelta(hours=1))
    assert creation.reference == asked.reference
    account = await process.done(lambda: process.account(LEILA.email))
    assert (account.name, account.rpps) == ("Leïla Zérane", LEILA.rpps)
    assert "Leïla Zérane" in await process.team()
