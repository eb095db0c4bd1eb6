"""An event without identifier that is sent again is not told twice, whichever of two secrets the bot that takes it has as its own."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select

from bot.core.clock import ManualClock
from bot.core.secret import Secret
from bot.notifications.communication_requests import PEOPLE
from bot.notifications.fhir_intake import FhirIntake
from bot.notifications.tables import Event
from tests.databases import fresh_database
from tests.unit.notifications.test_communication_requests import NOW, patient, request

OLD, NEW = "o" * 32, "n" * 32


class Lookup:
    people = PEOPLE

    async def find(self, _subject: Any) -> str:
        return "SPH-2024-000137"


@pytest.mark.parametrize(
    "secrets", [(Secret(OLD), Secret(NEW, OLD)), (Secret(OLD, NEW), Secret(NEW, OLD)), (Secret(NEW, OLD), Secret(OLD, NEW))]
)
async def test_one_that_is_sent_again_is_stored_once(tmp_path: Path, secrets: tuple[Secret, Secret]) -> None:
    lookup: Any = Lookup()
    unnamed = request(identifier=...)
    other = request(identifier=..., contained=[patient(birthDate="1950-01-01")])
    async with fresh_database("sqlite", tmp_path) as database:
        first, second = (FhirIntake(database, ManualClock(NOW), lookup, secret, 10) for secret in secrets)
        for intake in (first, second, second, first):
            taken = await intake.take(unnamed)
            assert (taken.accepted, taken.issues) == (1, [])
        async with database.reading() as session:
            assert await session.scalar(select(func.count()).select_from(Event)) == 1
        await second.take(other)
        await second.take(request())
        async with database.reading() as session:
            assert await session.scalar(select(func.count()).select_from(Event)) == 3
