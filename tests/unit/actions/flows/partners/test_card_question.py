"""A question at a confirmation card is answered, does nothing, and the card is asked again in one line with all its buttons."""

from __future__ import annotations

import pytest
from rasa_sdk.interfaces import Tracker

from actions.flows.partners.card_question import CardQuestion, read_card_question
from actions.framework.turn import Turn
from tests.unit.actions.dialogue import WEB, Dialogue
from tests.unit.harness import CLAIRES_DOSSIER

HUGUES = {"partner_name": "Hugues Martin", "city": "Bourges"}
YES = ["Oui\u00a0: même équipe de soins, usager informé", "Oui\u00a0: accord de l’usager recueilli"]


def a_turn(text: str) -> Turn:
    return Turn(Tracker("chat", {}, {"text": text, "intent": {"name": "inform"}, "entities": []}, [], False, None, {}, "action_listen"))


@pytest.mark.parametrize(
    ("text", "question"),
    [
        ("comment je sais quand elle aura son accès ?", CardQuestion.WHEN),
        ("et quand elle l'aura comment je le sais", CardQuestion.WHEN),
        ("quand l'aura-t-elle ?", CardQuestion.WHEN),
        ("Quand est-ce qu’elle pourra voir le dossier ?", CardQuestion.WHEN),
        ("c'est long pour avoir les codes ?", CardQuestion.WHEN),
        ("est-elle prévenue ?", CardQuestion.TOLD),
        ("vous la prévenez ?", CardQuestion.TOLD),
        ("elle recevra un mail ?", CardQuestion.TOLD),
        ("vous l'avez bien retirée ?", CardQuestion.DONE),
        ("c'est déjà fait ?", CardQuestion.DONE),
        ("son adresse mail, vous la gardez ?", CardQuestion.EMAIL),
        ("et l'adresse, vous la gardez ?", CardQuestion.EMAIL),
        ("oui quand elle aura signé", None),
        ("la patiente est prévenue ?", None),
        ("quand a-t-elle été ajoutée ?", None),
        ("depuis quand a-t-il accès ?", None),
        ("retirez-la ?", None),
        ("un kiné à Vierzon ?", None),
        ("oui", None),
        ("oui même équipe, usager informé", None),
    ],
)
def test_what_is_asked_of_a_card(text: str, question: CardQuestion | None) -> None:
    assert read_card_question(a_turn(text)) is question


@pytest.mark.parametrize(
    ("text", "intent", "said"),
    [
        ("comment je sais quand il aura son accès ?", "check_request", "aura créé son compte"),
        ("est-il prévenu ?", "faq/how_notifications_work", "recevra ses codes"),
        ("vous l'avez bien ajouté ?", "add_partner", "rien n’est fait"),
        ("son mail, vous le gardez ?", "nlu_fallback", "est gardée dans la demande"),
    ],
)
async def test_a_question_at_an_addition_is_answered_and_the_card_asked_in_one_line(
    claire: Dialogue, text: str, intent: str, said: str
) -> None:
    await claire.say(f"ajoute Hugues Martin de Bourges au {CLAIRES_DOSSIER}", "add_partner", WEB, dossier_ref=CLAIRES_DOSSIER, **HUGUES)
    answer = await claire.say(text, intent, WEB)
    assert said in answer.text
    assert answer.texts[-1] == f"Demander un compte pour M. Hugues Martin, avec l’accès au dossier {CLAIRES_DOSSIER}\u00a0?"
    assert answer.titles == [*YES, "Ni l’un ni l’autre", "Non"]
    again = await claire.say("et quand l'aura-t-il ?", "nlu_fallback", WEB)
    assert again.texts[-1] == answer.texts[-1]
    assert claire.slots.get("basis") is None
    assert (await claire.say("oui même équipe, usager informé", "affirm", WEB)).text.startswith("C’est fait")


async def test_a_question_about_who_has_an_account_is_answered_otherwise(claire: Dialogue) -> None:
    who = {"partner_name": "Paul Martin", "city": "Vierzon", "dossier_ref": CLAIRES_DOSSIER}
    card = await claire.say(f"ajoute Paul Martin de Vierzon au {CLAIRES_DOSSIER}", "add_partner", WEB, **who)
    assert "a déjà un compte d’accès" in card.text
    told = {"quand l'aura-t-il ?": "immédiat", "est-il prévenu ?": "SPHERE l’annonce à", "son mail, vous le gardez ?": "n’est nécessaire"}
    for asked, said in told.items():
        answer = await claire.say(asked, "nlu_fallback", WEB)
        assert said in answer.text
        assert answer.texts[-1].startswith("Donner à M. Paul Martin")


async def test_a_yes_with_a_question_waits_and_keeps_its_basis(claire: Dialogue) -> None:
    await claire.say(f"ajoute Hugues Martin de Bourges au {CLAIRES_DOSSIER}", "add_partner", WEB, dossier_ref=CLAIRES_DOSSIER, **HUGUES)
    answer = await claire.say("oui même équipe, l'usager est informé. et comment je sais quand il aura son accès ?", "affirm", WEB)
    assert "aura créé son compte" in answer.text
    assert answer.titles[:2] == YES
    assert (await claire.say("oui", "affirm", WEB)).text.startswith("C’est fait")


async def test_a_changed_card_and_a_repeated_one_are_shown_whole(claire: Dialogue) -> None:
    first = await claire.say(
        f"ajoute Hugues Martin de Bourges au {CLAIRES_DOSSIER}", "add_partner", WEB, dossier_ref=CLAIRES_DOSSIER, **HUGUES
    )
    await claire.say("est-il prévenu ?", "inform", WEB)
    assert (await claire.say("répète", "repeat", WEB)).text == first.text
    changed = await claire.say("à partir du 15 décembre 2030", "inform", WEB)
    assert "Accès\u00a0: " in changed.text
    assert "n’a pas de compte SPHERE" in changed.text


async def test_a_question_at_a_removal_removes_nobody(claire: Dialogue) -> None:
    asker = await claire.services.identity.person_of(claire.id)
    assert asker is not None
    members = await claire.services.partners.list(CLAIRES_DOSSIER, asker)
    name = next(member.display for member in members if "Moreau" not in member.display)
    await claire.say(f"retire {name} de {CLAIRES_DOSSIER}", "remove_partner", WEB, partner_name=name, dossier_ref=CLAIRES_DOSSIER)
    answer = await claire.say("vous l'avez bien retirée ?", "remove_partner", WEB)
    assert "rien n’est fait" in answer.text
    assert answer.texts[-1] == f"Retirer à {name} l’accès au dossier {CLAIRES_DOSSIER}\u00a0?"
    assert answer.titles == ["Oui, retirer l’accès", "Non"]
    assert (await claire.say("oui", "affirm", WEB)).text.startswith("C’est fait")
