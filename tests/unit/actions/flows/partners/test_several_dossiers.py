"""One wish for several dossiers, and « pareil »: the same person and dates for each, one card after the other."""

from __future__ import annotations

import pytest

from tests.unit.actions.dialogue import TELEGRAM, WEB, Answer, Dialogue
from tests.unit.harness import CLAIRES_DOSSIER, CLAIRES_OTHER

PAUL = {"partner_name": "Paul Martin", "city": "Vierzon"}
DATES = "du 21 décembre au 3 janvier"
SAME_TEAM = {"basis": "care_team_informed"}


async def add_to_first(claire: Dialogue, words: str = "oui même équipe", dates: str = DATES) -> Answer:
    """Add Paul Martin to Mrs Durand's dossier, and answer its card."""
    asked = f"ajoute Paul Martin de Vierzon au dossier {CLAIRES_DOSSIER} {dates}"
    await claire.say(asked, "add_partner", WEB, dossier_ref=CLAIRES_DOSSIER, **PAUL)
    return await claire.say(words, "affirm", WEB)


def members(claire: Dialogue) -> list[str]:
    """The dossiers to which the conversation added somebody."""
    return [act["dossier"] for act in claire.slots.get("last_acts") or []]


@pytest.mark.parametrize("words", ["sur les trois dossiers", "sur mes 3 dossiers", "sur tous mes dossiers", "sur Durand et Garnier"])
async def test_each_dossier_has_a_card_in_turn(claire: Dialogue, words: str) -> None:
    card = await claire.say(f"ajoute Paul Martin de Vierzon {words} {DATES}", "add_partner", WEB, **PAUL)
    assert "Il restera ensuite" in card.text
    meant = [claire.slots["dossier"], *claire.slots["more_dossiers"]]
    assert {CLAIRES_DOSSIER, CLAIRES_OTHER} <= set(meant)
    assert len(meant) == (2 if "Durand" in words else 3)
    for reference in meant[1:]:
        card = await claire.press("affirm", WEB, **SAME_TEAM)
        assert f"Ensuite, le dossier {reference}" in card.text
        assert "Paul Martin" in card.texts[-1]
        assert "21 décembre, jusqu’au 3 janvier" in card.texts[-1]
        assert len([title for title in card.titles if title.startswith("Oui")]) == 2
    await claire.press("affirm", WEB, **SAME_TEAM)
    assert members(claire) == meant
    assert claire.form is None


async def test_the_number_works_on_an_external_channel(claire: Dialogue) -> None:
    card = await claire.say("ajoute Paul Martin de Vierzon sur mes trois dossiers", "add_partner", TELEGRAM, **PAUL)
    assert "Il restera ensuite" in card.text
    assert "Garnier" not in card.all
    assert "Durand" not in card.all


async def test_another_number_is_no_guess(claire: Dialogue) -> None:
    answer = await claire.say("ajoute Paul Martin de Vierzon sur les quatre dossiers", "add_partner", WEB, **PAUL)
    assert "Il y a 3 dossiers possibles" in answer.text
    assert "De quel dossier" in answer.text
    card = await claire.say("durand et garnier tt les 2", "nlu_fallback", WEB, 0.4, partner_name=("durand", "garnier"))
    assert "Paul Martin" in card.text
    assert "Il restera ensuite" in card.text


async def test_the_first_card_s_no_leaves_the_others(claire: Dialogue) -> None:
    await claire.say("ajoute Paul Martin de Vierzon sur les trois dossiers", "add_partner", WEB, **PAUL)
    first = claire.slots["dossier"]
    card = await claire.say("non", "deny", WEB)
    assert claire.slots["dossier"] != first
    assert "Paul Martin" in card.text
    await claire.say("annuler", "cancel", WEB)
    assert members(claire) == []


async def test_dates_corrected_on_one_card_go_for_the_next(claire: Dialogue) -> None:
    await claire.say(f"ajoute Paul Martin de Vierzon sur les trois dossiers {DATES}", "add_partner", WEB, **PAUL)
    await claire.say("oui mais jusqu'au 5 janvier", "affirm", WEB)
    card = await claire.press("affirm", WEB, **SAME_TEAM)
    assert "jusqu’au 5 janvier" in card.texts[-1]


async def test_where_the_person_is_already_is_passed_over(claire: Dialogue) -> None:
    await add_to_first(claire)
    card = await claire.say("ajoute Paul Martin de Vierzon sur les trois dossiers", "add_partner", WEB, **PAUL)
    assert "Paul Martin" in card.texts[-1]
    await claire.press("affirm", WEB, **SAME_TEAM)
    answer = await claire.press("affirm", WEB, **SAME_TEAM)
    assert f"au dossier {CLAIRES_DOSSIER}" in answer.text
    assert claire.form is None
    assert len(members(claire)) == len(set(members(claire))) == 3


