"""Requesting an account: fields in any order, corrections, what is taken over from an addition."""

from __future__ import annotations

from tests.unit.actions.dialogue import WEB, Dialogue
from tests.unit.harness import CLAIRES_DOSSIER


async def test_the_record_is_not_filled_with_somebody_who_was_rejected(claire: Dialogue) -> None:
    entities = {"partner_name": "Martin", "dossier_ref": CLAIRES_DOSSIER}
    await claire.say(f"ajoute Martin au {CLAIRES_DOSSIER}", "add_partner", WEB, **entities)
    await claire.press("choose", WEB, choice="nobody")
    asked = await claire.press("request_account", WEB)
    assert "déjà remplie" not in asked.text
    assert claire.slots["fiche_family"] == "Martin"
    assert claire.slots["dossier"] == CLAIRES_DOSSIER


async def test_the_record_in_another_order(claire: Dialogue) -> None:
    await claire.press("request_account", WEB)
    words = "Mme Zoé Kervella, orthophoniste libérale"
    answer = await claire.say(words, "inform", WEB, partner_name="Zoé Kervella", profession="orthophoniste")
    assert "RPPS" in answer.text
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
