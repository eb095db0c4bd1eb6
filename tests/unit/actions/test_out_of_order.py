"""Facts in another order than they are asked for, several at once, corrected, or contradicting each other."""

from __future__ import annotations

from actions.flows.directory.search import is_certain_match
from bot.accounts.registry import Account
from bot.directory.demo import DEMO_PEOPLE
from tests.unit.accounts.world import CLAIRES_DOSSIER, CLAIRES_OTHER
from tests.unit.actions.dialogue import TELEGRAM, WEB, Dialogue

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
    said = await claire.say("Garnier", "inform", TELEGRAM, partner_name="Garnier")
    assert "je ne les nomme pas ici" in said.text
    assert claire.slots.get("dossier") is None
    assert claire.slots["partner"]["name"] == "M. Hugues Martin"


async def test_what_is_said_beside_the_question_is_kept(claire: Dialogue) -> None:
    await claire.press("add_partner", WEB)
    assert "C'est noté" in (await claire.say("l'usager est d'accord", "inform", WEB)).text
    assert "C'est noté" in (await claire.say("son mail est e.martin@pharmacie.example", "inform", WEB)).text
    await claire.say(CLAIRES_DOSSIER, "inform", WEB, dossier_ref=CLAIRES_DOSSIER)
    card = await claire.say("Étienne Martin d'Orléans", "inform", WEB, partner_name="Étienne Martin", city="Orléans")
    assert "e.martin@pharmacie.example" in card.text
    assert [title for title in card.titles if title.startswith("Oui")] == ["Oui\u00a0: accord de l'usager recueilli"]


async def test_a_denied_value_is_replaced_and_the_rest_stays(claire: Dialogue) -> None:
    await claire.say(f"ajoute Hugues Martin de Bourges au {CLAIRES_DOSSIER}", "add_partner", WEB, dossier_ref=CLAIRES_DOSSIER, **HUGUES)
    card = await claire.say("pas Hugues, Nathalie", "inform", WEB, partner_name=("Hugues", "Nathalie"))
    assert "Nathalie Martin" in card.text or any("Nathalie Martin" in title for title in card.titles)
    words = f"{CLAIRES_OTHER}, pas {CLAIRES_DOSSIER}"
    await claire.say(words, "correct", WEB, dossier_ref=(CLAIRES_OTHER, CLAIRES_DOSSIER))
    assert claire.slots["dossier"] == CLAIRES_OTHER


def test_who_is_taken_without_asking() -> None:
    sophie = DEMO_PEOPLE["Sophie Leroux"]
    for said in ({"name": "leroux"}, {"name": "Leroix Sophie"}, {"name": "Lereix", "place": "Châteauroux"}, {"rpps": sophie.rpps}):
        assert is_certain_match(sophie, said)
    assert not is_certain_match(sophie, {"name": "Lereix"})


async def test_a_fiche_is_not_filled_with_somebody_who_was_said_not_to_be_meant(claire: Dialogue) -> None:
    said = {"partner_name": "Martin", "dossier_ref": CLAIRES_DOSSIER}
    await claire.say(f"ajoute Martin au {CLAIRES_DOSSIER}", "add_partner", WEB, **said)
    await claire.press("choose", WEB, choice="nobody")
    asked = await claire.press("request_account", WEB)
    assert "déjà remplie" not in asked.text
    assert claire.slots["fiche_family"] == "Martin"
    assert claire.slots["dossier"] == CLAIRES_DOSSIER


async def test_an_address_is_that_of_the_person_it_was_given_for(claire: Dialogue) -> None:
    words = f"ajoute Martin d'Orléans au {CLAIRES_DOSSIER}, etienne@pharmacie.example"
    said = {"partner_name": "Martin", "city": "Orléans", "email": "etienne@pharmacie.example"}
    card = await claire.say(words, "add_partner", WEB, dossier_ref=CLAIRES_DOSSIER, **said)
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
    said = await claire.say("oui mais pas Hugues", "affirm", WEB, partner_name="Hugues")
    assert "Que faut-il corriger" in said.text
    assert claire.form == "add_partner_form"
    assert claire.slots.get("basis") is None


async def test_a_reference_with_an_usager_who_has_another_dossier(claire: Dialogue) -> None:
    said = await claire.say(f"{CLAIRES_DOSSIER} de Garnier", "list_partners", WEB, dossier_ref=CLAIRES_DOSSIER, usager_name="Garnier")
    assert "Plusieurs dossiers correspondent" in said.text
    listed = await claire.say("le 2", "choose", WEB, ordinal="2")
    assert "Partenaires du dossier" in listed.text


async def test_who_is_to_be_removed_is_named_before_the_dossier(claire: Dialogue) -> None:
    members = await claire.services.partners.list(CLAIRES_DOSSIER, await _claire(claire))
    name = next(p.display for p in members if "Moreau" not in p.display)
    assert "De quel dossier" in (await claire.say(f"retire {name}", "remove_partner", WEB, partner_name=name)).text
    card = await claire.say("Durand", "inform", WEB, partner_name="Durand")
    assert f"{name}" in card.text
    assert "Voulez-vous lui retirer l'accès" in card.text


