"""What a search is for, and the matches of the directory that are taken without asking."""

from __future__ import annotations

import pytest

from actions.flows.directory.search import is_certain_match, other_readings
from bot.sandbox.demo_directory import DEMO_PEOPLE
from tests.unit.actions.dialogue import WEB, Dialogue
from tests.unit.harness import CLAIRES_DOSSIER


def test_a_certain_match() -> None:
    sophie = DEMO_PEOPLE["Sophie Leroux"]
    for criteria in ({"name": "leroux"}, {"name": "Leroix Sophie"}, {"name": "Lereix", "place": "Châteauroux"}, {"rpps": sophie.rpps}):
        assert is_certain_match(sophie, criteria)
    assert not is_certain_match(sophie, {"name": "Lereix"})


@pytest.mark.parametrize(
    ("organization", "place"), [("de Vierzon", True), ("Vierzon", True), ("cabinet de Vierzon", False), ("EHPAD de Vierzon", False)]
)
def test_a_structure_without_a_word_for_one_may_be_a_place(organization: str, place: bool) -> None:
    readings = other_readings({"name": "Martin", "organization": organization})
    assert ({"name": "Martin", "place": organization} in readings) is place


async def test_who_is_of_a_place_that_was_taken_for_a_structure_is_found(claire: Dialogue) -> None:
    words = f"c'est Paul Martin (Vierzon) qui me remplace, {CLAIRES_DOSSIER}"
    named = {"partner_name": "Paul Martin", "organization": "Vierzon", "dossier_ref": CLAIRES_DOSSIER}
    assert "Cabinet de kinésithérapie du Cher" in (await claire.say(words, "add_partner", WEB, **named)).text
    found = await claire.say("un kiné vers Vierzon", "find_professional", WEB, profession="kiné", organization="vers Vierzon")
    assert "Paul Martin" in found.text
    assert "Personne ne correspond" not in found.text


@pytest.mark.parametrize(
    ("words", "entities"),
    [
        ("je suis infirmière à Tours, Paul Martin de Vierzon me remplace", {"profession": "infirmière", "city": ("Tours", "Vierzon")}),
        ("Paul Martin me remplace, je suis pharmacien libéral à Blois", {"profession": "pharmacien", "city": "Blois"}),
        ("j'exerce à l'EHPAD des Lilas, mettez Paul Martin", {"organization": "EHPAD des Lilas"}),
    ],
)
async def test_facts_of_the_speaker_are_not_the_professional_s(
    claire: Dialogue, words: str, entities: dict[str, str | tuple[str, ...]]
) -> None:
    card = await claire.say(
        f"{words}, {CLAIRES_DOSSIER}", "add_partner", WEB, partner_name="Paul Martin", dossier_ref=CLAIRES_DOSSIER, **entities
    )
    assert "M. Paul Martin – Masseur-Kinésithérapeute" in card.text
    assert "Personne ne correspond" not in card.text


async def test_facts_beside_who_replaces_the_speaker_are_theirs(claire: Dialogue) -> None:
    words = f"je suis remplacée par Martin, infirmière à Blois, {CLAIRES_DOSSIER}"
    named = {"partner_name": "Martin", "profession": "infirmière", "city": "Blois", "dossier_ref": CLAIRES_DOSSIER}
    assert "Nathalie Martin" in (await claire.say(words, "add_partner", WEB, **named)).text


@pytest.mark.parametrize(
    ("words", "entities"),
    [
        ("martin le pharmacien", {"partner_name": "martin le", "profession": "pharmacien"}),
        ("nathalie infirmiere", {"partner_name": "nathalie", "profession": "infirmiere"}),
        ("Mme Martin, l'ide de Blois", {"partner_name": "Martin", "profession": "ide", "city": "Blois"}),
        ("paul kiné", {"partner_name": "paul", "profession": "kiné"}),
    ],
)
async def test_a_name_with_what_the_person_is_answers_the_question_who(claire: Dialogue, words: str, entities: dict[str, str]) -> None:
    await claire.press("add_partner", WEB, dossier_ref=CLAIRES_DOSSIER)
    await claire.say(words, "inform", WEB, **entities)
    people = claire.slots["partner"] or claire.slots["partner_choices"]
    assert people
