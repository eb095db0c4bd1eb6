"""Asking for a person: what the team is told, and what becomes of the task that was running."""

from __future__ import annotations

from tests.unit.actions.dialogue import WEB, Dialogue


async def test_what_was_going_on_goes_to_the_team_and_the_task_waits(claire: Dialogue) -> None:
    await claire.say("ajoute un partenaire au dossier SPH-2024-000137", "add_partner", WEB, dossier_ref="SPH-2024-000137")
    assert claire.form == "add_partner_form"
    said = await claire.say("je veux parler à quelqu'un", "contact_support", WEB)
    assert said.texts == []  # what becomes of it is said by who knows: the gateway
    assert said.handover is not None
    assert said.handover["reason"] == "asked"
    assert said.handover["task"] == "associer un partenaire"
    assert said.handover["dossier"] == "SPH-2024-000137"
    assert said.handover["resumes"] is True
    assert said.handover["tried"] == ["Ajouter un partenaire"]
    assert claire.form is None
    await claire.press("affirm", WEB)
    assert claire.form == "add_partner_form"


async def test_a_button_says_why_and_with_which_reference(stranger: Dialogue) -> None:
    said = await stranger.press("contact_support", reason="failed", error_id="ab12")
    assert said.handover is not None
    assert (said.handover["reason"], said.handover["error_ids"], said.handover["resumes"]) == ("failed", ["ab12"], False)


async def test_a_typed_word_is_no_reason(stranger: Dialogue) -> None:
    said = await stranger.say("un conseiller failed", "contact_support", reason="failed")
    assert said.handover is not None
    assert said.handover["reason"] == "asked"


async def test_who_is_being_identified_goes_on_afterwards(stranger: Dialogue) -> None:
    await stranger.say("je veux m'identifier", "link_account")
    said = await stranger.say("je veux parler à quelqu'un", "contact_support")
    assert said.handover is not None
    assert said.handover["resumes"] is False
    assert stranger.form == "link_account_form"


async def test_complaints_and_problems_offer_a_person(stranger: Dialogue) -> None:
    assert "/contact_support?reason=complaint" in (await stranger.say("c'est nul", "complain")).payloads
    assert "/contact_support?reason=problem" in (await stranger.say("ça ne marche pas", "report_problem")).payloads
    await stranger.say("asdf", "nlu_fallback")
    assert "/contact_support?reason=not_understood" in (await stranger.say("qsdf", "nlu_fallback")).payloads


async def test_hours_are_those_of_the_installation(stranger: Dialogue) -> None:
    said = await stranger.say("vos horaires ?", "support_hours")
    assert "du lundi au vendredi, de 9h30 à 12h30 et de 13h30 à 17h30, sauf jours fériés" in said.text
