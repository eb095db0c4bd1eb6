"""Whether the ROR knows a professional, and where: by RPPS, with its token and its headers."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator

import pytest

from bot.core.clock import SystemClock
from bot.core.database import Database
from bot.directory.live.regional import MOST_PLACES, RegionalDirectory, RorPresence, RorUnavailable
from bot.live_directories import LiveDirectories
from tests.unit.directory.live.ror_server import CHAIN, IDNPS, REGIONS, Ror, ror_settings
from tests.unit.sandbox.sandbox_server import serve_app

KNOWN, ELSEWHERE, UNKNOWN = "99700000112", "99700000123", "99700000134"


@pytest.fixture
def ror() -> Ror:
    made = Ror()
    made.add(KNOWN, ("CABINET DU CERISIER", "Consultation de cardiologie"), ("CENTRE HOSPITALIER INVENTE", "Cardiologie"))
    made.add(ELSEWHERE, ("CLINIQUE D’AILLEURS", "Chirurgie"), region="52")
    return made


@pytest.fixture
def ror_url(ror: Ror) -> Iterator[str]:
    with serve_app(ror.app()) as url:
        yield url


@pytest.fixture
async def regional(ror_url: str, database: Database) -> AsyncIterator[RegionalDirectory]:
    async for made in directory_of(ror_url, database):
        yield made


async def directory_of(url: str, database: Database, **settings: str) -> AsyncIterator[RegionalDirectory]:
    """The ROR as a process with these settings asks it."""
    parts = LiveDirectories(ror_settings(url, **settings), database, SystemClock())
    assert parts.regional is not None
    yield parts.regional
    await parts.aclose()


async def test_who_is_known_is_told_with_where(regional: RegionalDirectory) -> None:
    places = ("Cabinet du Cerisier – Consultation de cardiologie", "Centre Hospitalier Invente – Cardiologie")
    assert await regional.presence(KNOWN) == RorPresence(True, places)
    assert await regional.presence("99 700 000 134") == RorPresence(False)


async def test_it_is_asked_by_number_under_its_own_system_and_once(regional: RegionalDirectory, ror: Ror) -> None:
    for _ in range(3):
        await regional.presence(KNOWN)
    assert [kind for kind, _ in ror.asked] == ["Practitioner", "HealthcareService"]
    assert ("identifier", f"{IDNPS}|{KNOWN}") in ror.asked[0][1]
    assert (CHAIN, f"{IDNPS}|{KNOWN}") in ror.asked[1][1]
    assert all(("_count", "200") in parameters for _, parameters in ror.asked)
    assert ror.tokens_given == 1


@pytest.mark.parametrize(("region", "known"), [("52", True), ("24", False)])
async def test_a_region_counts_alone_where_one_is_set(ror_url: str, ror: Ror, database: Database, region: str, known: bool) -> None:
    async for regional in directory_of(ror_url, database, ror_region=region):
        assert (await regional.presence(ELSEWHERE)).known is known
    assert ("_tag", f"{REGIONS}|{region}") in ror.asked[0][1]


async def test_many_offers_come_on_several_pages_and_few_are_shown(regional: RegionalDirectory, ror: Ror) -> None:
    ror.add(KNOWN, *(("HOPITAL INVENTE", f"Offre {number}") for number in range(230)))
    assert len((await regional.presence(KNOWN)).places) == MOST_PLACES
    assert [kind for kind, _ in ror.asked] == ["Practitioner", "HealthcareService", "HealthcareService"]


async def test_where_it_takes_no_chain_it_still_says_who_is_known(regional: RegionalDirectory, ror: Ror) -> None:
    ror.takes_chains = False
    assert await regional.presence(KNOWN) == RorPresence(True)


async def test_a_token_that_is_not_taken_any_more_is_renewed(regional: RegionalDirectory, ror: Ror) -> None:
    await regional.presence(UNKNOWN)
    ror.tokens.clear()
    assert (await regional.presence(KNOWN)).known
    assert ror.tokens_given == 2


@pytest.mark.parametrize("wrong", [{"ror_client_secret": "another"}, {"ror_role_code": "ANOTHER"}])
async def test_whom_it_refuses_learns_nothing(ror_url: str, database: Database, wrong: dict[str, str]) -> None:
    async for regional in directory_of(ror_url, database, **wrong):
        with pytest.raises(RorUnavailable):
            await regional.presence(KNOWN)


async def test_a_ror_that_is_down_is_no_answer_and_is_asked_again(regional: RegionalDirectory, ror: Ror) -> None:
    ror.down = True
    with pytest.raises(RorUnavailable):
        await regional.presence(KNOWN)
    ror.down = False
    assert (await regional.presence(KNOWN)).known


async def test_the_health_report_has_its_line(ror_url: str, ror: Ror, database: Database) -> None:
    parts = LiveDirectories(ror_settings(ror_url), database, SystemClock())
    (name, check), *more = parts.health_checks().items()
    assert (name, more) == ("ror", [])
    assert check is not None
    assert await check()
    ror.down = True
    assert await check()  # remembered
    await parts.aclose()
