"""A clean yes with a wish for somebody else after it: the yes is done, the wish follows with its own card."""

from __future__ import annotations

import pytest

from tests.unit.actions.dialogue import WEB, Dialogue
from tests.unit.actions.flows.partners.test_undo_act import PAUL, a_member, add_paul, names
from tests.unit.harness import CLAIRES_DOSSIER


async def removal_card(claire: Dialogue) -> str:
    """Show the card of Paul Martin's removal and return the name of somebody else in the dossier."""
    other = await a_member(claire)
    await add_paul(claire)
    card = await claire.say(f"retire {PAUL} du {CLAIRES_DOSSIER}", "remove_partner", WEB, partner_name=PAUL, dossier_ref=CLAIRES_DOSSIER)
    assert "Voulez-vous" in card.text
    return other


@pytest.mark.parametrize(
    ("words", "intent"), [("oui, et {} aussi", "affirm"), ("ok merci et puis {}", "affirm"), ("oui et {} aussi svp", "correct")]
)
async def test_another_removal_follows(claire: Dialogue, words: str, intent: str) -> None:
    other = await removal_card(claire)
    answer = await claire.say(words.format(other), intent, WEB, partner_name=other)
    assert f"{PAUL} n’a plus accès" in answer.text
    assert claire.form == "remove_partner_form"
    assert claire.slots["member"]["name"] == other
    assert "n’a plus accès" in (await claire.say("oui", "affirm", WEB)).text
    assert other not in await names(claire)


@pytest.mark.parametrize(
    ("words", "intent"),
    [
        ("oui mais {} plutôt", "correct"),
        ("oui, et pas {}", "correct"),
        ("et {} aussi", "inform"),
        ("oui et si {} est d'accord", "affirm"),
        ("oui, et {} aussi ?", "affirm"),
        ("non, {}", "correct"),
    ],
)
async def test_what_is_no_clean_yes_removes_nobody(claire: Dialogue, words: str, intent: str) -> None:
    other = await removal_card(claire)
    answer = await claire.say(words.format(other), intent, WEB, partner_name=other)
    assert "n’a plus accès" not in answer.text
    await claire.press("deny", WEB)
    assert PAUL in await names(claire)


async def test_an_addition_after_the_yes_to_new_dates_follows(claire: Dialogue) -> None:
    await add_paul(claire)
    await claire.say("prolonge l'accès de Paul Martin jusqu'au 15 janvier", "add_partner", WEB, partner_name=PAUL)
    words = "oui. et Karim Benali à partir du 16 janvier, sans fin, même équipe, la patiente est informée"
    answer = await claire.say(words, "inform", WEB, partner_name="Karim Benali")
    assert "C’est fait" in answer.text
    assert claire.form == "add_partner_form"
    assert (claire.slots["dossier"], claire.slots["access_from"]) == (CLAIRES_DOSSIER, "2027-01-16")
