"""« Qui l'a ajouté ? » is answered from the trail, to members of today, about the person and the dossier that are meant."""

from __future__ import annotations

import pytest

from tests.unit.actions.dialogue import WEB, Dialogue
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
