"""An Annuaire Santé on loopback, and the parts of a process that is set to it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

import bot.migrations.tables  # noqa: F401 - declares every table
from bot.core.clock import SystemClock
from bot.core.database import Database
from bot.live_directories import LiveDirectories
from bot.settings import Settings
from tests.databases import every_database, fresh_database
from tests.unit.directory.live.annuaire_server import KEY, Annuaire, organization, practitioner, role
from tests.unit.sandbox.sandbox_server import serve_app

__all__ = ["every_database"]
ZOE, BRUNO, GOFF, HERMISSANGE = "99900000011", "99900000022", "99900000033", "99900000077"
"""RPPS of invented people whom the demo directory does not have."""


@pytest.fixture
def annuaire() -> Annuaire:
    """Three people whom no imported list has."""
    made = Annuaire()
    made.add(
        practitioner(ZOE, "ZWARTKOWSKI", "ZOE"),
        role(ZOE, "org-tours"),
        practitioner(BRUNO, "QUINTRELLE", "BRUNO", profession="10", skill="SM04", civility="M"),
        role(BRUNO, "org-blois", mode="S"),
        role(BRUNO, "org-tours", number=2, active=False),
        practitioner(GOFF, "LE GOFFRINEC", "ANNE-LAURE", profession="70"),
        role(GOFF, "org-blois"),
        practitioner(HERMISSANGE, "D'HERMISSANGE", "ODILE"),
        organization("org-tours", "CABINET DU CERISIER", "TOURS", "37000"),
        organization("org-blois", "CENTRE HOSPITALIER INVENTE", "BLOIS CEDEX", "41000", finess="410000099"),
    )
    return made


@pytest.fixture
def annuaire_url(annuaire: Annuaire) -> Iterator[str]:
    """Its FHIR base."""
    with serve_app(annuaire.app()) as url:
        yield f"{url}/fhir/v2"


@pytest.fixture
async def database(tmp_path: Path) -> AsyncIterator[Database]:
    """A database of the newest schema."""
    async with fresh_database("sqlite", tmp_path) as made:
        yield made


@pytest.fixture
async def live(annuaire_url: str, database: Database, tmp_path: Path) -> AsyncIterator[LiveDirectories]:
    """The live directories of a process that is set to this server."""
    settings = Settings(secret="s" * 32, data=tmp_path, annuaire_sante_url=annuaire_url, annuaire_sante_key=KEY, annuaire_sante_seconds=20)
    made = LiveDirectories(settings, database, SystemClock())
    yield made
    await made.aclose()