async def test_a_removal_corrected_without_a_name_asks_who(claire: Dialogue) -> None:
    members = await claire.services.partners.list(CLAIRES_DOSSIER, await _claire(claire))
    name = next(p.display for p in members if "Moreau" not in p.display)
    await claire.say(f"retire {name} de {CLAIRES_DOSSIER}", "remove_partner", WEB, partner_name=name, dossier_ref=CLAIRES_DOSSIER)
    said = await claire.say("je me suis trompé de personne", "correct", WEB)
    assert "À qui faut-il retirer l'accès" in said.text


async def test_two_values_where_there_is_room_for_one(claire: Dialogue) -> None:
    words = "nouveau dossier pour Jeanne Wexler née le 1939-02-03 ou le 1939-02-04"
    said = await claire.say(words, "create_dossier", WEB, usager_name="Jeanne Wexler", birth_date=("1939-02-03", "1939-02-04"))
    assert "« 1939-02-03 »" in said.text.replace("\u00a0", " ")
    assert "date de naissance" in said.text
    assert claire.slots["usager_family"] == "Wexler"
    assert claire.slots.get("usager_birth_date") is None
    card = await claire.say("1939-02-03, non, 1939-02-04", "inform", WEB, birth_date=("1939-02-03", "1939-02-04"))
    assert "04/02/1939" in card.text


async def test_the_denied_name_tells_the_trait(claire: Dialogue) -> None:
    for words, entities in (
        ("nouveau dossier", {}),
        ("Wexler", {}),
        ("Jeanne Marie", {}),
        ("née le 1939-02-03", {"birth_date": "1939-02-03"}),
    ):
        await claire.say(words, "create_dossier" if words == "nouveau dossier" else "inform", WEB, **entities)
    card = await claire.say("pas Jeanne, Anne", "inform", WEB, partner_name=("Jeanne", "Anne"))
    assert "Prénoms\u00a0: Anne Marie" in card.text
    card = await claire.say("pas Wexler mais Wechsler", "correct", WEB, usager_name=("Wexler", "Wechsler"))
    assert "Nom de naissance\u00a0: Wechsler" in card.text


async def test_a_search_is_corrected_after_its_answer(claire: Dialogue) -> None:
    words = "tu connais Martin à Bourges ?"
    assert "Hugues Martin" in (await claire.say(words, "find_professional", partner_name="Martin", city="Bourges")).text
    found = await claire.say("non, à Blois", "deny", city="Blois")
    assert "Nathalie Martin" in found.text
    assert "Hugues" not in found.text
    assert "Paul Martin" in (await claire.say("et à Vierzon ?", "find_professional", city="Vierzon")).text
    await claire.say("bonjour", "greet")
    assert "Que voulez-vous faire avec cela" in (await claire.say("Blois", "inform", city="Blois")).text  # too late to be about it


async def test_a_place_in_a_list_whose_buttons_begin_something(claire: Dialogue) -> None:
    listed = await claire.press("list_dossiers", WEB)
    assert f"Partenaires du dossier {listed.titles[1]}" in (await claire.say("le 2", "choose", WEB, ordinal="2")).text
    await claire.press("list_dossiers", WEB)
    assert "pas de question en cours" in (await claire.say("le 9", "choose", WEB, ordinal="9")).text


async def test_the_fiche_in_another_order(claire: Dialogue) -> None:
    await claire.press("request_account", WEB)
    words = "Mme Zoé Kervella, orthophoniste libérale"
    said = await claire.say(words, "inform", WEB, partner_name="Zoé Kervella", profession="orthophoniste")
    assert "RPPS" in said.text
    slots = ("civility", "given", "family", "mode")
    assert [claire.slots[f"fiche_{name}"] for name in slots] == ["Mme", "Zoé", "Kervella", "libéral"]
    await claire.say("à Amboise", "inform", WEB, city="Amboise")
    assert claire.slots["fiche_city"] == "Amboise"
    assert claire.slots.get("fiche_rpps") is None
    asked = await claire.say("non, Léa", "correct", WEB, partner_name="Léa")
    assert "est-ce le prénom ou le nom" in asked.text
    await claire.press("correct", WEB, field="given", value="Léa")
    assert claire.slots["fiche_given"] == "Léa"
    await claire.say("pas Kervella, Kerivel", "correct", WEB, partner_name=("Kervella", "Kerivel"))
    assert [claire.slots[f"fiche_{name}"] for name in slots] == ["Mme", "Léa", "Kerivel", "libéral"]
    for words in ("passer", "passer", "zoe@ortho.example", "passer"):
        card = await claire.say(words, "inform", WEB, **({"email": words} if "@" in words else {}))
    assert "Fiche annuaire" in card.text
    assert "Dans quelle ville" in (await claire.say("oui mais pas Amboise", "affirm", WEB, city="Amboise")).text


async def _claire(dialogue: Dialogue) -> Account:
    person = await dialogue.services.identity.person_of(dialogue.id)
    assert person is not None
    return person


def test_the_people_of_these_conversations_are_in_the_directory() -> None:
    assert {"Hugues Martin", "Nathalie Martin", "Étienne Martin"} <= DEMO_PEOPLE.keys()
