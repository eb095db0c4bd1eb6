"""Whether a professional has an account is told to who is linked; an order or a statement is no such question."""

from __future__ import annotations

import pytest

from actions.flows.directory.account_question import asks_for_account
from tests.unit.actions.dialogue import WEB, Dialogue


@pytest.mark.parametrize(
    "words",
    [
        "est ce que le dr souleault a un compte chez vous ?",
        "le Dr Benali a-t-il un compte ?",
        "Paul Martin est déjà sur SPHERE ?",
        "savez-vous si ma collègue Mme Petit a un compte SPHERE",
        "la kiné a deja un compte ?",
        "Mme Caron est-elle inscrite sur la plateforme ?",
        "elle a un compte ?",
        "est ce qu'il utilise sphere",
        "le docteur n'a pas de compte ?",
    ],
)
def test_a_question_about_an_account(words: str) -> None:
    assert asks_for_account(words)


@pytest.mark.parametrize(
    "words",
    [
        "ajoute le Dr Benali, il a un compte",
        "ma collègue n'a pas de compte",
        "est-ce que j'ai un compte ?",
        "mon compte est bloqué ?",
        "demande un compte pour Mme Petit, elle n'en a pas",
        "combien de temps pour avoir un compte ?",
        "où en est ma demande de compte ?",
        "créez-lui un compte",
        "je voudrais savoir qui suit ce dossier",
        "qui a accès au dossier ?",
    ],
)
def test_no_question_about_an_account(words: str) -> None:
    assert not asks_for_account(words)


@pytest.mark.parametrize("intent", ["find_professional", "request_account", "add_partner", "out_of_scope"])
async def test_it_is_told_whatever_the_intent(claire: Dialogue, intent: str) -> None:
    answer = await claire.say("Paul Martin a un compte chez vous ?", intent, WEB, partner_name="Paul Martin")
    assert "Paul Martin" in answer.text
    assert "a un compte SPHERE" in answer.text
    answer = await claire.say("et le Dr Leïla Benali a un compte ?", intent, WEB, partner_name="Leïla Benali")
    assert "n’a pas de compte SPHERE" in answer.text


async def test_who_was_spoken_of_last(claire: Dialogue) -> None:
    await claire.say("tu connais Paul Martin à Vierzon ?", "find_professional", WEB, partner_name="Paul Martin", city="Vierzon")
    assert "a un compte SPHERE" in (await claire.say("il a un compte ?", "out_of_scope", WEB)).text


async def test_a_stranger_is_not_told(stranger: Dialogue) -> None:
    answer = await stranger.say("Paul Martin a un compte ?", "find_professional", WEB, partner_name="Paul Martin")
    assert "identifiez-vous" in answer.text
