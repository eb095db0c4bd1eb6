"""Which dossier a message names."""

from __future__ import annotations

import pytest

from tests.unit.actions.dialogue import WEB, Dialogue
from tests.unit.actions.external_channel import MASKED, gives_link
from tests.unit.harness import CLAIRES_DOSSIER, CLAIRES_OTHER


async def test_on_an_external_channel_an_usager_names_no_dossier(claire: Dialogue) -> None:
    words = "ajoute Leïla Benali au dossier de Mme [usager]"
    asked = await claire.say(words, "add_partner", partner_name="Leïla Benali", **MASKED)
    assert "je ne les nomme pas ici" in asked.text
    assert gives_link(asked)
    assert {CLAIRES_DOSSIER, CLAIRES_OTHER} <= set(asked.titles)
    again = await claire.say("celui de [usager]", "find_dossier", **MASKED)
    assert gives_link(again)
    assert claire.form == "add_partner_form"
    there = await claire.press("repeat", WEB, continued="1")
    assert any("Jeanne Durand" in title for title in there.titles)
    assert "Benali" in (await claire.say("Mme Durand", "inform", WEB, usager_name="Durand")).text


async def test_a_reference_with_an_usager_who_has_another_dossier(claire: Dialogue) -> None:
    answer = await claire.say(f"{CLAIRES_DOSSIER} de Garnier", "list_partners", WEB, dossier_ref=CLAIRES_DOSSIER, usager_name="Garnier")
    assert "Plusieurs dossiers correspondent" in answer.text
    listed = await claire.say("le 2", "choose", WEB, ordinal="2")
    assert "Partenaires du dossier" in listed.text


@pytest.mark.parametrize("days", ["du 12 au 18 janvier", "à partir du 14 décembre", "entre le 20 et le 22 décembre", "du 21 au 28"])
async def test_days_are_no_numbers_of_dossiers(claire: Dialogue, days: str) -> None:
    words = f"je serai absente {days}, ma remplaçante est Hugues Martin de Bourges, dossier 137"
    named = {"partner_name": "Hugues Martin", "city": "Bourges", "dossier_ref": "137"}
    card = await claire.say(words, "add_partner", WEB, **named)
    assert CLAIRES_DOSSIER in card.text
    assert "Aucun de vos dossiers" not in card.text


async def test_a_number_beside_a_reference_is_a_dossier_s(claire: Dialogue) -> None:
    await claire.say("ajoute Hugues Martin de Bourges au 137", "add_partner", WEB, partner_name="Hugues Martin", dossier_ref="137")
    await claire.say("non pas le 137, le 142", "correct", WEB, dossier_ref="137")
    assert claire.slots["dossier"] == CLAIRES_OTHER


@pytest.mark.parametrize(
    ("words", "name"),
    [("ben Jeanne, je viens de le dire", "ben Jeanne"), ("celui de Mme Durand voilà", "Mme Durand voilà"), ("bah Durand", "bah Durand")],
)
async def test_a_name_among_words_of_a_talk_names_the_dossier(claire: Dialogue, words: str, name: str) -> None:
    await claire.say("qui est dans l’équipe du dossier ?", "add_partner", WEB)
    answer = await claire.say(words, "inform", WEB, usager_name=name)
    assert "aucun dossier" not in answer.text
    assert claire.slots["dossier"] == CLAIRES_DOSSIER


async def test_a_name_of_nobody_names_no_dossier(claire: Dialogue) -> None:
    await claire.press("add_partner", WEB)
    assert "aucun dossier" in (await claire.say("ben Perrin", "inform", WEB, usager_name="ben Perrin")).text
