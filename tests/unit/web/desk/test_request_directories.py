"""What the desk shows beside a request of the directories that are asked live: the ROR, and whom the imported list does not have."""

from __future__ import annotations

import html
from collections.abc import Iterator
from pathlib import Path

import pytest

from bot.accounts.directory_record import Fiche
from tests.unit.directory.live.annuaire_server import KEY, Annuaire, organization, practitioner, role
from tests.unit.directory.live.ror_server import CLIENT_ID, CLIENT_SECRET, HEADERS, Ror
from tests.unit.sandbox.sandbox_server import Sandbox, serve_app
from tests.unit.web.desk.running_desk import running_desk
from tests.unit.web.desk.test_account_requests import PAGE, Requests

RPPS = "99900000055"
NEW = {"family": "Nouvelarrivant", "given": "Inès", "profession": "kiné", "city": "Tours", "email": "ines@cabinet.example"}


@pytest.fixture
def ror() -> Ror:
    return Ror()


@pytest.fixture
def annuaire() -> Annuaire:
    made = Annuaire()
    made.add(practitioner(RPPS, "NOUVELARRIVANT", "INES", profession="70"), role(RPPS, "org"))
    made.add(organization("org", "CABINET DU CERISIER", "TOURS", "37000"))
    return made


@pytest.fixture
def ror_variables(ror: Ror) -> Iterator[dict[str, str]]:
    names = dict(zip(HEADERS, ("ROR_PROFILE_CODE", "ROR_PROFILE_SYSTEM", "ROR_ROLE_CODE", "ROR_ROLE_SYSTEM"), strict=True))
    with serve_app(ror.app()) as url:
        access = {"ROR_URL": f"{url}/ws", "ROR_TOKEN_URL": f"{url}/token", "ROR_CLIENT_ID": CLIENT_ID, "ROR_CLIENT_SECRET": CLIENT_SECRET}
        yield access | {names[header]: value for header, value in HEADERS.items()}


@pytest.fixture
def annuaire_variables(annuaire: Annuaire) -> Iterator[dict[str, str]]:
    with serve_app(annuaire.app()) as url:
        yield {"ANNUAIRE_SANTE_URL": f"{url}/fhir/v2", "ANNUAIRE_SANTE_KEY": KEY, "ANNUAIRE_SANTE_REFRESH_HOURS": "0"}


async def page_of(fiche: dict[str, str], folder: Path, sandbox: Sandbox, directory: Path, **variables: str) -> str:
    """The text of the page of a request for this person."""
    (folder / "directory").symlink_to(directory)
    async with running_desk(folder, PLATFORM_URL=sandbox.fhir, PLATFORM_TOKEN=sandbox.token, **variables) as desk:
        made = Requests(desk, sandbox)
        try:
            await made.ask(Fiche.of(fiche))
            return html.unescape((await (await desk.agent_browser()).open(PAGE)).text).replace("\u00a0", " ")
        finally:
            await made.fhir.aclose()


async def test_whom_the_ror_knows_and_where(
    tmp_path: Path, sandbox: Sandbox, directory: Path, ror: Ror, ror_variables: dict[str, str]
) -> None:
    ror.add(RPPS, ("CABINET DU CERISIER", "Consultation"), ("CENTRE INVENTE", "Rééducation"))
    page = await page_of(NEW | {"rpps": RPPS}, tmp_path, sandbox, directory, **ror_variables)
    assert "Connu du ROR : <strong>oui</strong>, Cabinet du Cerisier – Consultation ; Centre Invente – Rééducation." in page


@pytest.mark.parametrize(
    ("rpps", "down", "said"),
    [
        (RPPS, False, "Connu du ROR : <strong>non</strong>."),
        (RPPS, True, "Connu du ROR : on ne sait pas, il ne répond pas pour le moment."),
        ("", False, "Connu du ROR : on ne sait pas, la fiche ne donne pas de RPPS."),
    ],
)
async def test_what_the_ror_does_not_say(
    tmp_path: Path, sandbox: Sandbox, directory: Path, ror: Ror, ror_variables: dict[str, str], rpps: str, down: bool, said: str
) -> None:
    ror.down = down
    assert said in await page_of(NEW | {"rpps": rpps}, tmp_path, sandbox, directory, **ror_variables)


async def test_without_a_ror_the_page_does_not_speak_of_one(tmp_path: Path, sandbox: Sandbox, directory: Path) -> None:
    page = await page_of(NEW | {"rpps": RPPS}, tmp_path, sandbox, directory)
    assert "ROR" not in page
    assert "annuaire national" not in page
    assert "Personne dans l’annuaire ne porte ce nom ni ce numéro." in page


async def test_whom_only_the_national_directory_has(
    tmp_path: Path, sandbox: Sandbox, directory: Path, annuaire_variables: dict[str, str]
) -> None:
    page = await page_of(NEW, tmp_path, sandbox, directory, **annuaire_variables)
    assert "Annuaire : Mme Ines Nouvelarrivant" in page
    assert "CABINET DU CERISIER" in page


async def test_a_national_directory_that_is_down_is_told(
    tmp_path: Path, sandbox: Sandbox, directory: Path, annuaire: Annuaire, annuaire_variables: dict[str, str]
) -> None:
    annuaire.down = True
    page = await page_of(NEW, tmp_path, sandbox, directory, **annuaire_variables)
    assert "L’annuaire national ne répond pas pour le moment : seule notre copie de l’annuaire a été regardée." in page


async def test_the_health_report_tells_of_both(
    tmp_path: Path, sandbox: Sandbox, ror: Ror, ror_variables: dict[str, str], annuaire_variables: dict[str, str]
) -> None:
    ror.down = True
    variables = ror_variables | annuaire_variables
    async with running_desk(tmp_path, PLATFORM_URL=sandbox.fhir, PLATFORM_TOKEN=sandbox.token, **variables) as desk:
        report = (await desk.browser().open("/health")).json()
    assert (report["annuaire_sante"], report["ror"]) == ("ok", "down")
