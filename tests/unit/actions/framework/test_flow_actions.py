"""Validating answers."""

from __future__ import annotations

from tests.unit.actions.dialogue import WEB, Dialogue, an_act
from tests.unit.actions.external_channel import MASKED, gives_link
from tests.unit.harness import CLAIRES_DOSSIER


async def test_a_mask_is_no_answer(claire: Dialogue) -> None:
    await claire.press("find_professional")
    answer = await claire.say("Mme [usager]", "inform", partner_name="[usager]")
    assert "Je ne trouve personne" not in answer.text
    assert gives_link(answer)
    claire.slots, claire.form = {}, None
    await claire.press("add_partner", dossier_ref=CLAIRES_DOSSIER)
    answer = await claire.say("Mme [usager]", "inform", partner_name="[usager]")
    assert "annuaire" not in answer.text
    assert gives_link(answer)
    claire.slots, claire.form = {}, None
    await claire.press("remove_partner", dossier_ref=CLAIRES_DOSSIER)
    answer = await claire.say("Mme [usager]", "inform", **MASKED)
    assert "ne fait pas partie" not in answer.text
    assert gives_link(answer)


async def test_who_does_not_know_twice_is_offered_a_person(claire: Dialogue) -> None:
    await claire.press("create_dossier", WEB)
    first = await claire.ask("je ne sais pas", an_act("je ne sais pas", "deny", {"unknown": True}))
    assert "vous ne l’avez pas" in first.text
    second = await claire.ask("aucune idée", an_act("aucune idée", "deny", {"unknown": True}))
    assert "L’équipe SPHERE peut vous aider" in second.text
    assert {"/cancel", "/contact_support"} <= set(second.payloads)
