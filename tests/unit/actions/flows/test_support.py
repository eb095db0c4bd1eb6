"""Asking for a human agent: what the team is told, and what happens to the active flow."""

from __future__ import annotations

import pytest

from tests.unit.actions.dialogue import WEB, Dialogue


async def test_the_team_gets_the_context_and_the_flow_waits(claire: Dialogue) -> None:
    await claire.say("ajoute un partenaire au dossier SPH-2024-000137", "add_partner", WEB, dossier_ref="SPH-2024-000137")
    assert claire.form == "add_partner_form"
    answer = await claire.say("je veux parler à quelqu'un", "contact_support", WEB)
    assert answer.texts == []  # the gateway tells the user what happens
    assert answer.handover is not None
    assert answer.handover["reason"] == "asked"
    assert answer.handover["task"] == "ajouter un partenaire"
    assert answer.handover["dossier"] == "SPH-2024-000137"
    assert answer.handover["resumes"] is True
    assert answer.handover["tried"] == ["Ajouter un partenaire"]
    assert claire.form is None
    await claire.press("affirm", WEB)
    assert claire.form == "add_partner_form"


async def test_a_button_carries_reason_and_error(stranger: Dialogue) -> None:
    answer = await stranger.press("contact_support", reason="failed", error_id="ab12")
    assert answer.handover is not None
    assert (answer.handover["reason"], answer.handover["error_ids"], answer.handover["resumes"]) == ("failed", ["ab12"], False)


async def test_a_typed_word_is_no_reason(stranger: Dialogue) -> None:
    answer = await stranger.say("un conseiller failed", "contact_support", reason="failed")
    assert answer.handover is not None
    assert answer.handover["reason"] == "asked"


async def test_linking_is_not_interrupted(stranger: Dialogue) -> None:
    await stranger.say("je veux m'identifier", "link_account")
    answer = await stranger.say("je veux parler à quelqu'un", "contact_support")
    assert answer.handover is not None
    assert answer.handover["resumes"] is False
    assert stranger.form == "link_account_form"


async def test_complaints_and_problems_offer_support(stranger: Dialogue) -> None:
    assert "/contact_support?reason=complaint" in (await stranger.say("c'est nul", "complain")).payloads
    assert "/contact_support?reason=problem" in (await stranger.say("ça ne marche pas", "report_problem")).payloads
    await stranger.say("asdf", "nlu_fallback")
    assert "/contact_support?reason=not_understood" in (await stranger.say("qsdf", "nlu_fallback")).payloads


async def test_hours_are_those_of_the_installation(stranger: Dialogue) -> None:
    answer = await stranger.say("vos horaires ?", "support_hours")
    assert "du lundi au vendredi, de 9h30 à 12h30 et de 13h30 à 17h30, sauf jours fériés" in answer.text


@pytest.mark.parametrize(
    "words",
    [
        "mettez juste un mot à l'équipe sphere non laissez, c bon",
        "demandez à l'équipe… ah non laissez tomber",
        "je veux parler à quelqu'un, enfin non pas la peine",
    ],
)
async def test_an_order_that_is_taken_back_opens_no_ticket(claire: Dialogue, words: str) -> None:
    answer = await claire.say(words, "contact_support", WEB)
    assert answer.handover is None
    assert "rien demandé" in answer.text


@pytest.mark.parametrize(
    "words", ["laissez un message à l'équipe", "non, je veux parler à quelqu'un", "ça ne marche pas, passez-moi l'équipe"]
)
async def test_what_takes_nothing_back_is_handed_over(claire: Dialogue, words: str) -> None:
    assert (await claire.say(words, "contact_support", WEB)).handover is not None
