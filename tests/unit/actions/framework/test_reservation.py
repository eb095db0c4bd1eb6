"""Only a clean yes confirms: what makes one unclean."""

from __future__ import annotations

import pytest

from actions.framework.reservation import names_reservation
from tests.unit.actions.dialogue import WEB, Dialogue
from tests.unit.harness import CLAIRES_DOSSIER

HUGUES = {"partner_name": "Hugues Martin", "city": "Bourges"}
RESERVED = [
    "oui accord du patient mais seulement à partir du 15 décembre",
    "oui, même équipe, mais retirez-la dans 15 jours",
    "ok pour les deux semaines de mes congés",
    "oui enfin non attendez je vérifie avec la famille",
    "d’accord s’il accepte",
    "oui quand sa fille aura signé",
    "oui, jusqu'à vendredi",
    "oui accord du patient, et changez la structure : SSIAD de Châteauroux",
    "ok sauf pour le dossier Lamy",
    "oui pas avant le 3 janvier",
    "oui plutôt au cabinet de Blois",
    "oui " + "merci beaucoup à vous et à toute l'équipe " * 6,
]
CLEAN = [
    "oui",
    "oui merci, bonne journée",
    "c'est bon oui merci, au revoir",
    "oui parfait merci à demain",
    "oui s'il vous plaît",
    "ok si vous voulez bien",
    "mais oui !",
    "oui, accord de l'usager recueilli",
    "oui même équipe, usager informé",
    "allez-y",
    "oui retirez-le",
]


@pytest.mark.parametrize("text", RESERVED)
def test_a_condition_a_time_a_second_thought_or_a_change_is_a_reservation(text: str) -> None:
    assert names_reservation(text)


@pytest.mark.parametrize("text", CLEAN)
def test_thanks_and_the_basis_are_none(text: str) -> None:
    assert not names_reservation(text)


@pytest.mark.parametrize("text", RESERVED)
async def test_an_addition_waits_for_a_clean_yes(claire: Dialogue, text: str) -> None:
    await claire.say(f"ajoute Hugues Martin de Bourges au {CLAIRES_DOSSIER}", "add_partner", WEB, dossier_ref=CLAIRES_DOSSIER, **HUGUES)
    answer = await claire.say(text, "affirm", WEB)
    assert "Je n’ai rien fait" in answer.text
    assert claire.slots.get("basis") is None
    assert await claire.say("oui, accord de l'usager recueilli", "affirm", WEB)
    assert claire.slots.get("basis") is None


@pytest.mark.parametrize("text", RESERVED[3:6])
async def test_a_removal_waits_for_a_clean_yes(claire: Dialogue, text: str) -> None:
    account = await claire.services.identity.person_of(claire.id)
    assert account is not None
    members = await claire.services.partners.list(CLAIRES_DOSSIER, account)
    name = next(member.display for member in members if "Moreau" not in member.display)
    await claire.say(f"retire {name} de {CLAIRES_DOSSIER}", "remove_partner", WEB, partner_name=name, dossier_ref=CLAIRES_DOSSIER)
    answer = await claire.say(text, "affirm", WEB)
    assert "Je n’ai rien fait" in answer.text
    assert claire.slots.get("confirmed") is None


@pytest.mark.parametrize("text", RESERVED[3:6])
async def test_a_creation_waits_for_a_clean_yes(claire: Dialogue, text: str) -> None:
    await claire.press("create_dossier", WEB)
    await claire.say("Quillivic", "inform", WEB)
    await claire.say("Maud", "inform", WEB)
    await claire.say("1931-03-12", "inform", WEB, birth_date="1931-03-12")
    card = await claire.say("féminin", "inform", WEB)
    assert "Quillivic" in card.text
    assert "Voulez-vous créer ce dossier" in (await claire.say(text, "affirm", WEB)).text
    assert claire.slots.get("confirmed") is None


@pytest.mark.parametrize("text", RESERVED[3:6])
async def test_an_account_request_waits_for_a_clean_yes(claire: Dialogue, text: str) -> None:
    entities = {"partner_name": "Maud Quillivic", "profession": "infirmière", "city": "Blois"}
    answer = await claire.say("un compte pour Maud Quillivic, infirmière à Blois", "request_account", WEB, **entities)
    for _ in range(12):
        if claire.slots.get("requested_slot") == "confirmed":
            break
        words = "maud@cabinet.example" if "email" in str(claire.slots.get("requested_slot")) else "passer"
        answer = await claire.say(words, "inform", WEB)
    assert "Quillivic" in answer.text
    assert "Je n’ai rien fait" in (await claire.say(text, "affirm", WEB)).text
    assert claire.slots.get("confirmed") is None
