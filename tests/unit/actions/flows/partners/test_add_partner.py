"""Adding a partner: facts in another order than they are asked for, several at once, corrected, contradicting each other."""

from __future__ import annotations

import pytest

from bot.sandbox.demo_directory import DEMO_PEOPLE
from tests.unit.actions.dialogue import TELEGRAM, WEB, Dialogue, an_act
from tests.unit.harness import CLAIRES_DOSSIER, CLAIRES_OTHER

HUGUES = {"partner_name": "Hugues Martin", "city": "Bourges"}


async def test_a_bare_name_is_the_usager_whose_dossier_was_asked_for(claire: Dialogue) -> None:
    await claire.say("ajoute Hugues Martin de Bourges", "add_partner", WEB, **HUGUES)
    card = await claire.say("Garnier", "inform", WEB, partner_name="Garnier")
    assert CLAIRES_OTHER in card.text
    assert "Hugues Martin" in card.text


async def test_a_bare_name_of_no_usager_is_the_professional(claire: Dialogue) -> None:
    await claire.press("add_partner", WEB)
    assert "De quel dossier" in (await claire.say("Hugues Martin", "inform", WEB, partner_name="Hugues Martin")).text
    assert "Hugues Martin" in (await claire.say(CLAIRES_DOSSIER, "inform", WEB, dossier_ref=CLAIRES_DOSSIER)).text


async def test_a_title_or_a_town_makes_a_name_a_professional_s(claire: Dialogue) -> None:
    await claire.press("add_partner", WEB)
    assert "De quel dossier" in (await claire.say("le Dr Garnier", "inform", WEB, partner_name="Garnier")).text
    assert claire.slots["partner_query"] == {"name": "Garnier"}


async def test_a_bare_name_on_an_external_channel_looks_for_no_usager(claire: Dialogue) -> None:
    await claire.say("ajoute Hugues Martin de Bourges", "add_partner", TELEGRAM, **HUGUES)
    answer = await claire.say("Garnier", "inform", TELEGRAM, partner_name="Garnier")
    assert "je ne les nomme pas ici" in answer.text
    assert claire.slots.get("dossier") is None
    assert claire.slots["partner"]["name"] == "M. Hugues Martin"


async def test_what_is_given_in_advance_is_kept(claire: Dialogue) -> None:
    await claire.press("add_partner", WEB)
    assert "C’est noté" in (await claire.say("l'usager est d'accord", "inform", WEB)).text
    assert "C’est noté" in (await claire.say("son mail est e.martin@pharmacie.example", "inform", WEB)).text
    await claire.say(CLAIRES_DOSSIER, "inform", WEB, dossier_ref=CLAIRES_DOSSIER)
    card = await claire.say("Étienne Martin d'Orléans", "inform", WEB, partner_name="Étienne Martin", city="Orléans")
    assert "e.martin@pharmacie.example" in card.text
    assert card.titles[:2] == ["Oui\u00a0: accord de l’usager recueilli", "Oui\u00a0: même équipe de soins, usager informé"]


async def test_a_denied_value_is_replaced_and_the_rest_stays(claire: Dialogue) -> None:
    await claire.say(f"ajoute Hugues Martin de Bourges au {CLAIRES_DOSSIER}", "add_partner", WEB, dossier_ref=CLAIRES_DOSSIER, **HUGUES)
    card = await claire.say("pas Hugues, Nathalie", "inform", WEB, partner_name=("Hugues", "Nathalie"))
    assert "Nathalie Martin" in card.text or any("Nathalie Martin" in title for title in card.titles)
    words = f"{CLAIRES_OTHER}, pas {CLAIRES_DOSSIER}"
    await claire.say(words, "correct", WEB, dossier_ref=(CLAIRES_OTHER, CLAIRES_DOSSIER))
    assert claire.slots["dossier"] == CLAIRES_OTHER


async def test_an_address_is_that_of_the_person_it_was_given_for(claire: Dialogue) -> None:
    words = f"ajoute Martin d'Orléans au {CLAIRES_DOSSIER}, etienne@pharmacie.example"
    entities = {"partner_name": "Martin", "city": "Orléans", "email": "etienne@pharmacie.example"}
    card = await claire.say(words, "add_partner", WEB, dossier_ref=CLAIRES_DOSSIER, **entities)
    assert "etienne@pharmacie.example" in card.text
    card = await claire.say("non, Blois", "correct", WEB, city="Blois")
    assert "Nathalie Martin" in card.text
    assert "etienne@pharmacie.example" not in card.text
    card = await claire.say("non, Orléans, e.martin@loire.example", "correct", WEB, city="Orléans", email="e.martin@loire.example")
    assert "Étienne" in card.text
    assert "e.martin@loire.example" in card.text


