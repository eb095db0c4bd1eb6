"""Somebody whom only the Annuaire Santé has: found, added and asked for as anybody; where it does not answer, that is said."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from typing import Any

import pytest

from bot.core.clock import SystemClock
from bot.live_directories import LiveDirectories
from bot.settings import Settings
from tests.unit.actions.dialogue import WEB, Dialogue, an_act
from tests.unit.directory.live.annuaire_server import KEY, Annuaire, organization, practitioner, role
from tests.unit.harness import CLAIRES_DOSSIER, Harness
from tests.unit.sandbox.sandbox_server import serve_app

INES = "99900000055"
LOCAL_ONLY = "Je n’ai pu regarder que notre copie de l’annuaire"


@pytest.fixture
def annuaire() -> Annuaire:
    made = Annuaire()
    made.add(practitioner(INES, "NOUVELARRIVANT", "INES", profession="70"), role(INES, "org"))
    made.add(organization("org", "CABINET DU CERISIER", "TOURS", "37000"))
    return made


@pytest.fixture
def annuaire_url(annuaire: Annuaire) -> Iterator[str]:
    with serve_app(annuaire.app()) as url:
        yield f"{url}/fhir/v2"


@pytest.fixture
async def asking(claire: Dialogue, harness: Harness, annuaire_url: str) -> AsyncIterator[Dialogue]:
    """Claire's conversation, in an installation that asks the Annuaire Santé."""
    settings = Settings(secret="s" * 32, annuaire_sante_url=annuaire_url, annuaire_sante_key=KEY, annuaire_sante_seconds=20)
    harness.live_directories = LiveDirectories(settings, harness.database, SystemClock())
    yield claire
    await harness.live_directories.aclose()


@pytest.mark.parametrize(
    ("words", "entities"),
    [
        ("tu connais Inès Nouvelarrivant ?", {"partner_name": "Inès Nouvelarrivant"}),
        ("cherche nouvelarrivant kiné à Tours", {"partner_name": "nouvelarrivant", "profession": "kiné", "city": "Tours"}),
        ("qui a le RPPS 99900000055", {"rpps": INES}),
    ],
)
async def test_who_is_found_live_is_shown_as_anybody(asking: Dialogue, words: str, entities: dict[str, str]) -> None:
    found = await asking.say(words, "find_professional", WEB, **entities)
    assert "Mme Ines Nouvelarrivant – Masseur-Kinésithérapeute – CABINET DU CERISIER, Tours" in found.text
    assert f"RPPS {INES}" in found.text
    assert "+ Mme Ines Nouvelarrivant" in found.titles
    assert LOCAL_ONLY not in found.text


async def test_who_is_found_live_may_be_added(asking: Dialogue) -> None:
    words = f"ajoute Inès Nouvelarrivant au dossier {CLAIRES_DOSSIER}"
    card = await asking.say(words, "add_partner", WEB, partner_name="Inès Nouvelarrivant", dossier_ref=CLAIRES_DOSSIER)
    assert "Mme Ines Nouvelarrivant – Masseur-Kinésithérapeute" in card.text
    partner = asking.slots["partner"]
    assert (partner["key"], partner["account"]) == (f"8{INES}", None)
    assert asking.slots["partner_email"] == "ines.nouvelarrivant@invente.mssante.fr"


async def test_the_button_of_who_was_found_works_in_another_process(asking: Dialogue, harness: Harness, annuaire_url: str) -> None:
    settings = Settings(secret="s" * 32, annuaire_sante_url=annuaire_url, annuaire_sante_key=KEY, annuaire_sante_seconds=20)
    await harness.live_directories.aclose()
    harness.live_directories = LiveDirectories(settings, harness.database, SystemClock())  # remembers nothing
    await asking.press("add_partner", WEB, choice=f"8{INES}", dossier_ref=CLAIRES_DOSSIER)
    assert asking.slots["partner"]["name"] == "Mme Ines Nouvelarrivant"


