"""Creating a dossier: contradictions and corrections of the identity traits."""

from __future__ import annotations

from tests.unit.actions.dialogue import WEB, Dialogue


async def test_of_two_birth_dates_none_is_taken(claire: Dialogue) -> None:
    words = "nouveau dossier pour Jeanne Wexler née le 1939-02-03 ou le 1939-02-04"
    answer = await claire.say(words, "create_dossier", WEB, usager_name="Jeanne Wexler", birth_date=("1939-02-03", "1939-02-04"))
    assert "« 1939-02-03 »" in answer.text.replace("\u00a0", " ")
    assert "date de naissance" in answer.text
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
