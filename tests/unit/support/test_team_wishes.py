"""Words that do what the button « Demander à l'équipe SPHERE » offers."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot.support.texts import SupportTexts
from tests.unit.support.running_desk import HANDOVER_REQUEST, running_support_bot


@pytest.mark.parametrize("words", ["merci de prévenir l’équipe", "oui demande a l’équipe", "Oui, prévenez l’équipe SPHERE svp"])
async def test_the_offered_button_is_pressed_in_words(tmp_path: Path, words: str) -> None:
    async with running_support_bot(tmp_path) as support_bot:
        rasa = support_bot.bot.rasa
        facts = {"topic": "death", "dossier_ref": "SPH-2024-000137"}
        ask = {"title": "Demander à l’équipe SPHERE", "intent": "contact_support", "entities": facts}
        rasa.answers["décès"] = [{"text": "L’équipe SPHERE le fait.", "buttons": [ask], "link": None}]
        rasa.answers["contact_support"] = [{"text": "", "buttons": [], "link": None, "handover": HANDOVER_REQUEST}]
        chat = await support_bot.chat()
        assert (await chat.say(words))[0]["text"] == f"dit {words}"  # nothing was offered
        await chat.say("décès")
        (told,) = await chat.say(words)
        assert "SUP-000001" in told["text"]


@pytest.mark.parametrize("words", ["prévenez Paul Martin", "l’équipe est prévenue ?", "ne prévenez pas l’équipe", "qui est dans l’équipe"])
def test_other_words_do_not(words: str) -> None:
    assert not SupportTexts.asks_team(words)