@pytest.mark.parametrize(
    ("words", "entities"),
    [
        ("La même chose pour M. Garnier", {"usager_name": "Garnier"}),
        ("pareil pour Garnier", {"partner_name": "Garnier"}),
        ("l'autre dossier idem : Garnier", {}),
        ("les autres pareil", {}),
    ],
)
async def test_the_same_again_fills_what_is_left_open(claire: Dialogue, words: str, entities: dict[str, str]) -> None:
    await add_to_first(claire)
    intent = "add_partner" if not entities and "autres" not in words else "nlu_fallback"
    card = await claire.say(words, intent, WEB, 0.5, **entities)
    assert f"Comme pour le dossier {CLAIRES_DOSSIER}" in card.text
    assert "autres" in words or "Garnier" in card.texts[-1]
    assert "21 décembre, jusqu’au 3 janvier" in card.texts[-1]
    assert card.titles[0] == "Oui\u00a0: même équipe de soins, usager informé"
    second = claire.slots["dossier"]
    await claire.say("oui", "affirm", WEB)
    assert members(claire) == [CLAIRES_DOSSIER, second]


async def test_without_a_last_act_the_same_dates_are_asked_for(claire: Dialogue) -> None:
    words = f"Paul Martin de Vierzon au dossier {CLAIRES_DOSSIER} mêmes dates"
    answer = await claire.say(words, "add_partner", WEB, dossier_ref=CLAIRES_DOSSIER, **PAUL)
    assert "De quel jour à quel jour" in answer.text
    assert not answer.titles
    answer = await claire.say("oui", "affirm", WEB)
    assert "De quel jour à quel jour" in answer.text
    assert members(claire) == []
    card = await claire.say(DATES, "mute_notifications", WEB)
    assert "21 décembre, jusqu’au 3 janvier" in card.text
    await claire.press("affirm", WEB, **SAME_TEAM)
    assert members(claire) == [CLAIRES_DOSSIER]


async def test_the_same_dates_are_those_of_the_last_act(claire: Dialogue) -> None:
    await add_to_first(claire)
    words = f"Hugues Martin de Bourges au dossier {CLAIRES_OTHER} mêmes dates"
    named = {"partner_name": "Hugues Martin", "city": "Bourges", "dossier_ref": CLAIRES_OTHER}
    card = await claire.say(words, "add_partner", WEB, **named)
    assert "Hugues Martin" in card.texts[-1]
    assert "21 décembre, jusqu’au 3 janvier" in card.texts[-1]


async def test_of_an_act_that_was_taken_back_nothing_is_the_same(claire: Dialogue) -> None:
    await add_to_first(claire)
    claire.slots["last_acts"] = [{**act, "undone": "chat:t9"} for act in claire.slots["last_acts"]]
    answer = await claire.say("pareil pour Garnier", "nlu_fallback", WEB, 0.5, partner_name="Garnier")
    assert claire.form is None
    assert "Paul Martin" not in answer.text


@pytest.mark.parametrize(
    "words",
    [
        "Oui c'est la même équipe. Et ensuite les autres pareil, le même, mêmes dates",
        "oui même équipe, et pareil pour M. Garnier",
        "oui, même équipe, idem sur Garnier",
    ],
)
async def test_a_yes_with_more_is_a_yes_and_the_others_follow(claire: Dialogue, words: str) -> None:
    card = await add_to_first(claire, words)
    assert members(claire) == [CLAIRES_DOSSIER]
    second = claire.slots["dossier"]
    assert f"Ensuite, le dossier {second}" in card.text
    assert "21 décembre, jusqu’au 3 janvier" in card.texts[-1]
    await claire.say("oui", "affirm", WEB)
    assert members(claire) == [CLAIRES_DOSSIER, second]


@pytest.mark.parametrize(
    "words",
    [
        "Oui, et pareil pour M. Garnier, enfin non attendez",
        "oui même équipe, pareil pour M. Garnier, mais seulement jusqu’au 2 janvier",
        "oui même équipe, et les autres pareil si sa fille est d’accord",
    ],
)
async def test_a_reservation_after_the_others_holds_the_yes_back(claire: Dialogue, words: str) -> None:
    answer = await add_to_first(claire, words)
    assert members(claire) == []
    assert "Je n’ai rien fait" in answer.text


async def test_dates_that_the_card_has_do_not_hold_the_yes_back(claire: Dialogue) -> None:
    answer = await add_to_first(claire, f"oui même équipe, et pareil pour M. Garnier, {DATES}")
    assert "Je n’ai rien fait" not in answer.text
    assert members(claire) == [CLAIRES_DOSSIER]


async def test_more_without_a_yes_gives_nothing_yet(claire: Dialogue) -> None:
    card = await add_to_first(claire, "pareil pour M. Garnier")
    assert members(claire) == []
    assert "Il restera ensuite" in card.text
    assert CLAIRES_DOSSIER in card.texts[-1]


async def test_a_removal_from_several_dossiers(claire: Dialogue) -> None:
    await claire.say("ajoute Paul Martin de Vierzon sur Durand et Garnier", "add_partner", WEB, **PAUL)
    await claire.press("affirm", WEB, **SAME_TEAM)
    await claire.press("affirm", WEB, **SAME_TEAM)
    card = await claire.say("retire Paul Martin de tous mes dossiers", "remove_partner", WEB, partner_name="Paul Martin")
    assert f"Seul le référent du dossier {CLAIRES_OTHER}" in card.text
    assert claire.slots["dossier"] == CLAIRES_DOSSIER
    assert "n’a plus accès" in (await claire.say("oui", "affirm", WEB)).text
    assert claire.form is None
