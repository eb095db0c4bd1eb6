"""What tests of external channels share: identity traits that must not show, masks, the link to the trusted web chat."""

from __future__ import annotations

import re

from tests.unit.actions.dialogue import WEB, Answer, Dialogue

TRAITS = re.compile(r"Durand|Jeanne|Garnier|Marcel|Lemaitre|Odette|1948|1939|1944|\[usager\]|\[date", re.IGNORECASE)
"""Names and birth years of the usagers of the demo, and masks."""
WEB_CHAT_ONLY = "leur identité ne s’écrit pas ici"
MASKED = {"usager_name": "[usager]"}


def gives_link(answer: Answer) -> bool:
    """Return whether an answer shows the link to the trusted web chat. Fail if it shows a trait, or another link."""
    assert not TRAITS.search(answer.all), answer.all
    assert all("/chat#continue=" in link["url"] for link in answer.links)
    return [link["title"] for link in answer.links] == ["Continuer dans la discussion web"]


async def start_in_web_chat(dialogue: Dialogue) -> None:
    """Start to create a dossier in the web chat, and give the birth name."""
    await dialogue.say("nouveau dossier", "create_dossier", WEB)
    assert "prénoms" in (await dialogue.say("Zwingelstein", "inform", WEB, usager_name="Zwingelstein")).text


async def create_in_web_chat(dialogue: Dialogue) -> Answer:
    """Answer every question of a creation in the web chat, and confirm it."""
    for words, entities in (("Zwingelstein", {}), ("Wilfrid", {}), ("né le 1951-04-03", {"birth_date": "1951-04-03"})):
        card = await dialogue.say(words, "inform", WEB, **entities)
    assert "Zwingelstein" in card.text
    return await dialogue.press("affirm", WEB)