async def test_a_yes_that_denies_something_confirms_nothing(claire: Dialogue) -> None:
    words = f"ajoute Hugues Martin de Bourges au {CLAIRES_DOSSIER}, l'usager est d'accord"
    await claire.say(words, "add_partner", WEB, dossier_ref=CLAIRES_DOSSIER, **HUGUES)
    answer = await claire.say("oui mais pas Hugues", "affirm", WEB, partner_name="Hugues")
    assert "Que faut-il corriger" in answer.text
    assert claire.form == "add_partner_form"
    assert claire.slots.get("basis") is None


def test_the_people_of_these_conversations_are_in_the_directory() -> None:
    assert {"Hugues Martin", "Nathalie Martin", "Étienne Martin"} <= DEMO_PEOPLE.keys()


async def test_the_usager_told_of_is_not_the_professional(claire: Dialogue) -> None:
    words = f"M. Garnier débute sa rééducation avec Paul Martin de Vierzon, {CLAIRES_OTHER}"
    named = {"partner_name": ("Garnier", "Paul Martin"), "city": "Vierzon", "dossier_ref": CLAIRES_OTHER}
    card = await claire.say(words, "add_partner", WEB, **named)
    assert "Paul Martin" in card.text
    assert "à la fois" not in card.text
    done = await claire.say("oui même équipe de soins, M. Garnier est informé", "affirm", WEB, partner_name="Garnier")
    assert "Paul Martin a maintenant accès" in done.text


async def test_an_usager_s_namesake_alone_is_the_professional(claire: Dialogue) -> None:
    words = f"ajoute Garnier au {CLAIRES_OTHER}"
    await claire.say(words, "add_partner", WEB, partner_name="Garnier", dossier_ref=CLAIRES_OTHER)
    assert claire.slots["partner_query"] == {"name": "Garnier"}


async def test_the_basis_said_beside_a_question_at_the_card_is_kept(claire: Dialogue) -> None:
    words = f"ajoute Hugues Martin de Bourges au {CLAIRES_DOSSIER}"
    await claire.say(words, "add_partner", WEB, dossier_ref=CLAIRES_DOSSIER, **HUGUES)
    card = await claire.say("oui il est d'accord, merci. Au fait, quels sont mes dossiers ?", "list_dossiers", WEB)
    assert "Base\u00a0: accord de l’usager recueilli" in card.text
    assert next(title for title in card.titles if title.startswith("Oui")) == "Oui\u00a0: accord de l’usager recueilli"
    assert claire.slots.get("basis") is None
    assert "Hugues Martin" in (await claire.say("oui", "affirm", WEB)).text
    assert claire.form is None


async def test_an_usager_told_by_name_is_shown_as_the_basis_before_it_is_confirmed(claire: Dialogue) -> None:
    words = f"ajoute Hugues Martin de Bourges au {CLAIRES_OTHER}"
    await claire.say(words, "add_partner", WEB, dossier_ref=CLAIRES_OTHER, **HUGUES)
    card = await claire.say("c vu avec mr Garnier", "mark_notifications_read", WEB, usager_name="Garnier")
    assert "Base\u00a0: même équipe de soins, usager informé" in card.text
    assert claire.slots.get("basis") is None


async def test_somebody_else_who_was_told_is_no_basis(claire: Dialogue) -> None:
    words = f"ajoute Hugues Martin de Bourges au {CLAIRES_OTHER}"
    await claire.say(words, "add_partner", WEB, dossier_ref=CLAIRES_OTHER, **HUGUES)
    await claire.say("c vu avec mme Blot", "mark_notifications_read", WEB, usager_name="Blot")
    assert claire.slots.get("basis_said") is None


@pytest.mark.parametrize(
    ("words", "usager"),
    [("oui, M. Garnier est d'accord", "Garnier"), ("accord de Mme Blot", "Blot"), ("Mme Lemaitre a donné son accord", "Lemaitre")],
)
async def test_a_basis_that_is_of_another_usager_confirms_nothing(claire: Dialogue, words: str, usager: str) -> None:
    said = f"ajoute Paul Martin kiné à Vierzon au {CLAIRES_DOSSIER}"
    await claire.say(said, "add_partner", WEB, partner_name="Paul Martin", profession="kiné", city="Vierzon", dossier_ref=CLAIRES_DOSSIER)
    act = an_act(words, "affirm", basis="consent_given", usager_name=usager)
    answer = await claire.ask(words, act)
    assert "a maintenant accès" not in answer.text
    own = an_act("oui, Mme Durand est d'accord", "affirm", basis="consent_given", usager_name="Durand")
    assert "a maintenant accès" in (await claire.ask(own["text"], own)).text
