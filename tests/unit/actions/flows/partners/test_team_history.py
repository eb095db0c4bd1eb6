"""« Qui l'a ajouté ? » is answered from the trail, to members of today, about the person and the dossier that are meant."""

from __future__ import annotations

import pytest

from tests.unit.actions.dialogue import WEB, Dialogue, an_act
from tests.unit.actions.flows.partners.test_undo_act import PAUL, a_member, add_paul, remove
from tests.unit.harness import CLAIRES_DOSSIER, KARIMS_DOSSIER


@pytest.mark.parametrize(
    ("words", "intent"),
    [
        ("qui l'a ajouté ?", "list_partners"),
        ("qui l’a ajouté et sur quelle base", "faq/how_add_partner"),
        ("depuis quand il est là", "out_of_scope"),
        ("par qui il a été ajouté", "add_partner"),
        ("qui l'a mis là", "inform"),
    ],
)
async def test_who_added_whom_when_and_why(claire: Dialogue, words: str, intent: str) -> None:
    await add_paul(claire)
    answer = await claire.say(words, intent, WEB)
    assert f"{PAUL}" in answer.text
    assert "accès donné aujourd’hui à 10h par vous (accord de l’usager recueilli)" in answer.text
    assert "Claire" not in answer.text


@pytest.mark.parametrize(
    ("words", "intent", "usager", "partner"),
    [
        ("qui a ajouté Mme Martin ?", "list_partners", "Martin", ""),
        ("mme durand. qui a ajouté M. Martin ?", "list_partners", "Martin", "durand"),
        ("le dossier de la petite durand, qui est-ce qui a fait rentrer paul martin", "add_partner", "petite durand", "paul martin"),
        ("durand jeanne : par qui Paul Martin a été ajouté", "inform", "durand jeanne", "Paul Martin"),
        ("oui c'est M. Martin, mais c'est QUI qui l'a ajouté ?", "affirm", "Martin", ""),
        ("chez Mme Durand, le kiné c'est qui qui l'a mis ?", "nlu_fallback", "Durand", ""),
        ("Moreau. qui a ajouté le kiné chez Mme Durand et depuis quand il voit ce qu'on y met ?", "list_partners", "Durand", "Moreau"),
    ],
)
async def test_whom_a_question_is_about_whatever_was_read_of_the_names(
    claire: Dialogue, words: str, intent: str, usager: str, partner: str
) -> None:
    await add_paul(claire)
    named = {name: value for name, value in (("usager_name", usager), ("partner_name", partner)) if value}
    answer = await claire.say(words, intent, WEB, **named, **({"profession": "kiné"} if "kiné" in words else {}))
    assert f"{PAUL} – Masseur-kinésithérapeute\u00a0: accès donné aujourd’hui" in answer.text
    assert "par vous" in answer.text


@pytest.mark.parametrize(
    ("words", "intent"),
    [
        ("mais je ne retire personne ! je demande QUI a retiré {name}, et quand", "remove_partner"),
        ("je veux savoir qui a fait sortir {name}", "remove_partner"),
        ("qui a retiré {name} ?", "inform"),
    ],
)
async def test_a_question_amid_another_task_is_answered(claire: Dialogue, words: str, intent: str) -> None:
    name = await a_member(claire)
    await remove(claire, name)
    await claire.say(f"retirer quelqu'un du {CLAIRES_DOSSIER}", "remove_partner", WEB, dossier_ref=CLAIRES_DOSSIER)
    answer = await claire.say(words.format(name=name), intent, WEB, partner_name=name)
    assert "accès retiré aujourd’hui à 10h par vous" in answer.text


async def test_giving_up_before_the_question_ends_the_task(claire: Dialogue) -> None:
    await add_paul(claire)
    await claire.say(f"retirer quelqu'un du {CLAIRES_DOSSIER}", "remove_partner", WEB, dossier_ref=CLAIRES_DOSSIER)
    words = f"annuler. qui a ajouté {PAUL} au dossier {CLAIRES_DOSSIER} ?"
    answer = await claire.ask(
        words, an_act("annuler.", "cancel"), an_act(words[9:], "list_partners", partner_name=PAUL, dossier_ref=CLAIRES_DOSSIER)
    )
    assert "par vous" in answer.text
    assert "Je reprends" not in answer.text
    assert claire.form is None
    assert not claire.slots.get("task_stack")


