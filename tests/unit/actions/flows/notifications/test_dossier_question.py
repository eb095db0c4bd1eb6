"""« Toutes vos notifications, ou un dossier ? » is asked once: a name, a reference and a button all answer it."""

from __future__ import annotations

import pytest

from tests.unit.actions.dialogue import WEB, Dialogue
from tests.unit.harness import CLAIRES_DOSSIER

MISSED = "Qu'est-ce que j'ai raté depuis hier ?"
QUESTION = "S’agit-il de toutes vos notifications"


@pytest.mark.parametrize(
    "words",
    [
        f"{MISSED} Et chez Mme Durand coupez-moi tout jusqu'à lundi prochain.",
        f"{MISSED} et chez Mme Durand plus rien jusqu'à lundi prochain",
        f"coupez-moi tout chez Mme Durand jusqu'à lundi prochain. {MISSED}",
    ],
)
async def test_what_is_asked_beside_does_not_hide_the_dossier(claire: Dialogue, words: str) -> None:
    answer = await claire.say(words, "mute_notifications", WEB, usager_name="Durand")
    assert QUESTION not in answer.text
    assert CLAIRES_DOSSIER in answer.text


@pytest.mark.parametrize("words", ["Durand, et la suite", "chez Mme Durand", CLAIRES_DOSSIER])
async def test_an_answer_is_not_asked_for_again(claire: Dialogue, words: str) -> None:
    asked = await claire.say("blip blop zut", "mute_notifications", WEB)
    assert QUESTION in asked.text
    named = {"dossier_ref": words} if words == CLAIRES_DOSSIER else {"usager_name": "Durand"}
    answer = await claire.say(words, "inform", WEB, **named)
    assert QUESTION not in answer.text
    assert CLAIRES_DOSSIER in answer.text or "Faut-il le faire" in answer.text


async def test_the_button_is_not_asked_for_again_and_mutes_after_a_yes(claire: Dialogue) -> None:
    await claire.say("blip blop zut", "mute_notifications", WEB)
    confirm = await claire.press("inform", WEB, dossier_ref=CLAIRES_DOSSIER)
    assert QUESTION not in confirm.text
    assert "sourdine" in confirm.text


async def test_an_answer_that_says_it_all_again_is_read(claire: Dialogue) -> None:
    await claire.say("blip blop zut", "mute_notifications", WEB)
    words = "mets le dossier SPH-2024-000137 en sourdine jusqu'au 7 décembre"
    answer = await claire.say(words, "mute_notifications", WEB, dossier_ref=CLAIRES_DOSSIER)
    assert "lundi 7 décembre" in answer.text
    assert QUESTION not in answer.text
