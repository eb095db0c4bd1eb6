"""Who may not end an access is told who may, and can have the SPHERE team asked in one press."""

from __future__ import annotations

import pytest

from tests.unit.actions.dialogue import WEB, Dialogue, an_act
from tests.unit.harness import CLAIRES_OTHER

REFERENT = "Sophie Leroux"


@pytest.mark.parametrize(
    ("words", "named"),
    [
        ("retire Luce Vidal du 142", {"partner_name": "Luce Vidal", "dossier_ref": "142"}),
        ("enlève l'infirmière Vidal du 142", {"partner_name": "Vidal", "dossier_ref": "142"}),
        ("je veux sortir Vidal du dossier de M. Garnier", {"partner_name": "Vidal", "usager_name": "Garnier"}),
    ],
)
async def test_the_referent_is_named_and_the_team_can_be_asked(claire: Dialogue, words: str, named: dict[str, str]) -> None:
    answer = await claire.say(words, "remove_partner", WEB, **named)
    assert f"Seul le référent du dossier {CLAIRES_OTHER} peut en retirer Luce Vidal\u00a0: {REFERENT}" in answer.text
    assert "Rien n’a été changé" in answer.text
    asked = answer.entities_of("Demander à l’équipe SPHERE")
    assert asked["who"] == "Luce Vidal"
    assert asked["dossier_ref"] == CLAIRES_OTHER
    assert (await claire.press("contact_support", WEB, **asked)).handover is not None


async def test_a_typed_yes_takes_the_offer_up(claire: Dialogue) -> None:
    await claire.say("retire Luce Vidal du 142", "remove_partner", WEB, partner_name="Luce Vidal", dossier_ref="142")
    handed = await claire.say("oui demandez-leur", "affirm", WEB)
    assert handed.handover is not None
    assert "retirer l’accès à Luce Vidal" in str(handed.handover)


async def test_a_card_of_several_offers_it_after_the_yes(claire: Dialogue) -> None:
    remove = an_act("retire Luce Vidal du 142", "remove_partner", partner_name="Luce Vidal", dossier_ref="142")
    add = an_act("ajoute Paul Martin de Vierzon au 142", "add_partner", partner_name="Paul Martin", city="Vierzon", dossier_ref="142")
    card = await claire.ask("retire Luce Vidal du 142 ajoute Paul Martin de Vierzon au 142", remove, add)
    assert REFERENT in card.text
    done = await claire.press("affirm", WEB, basis="consent_given")
    assert "a maintenant accès" in done.text
    assert done.entities_of("Demander à l’équipe SPHERE")["who"] == "Luce Vidal"