@pytest.mark.parametrize(
    ("words", "usager"),
    [
        ("attendez, M. Martin est bien dedans ??", "Martin"),
        ("est-ce que martin est bien ajouté ?", "martin"),
        ("Paul Martin il y est déjà ou pas", "Paul Martin"),
    ],
)
async def test_whether_somebody_is_in_is_answered_at_a_card(claire: Dialogue, words: str, usager: str) -> None:
    add = f"ajoute {PAUL} kiné à Vierzon au dossier {CLAIRES_DOSSIER}"
    await claire.say(add, "add_partner", WEB, partner_name=PAUL, profession="kiné", city="Vierzon", dossier_ref=CLAIRES_DOSSIER)
    question = an_act(words.removeprefix("attendez, "), "list_partners", {"doubt": True}, usager_name=usager)
    answer = await claire.ask(words, an_act(words, "deny", usager_name=usager), question)
    assert f"{usager}\u00a0» n’a jamais fait partie du dossier {CLAIRES_DOSSIER}" in answer.text
    assert f"Donner à M. {PAUL} l’accès" in answer.text
    assert claire.form == "add_partner_form"


async def test_an_access_to_come_is_told_as_such(claire: Dialogue) -> None:
    words = f"ajoute {PAUL} kiné à Vierzon au dossier {CLAIRES_DOSSIER} du 15 au 20 décembre"
    await claire.say(words, "add_partner", WEB, partner_name=PAUL, profession="kiné", city="Vierzon", dossier_ref=CLAIRES_DOSSIER)
    await claire.press("affirm", WEB, basis="consent_given")
    answer = await claire.say("qui l'a ajouté et jusqu'à quand il a accès ?", "list_partners", WEB)
    assert "aura accès à partir du 15 décembre\u00a0; accès donné aujourd’hui à 10h par vous" in answer.text
    assert "jusqu’au 20 décembre inclus" in answer.text


async def test_a_removal_is_told(claire: Dialogue) -> None:
    name = await a_member(claire)
    await remove(claire, name)
    answer = await claire.say(f"qui a retiré {name} ?", "remove_partner", WEB, partner_name=name)
    assert "accès retiré aujourd’hui à 10h par vous" in answer.text
    assert "je ne sais pas par qui" in answer.text


async def test_one_s_own_acts_without_a_dossier(claire: Dialogue) -> None:
    await add_paul(claire)
    claire.slots["last_dossier"] = None
    words = "hier j'ai ajouté un kiné à un dossier, t'as une trace ?"
    answer = await claire.say(words, "add_partner", WEB, profession="kiné")
    assert f"(dossier {CLAIRES_DOSSIER})" in answer.text
    assert PAUL in answer.text


async def test_the_dossier_is_asked_for_and_then_answered(claire: Dialogue) -> None:
    await add_paul(claire)
    claire.slots["last_dossier"] = None
    assert "De quel dossier" in (await claire.say(f"qui a ajouté {PAUL} ?", "list_partners", WEB, partner_name=PAUL)).text
    assert "par vous" in (await claire.say("le 137", "inform", WEB, dossier_ref=CLAIRES_DOSSIER)).text


async def test_nobody_outside_is_told(claire: Dialogue) -> None:
    words = f"qui a ajouté {PAUL} au {KARIMS_DOSSIER} ?"
    answer = await claire.say(words, "list_partners", WEB, partner_name=PAUL, dossier_ref=KARIMS_DOSSIER)
    assert "Je ne peux pas ouvrir le dossier" in answer.text


async def test_who_was_never_there(claire: Dialogue) -> None:
    words = "qui a ajouté Zwartkowski au 137 ?"
    answer = await claire.say(words, "list_partners", WEB, partner_name="Zwartkowski", dossier_ref=CLAIRES_DOSSIER)
    assert "n’a jamais fait partie" in answer.text


async def test_an_order_is_no_question(claire: Dialogue) -> None:
    words = f"retire celui qui a été ajouté hier au {CLAIRES_DOSSIER}"
    answer = await claire.say(words, "remove_partner", WEB, dossier_ref=CLAIRES_DOSSIER)
    assert "À qui faut-il retirer l’accès" in answer.text


async def test_the_list_says_since_when(claire: Dialogue) -> None:
    await add_paul(claire)
    assert (
        f"{PAUL} – Masseur-kinésithérapeute, depuis le 23 novembre"
        in (await claire.press("list_partners", WEB, dossier_ref=CLAIRES_DOSSIER)).text
    )