async def test_whom_the_imported_list_has_is_not_asked_for(asking: Dialogue, annuaire: Annuaire) -> None:
    for name in ("Paul Martin", "Benali", "Leroux Sophie"):
        await asking.say(f"tu connais {name} ?", "find_professional", WEB, partner_name=name)
    await asking.say("un cardiologue à Tours", "find_professional", WEB, profession="cardiologue", city="Tours")
    assert annuaire.asked == []


@pytest.mark.parametrize("name", ["Inès Nouvelarrivant", "Personnefictive", "Zwartkowski"])
async def test_where_it_does_not_answer_that_is_said(asking: Dialogue, annuaire: Annuaire, name: str) -> None:
    annuaire.down = True
    found = await asking.say(f"tu connais {name} ?", "find_professional", WEB, partner_name=name)
    assert LOCAL_ONLY in found.text
    assert "Je ne trouve personne dans l’annuaire" in found.text
    adding = await asking.say(
        f"ajoute {name} au dossier {CLAIRES_DOSSIER}", "add_partner", WEB, partner_name=name, dossier_ref=CLAIRES_DOSSIER
    )
    assert LOCAL_ONLY in adding.text
    assert "Je ne trouve pas" in adding.text


def additions(*names: str) -> dict[str, Any]:
    """An addition of several people as one act."""
    text = f"ajoute {' et '.join(names)} au {CLAIRES_DOSSIER}"
    people = [{"entity": "partner_name", "value": name, "start": text.find(name), "end": text.find(name) + len(name)} for name in names]
    act = an_act(text, "add_partner", dossier_ref=CLAIRES_DOSSIER)
    return {**act, "entities": [*people, *act["entities"]]}


@pytest.mark.parametrize("down", [False, True])
async def test_a_team_card_has_who_is_found_live_or_says_where_was_looked(asking: Dialogue, annuaire: Annuaire, down: bool) -> None:
    annuaire.down = down
    act = additions("Paul Martin", "Inès Nouvelarrivant")
    card = await asking.ask(act["text"], act, metadata=WEB)
    assert "Paul Martin" in card.text
    assert ("Mme Ines Nouvelarrivant" in card.text) is not down
    assert (LOCAL_ONLY in card.text) is down


@pytest.mark.parametrize("name", ["Personnefictive", "Zwartkowski"])
async def test_who_is_nowhere_is_told_plainly(asking: Dialogue, name: str) -> None:
    found = await asking.say(f"tu connais {name} ?", "find_professional", WEB, partner_name=name)
    assert LOCAL_ONLY not in found.text
    assert "Je ne trouve personne dans l’annuaire" in found.text


async def test_where_it_is_not_configured_nothing_is_said_of_it(claire: Dialogue) -> None:
    found = await claire.say("tu connais Zwartkowski ?", "find_professional", WEB, partner_name="Zwartkowski")
    assert LOCAL_ONLY not in found.text
    assert "Je ne trouve personne dans l’annuaire" in found.text


@pytest.mark.parametrize("name", ["Jeanne Durand", "DURAND Jeanne", "jeanne durand"])
async def test_the_name_of_an_usager_does_not_leave(asking: Dialogue, annuaire: Annuaire, name: str) -> None:
    found = await asking.say(f"tu connais {name} ?", "find_professional", WEB, partner_name=name)
    assert annuaire.asked == []
    assert LOCAL_ONLY not in found.text


async def test_who_shares_a_family_name_with_an_usager_is_looked_up(asking: Dialogue, annuaire: Annuaire) -> None:
    annuaire.add(practitioner("99900000066", "DURAND", "OPHELIE-MAUD"), role("99900000066", "org"))
    name = "Ophélie-Maud Durand"
    found = await asking.say(f"tu connais {name} ?", "find_professional", WEB, partner_name=name)
    assert "Mme Ophelie-Maud Durand" in found.text
