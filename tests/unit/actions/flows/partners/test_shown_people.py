"""Which person of a list an answer means; whom the user refused."""

from __future__ import annotations

import pytest

from bot.sandbox.demo_directory import DEMO_PEOPLE
from tests.unit.actions.dialogue import WEB, Dialogue
from tests.unit.harness import CLAIRES_DOSSIER

TOWN = {"city": "Bourges"}


async def list_of_martins(claire: Dialogue) -> None:
    """Let Claire look for Martin, of whom there are four: Paul, Hugues (both physiotherapists), Étienne, and one woman, Nathalie."""
    named = {"partner_name": "Martin", "dossier_ref": CLAIRES_DOSSIER}
    assert "plusieurs personnes" in (await claire.say(f"ajoute Martin au {CLAIRES_DOSSIER}", "add_partner", WEB, **named)).text


@pytest.mark.parametrize(
    ("words", "intent", "entities", "chosen"),
    [
        ("celle de Blois", "choose", {"city": "Blois"}, "Nathalie"),
        ("l'infirmière plutôt", "choose", {"profession": "infirmière"}, "Nathalie"),
        ("c'est elle", "inform", {}, "Nathalie"),
        ("oui c'est elle", "affirm", {}, "Nathalie"),
        ("celle de Nathalie", "choose", {"city": "Nathalie"}, "Nathalie"),
        ("le pharmacien alors", "inform", {"profession": "pharmacien"}, "Étienne"),
        ("celui de la pharmacie de la Loire", "choose", {"organization": "pharmacie de la Loire"}, "Étienne"),
        ("non, celui de Bourges", "deny", TOWN, "Hugues"),
        ("celle de Bourges", "choose", TOWN, "Hugues"),
        ("le martin de bourges en fait", "choose", {"partner_name": "martin", "city": "bourges"}, "Hugues"),
        ("pas Paul, le kiné de Bourges", "deny", {"partner_name": "Paul", "profession": "kiné"}, "Hugues"),
        ("la deuxième en fait", "choose", {"ordinal": "2"}, None),
    ],
)
async def test_the_one_who_fits_is_chosen(claire: Dialogue, words: str, intent: str, entities: dict[str, str], chosen: str | None) -> None:
    await list_of_martins(claire)
    second = claire.slots["partner_choices"][1]
    await claire.say(words, intent, WEB, **entities)
    assert claire.slots["partner"]["key"] == (DEMO_PEOPLE[f"{chosen} Martin"].key if chosen else second)


@pytest.mark.parametrize(
    ("words", "intent", "entities"),
    [
        ("oui", "affirm", {}),
        ("c'est lui", "inform", {}),
        ("le kiné", "inform", {"profession": "kiné"}),
        ("celle de Sandrine", "choose", {"city": "Sandrine"}),
        ("celui de l'annexe", "choose", {}),
        ("c'est elle ?", "inform", {}),
        ("pas Paul", "deny", {"partner_name": "Paul"}),
    ],
)
async def test_where_none_or_several_fit_it_is_asked(claire: Dialogue, words: str, intent: str, entities: dict[str, str]) -> None:
    await list_of_martins(claire)
    answer = await claire.say(words, intent, WEB, **entities)
    assert claire.slots["requested_slot"] == "partner"
    assert claire.slots["partner"] is None
    assert "Personne ne correspond" in answer.titles


async def near_one(claire: Dialogue) -> None:
    """Let Claire look for somebody of whom the directory has one, in another town, who is asked about."""
    named = {"partner_name": "Leroux", "city": "Blois", "dossier_ref": CLAIRES_DOSSIER}
    asked = await claire.say(f"ajoute Leroux de Blois au {CLAIRES_DOSSIER}", "add_partner", WEB, **named)
    assert asked.titles[1:] == ["Autre personne", "Personne ne correspond"]


@pytest.mark.parametrize(
    ("words", "intent"), [("oui c'est elle", "affirm"), ("c'est elle", "inform"), ("oui", "affirm"), ("c'est la bonne", "goodbye")]
)
async def test_a_single_person_is_chosen_by_a_yes(claire: Dialogue, words: str, intent: str) -> None:
    await near_one(claire)
    await claire.say(words, intent, WEB, confidence=0.4 if intent == "goodbye" else 0.95)
    assert claire.slots["partner"]["name"] == "Mme Sophie Leroux"


@pytest.mark.parametrize(
    ("words", "intent"),
    [
        ("oui c'est lui", "affirm"),
        ("ce n'est pas elle", "inform"),
        ("c'est pas elle", "deny"),
        ("non", "deny"),
        ("oui mais attendez", "affirm"),
    ],
)
async def test_a_single_person_is_not_chosen_by_anything_else(claire: Dialogue, words: str, intent: str) -> None:
    await near_one(claire)
    await claire.say(words, intent, WEB)
    assert claire.slots["partner"] is None


@pytest.mark.parametrize("words", ["non, pas elle", "non", "ce n'est pas elle", "aucune"])
async def test_who_was_refused_is_not_offered_again_unless_asked_for(claire: Dialogue, words: str) -> None:
    await near_one(claire)
    await claire.say(words, "deny", WEB)
    again = await claire.say("Leroix", "inform", WEB, partner_name="Leroix")
    assert not any("Leroux" in title for title in again.titles)
    assert claire.slots["partner"] is None
    await claire.say("Sophie Leroux", "inform", WEB, partner_name="Sophie Leroux")
    assert claire.slots["partner"]["name"] == "Mme Sophie Leroux"


async def test_a_refusal_is_of_one_task(claire: Dialogue) -> None:
    await near_one(claire)
    await claire.say("non, pas elle", "deny", WEB)
    await claire.press("cancel", WEB)
    await near_one(claire)


async def test_who_is_ruled_out_leaves_the_others(claire: Dialogue) -> None:
    await list_of_martins(claire)
    asked = await claire.say("non pas Paul ni Nathalie", "deny", WEB, partner_name=("Paul", "Nathalie"))
    assert [any(name in title for title in asked.titles) for name in ("Paul", "Nathalie", "Hugues", "Étienne")] == [
        False,
        False,
        True,
        True,
    ]
