"""An account request that is sent: its requester withdraws it; a correction goes to the team with the reference."""

from __future__ import annotations

import pytest

from actions.flows.partners.undo_request import takes_back_request
from tests.unit.actions.dialogue import WEB, Answer, Dialogue, an_act
from tests.unit.harness import CLAIRES_DOSSIER, CLAIRES_OTHER, Harness

LEILA, DC = "Leïla Benali", "DC-2026-000001"


async def send(dialogue: Dialogue) -> Answer:
    """Ask for the account of somebody who is to have access to a dossier."""
    words = f"ajoute {LEILA}, cardiologue à Tours, au dossier {CLAIRES_DOSSIER}"
    await dialogue.say(words, "add_partner", WEB, partner_name=LEILA, profession="cardiologue", city="Tours", dossier_ref=CLAIRES_DOSSIER)
    return await dialogue.press("affirm", WEB, basis="consent_given")


async def state(harness: Harness) -> str:
    (request,) = await harness.account_requests.list()
    return request.state


@pytest.mark.parametrize(
    ("words", "intent"),
    [
        ("ah zut, vous pouvez annuler ce que vous venez de faire ?", "cancel"),
        (f"retirez la demande de compte pour {LEILA}", "remove_partner"),
        (f"non, je veux annuler la demande {DC}, elle n’est pas encore traitée j’espère", "check_request"),
        ("et la demande de Benali tu l’annule ?", "nlu_fallback"),
        ("annulez la demande", "cancel"),
    ],
)
async def test_its_requester_withdraws_a_sent_request_after_one_confirmation(
    claire: Dialogue, harness: Harness, words: str, intent: str
) -> None:
    assert DC in (await send(claire)).text
    named = {name: name for name in (LEILA, "Benali") if name in words}
    card = await claire.say(words, intent, WEB, **({"partner_name": next(iter(named))} if named else {}))
    assert DC in card.text
    assert "Voulez-vous retirer cette demande" in card.text
    assert await state(harness) == "received"
    done = await claire.say("oui", "affirm", WEB)
    assert f"la demande de compte {DC} pour" in done.text
    assert "ne sera pas traitée" in done.text
    assert await state(harness) == "withdrawn"
    again = await claire.say(f"annulez la demande {DC}", "cancel", WEB)
    assert "déjà retirée" in again.text
    assert "retirée avant traitement" in (await claire.say(f"où en est {DC} ?", "check_request", WEB)).text


async def test_a_no_keeps_the_request(claire: Dialogue, harness: Harness) -> None:
    await send(claire)
    await claire.say("annulez la demande", "cancel", WEB)
    assert "je laisse tout en l’état" in (await claire.say("non", "deny", WEB)).text
    assert await state(harness) == "received"


async def test_of_a_created_account_the_team_is_asked_in_one_press(claire: Dialogue, harness: Harness) -> None:
    await send(claire)
    await harness.account_requests.create(DC)
    answer = await claire.say(f"annulez la demande {DC}", "cancel", WEB)
    assert "seule l’équipe SPHERE peut encore le fermer" in answer.text
    assert DC in answer.entities_of("Demander à l’équipe SPHERE")["who"]


@pytest.mark.parametrize(
    ("words", "intent"),
    [
        ("dites à l’équipe que c’est Benaly avec un y", "contact_support"),
        ("et en fait je reprends le 13 donc plutôt jusqu’au 12", "inform"),
        ("changez la date de fin de Benali, jusqu’au 12 pas le 13", "nlu_fallback"),
    ],
)
async def test_a_correction_of_a_sent_request_goes_to_the_team_with_its_reference(claire: Dialogue, words: str, intent: str) -> None:
    await send(claire)
    answer = await claire.say(words, intent, WEB, **({"partner_name": "Benali"} if "Benali" in words else {}))
    assert "déjà partie" in answer.text
    assert DC in answer.text
    facts = answer.entities_of("Demander à l’équipe SPHERE")
    asked = await claire.press("contact_support", WEB, **facts)
    assert asked.handover is not None
    assert asked.handover["task"].startswith(f"corriger la demande de compte {DC}")


@pytest.mark.parametrize(
    ("words", "meant"),
    [
        ("qui a annulé la demande de Ruiz ?", False),
        ("n’annulez pas la demande", False),
        ("annule ma demande à l’équipe", False),
        ("retirez Luce Vidal à la demande de Mme Petit", False),
        ("c’est la demande de Hugues Martin qu’il faut arrêter", True),
    ],
)
def test_what_withdraws_a_request(words: str, meant: bool) -> None:
    assert takes_back_request(words) is meant


@pytest.mark.parametrize(
    ("words", "intent", "entities"),
    [
        ("elle a accès ou pas ?", "list_partners", {}),
        ("c'est bon pour Benali ?", "affirm", {"usager_name": "Benali"}),
        ("elle a reçu ses codes ?", "lost_access", {}),
        ("ça y est pour Leïla Benali ?", "find_professional", {"partner_name": "Leïla Benali"}),
    ],
)
async def test_who_waits_for_an_account_has_access_after_it(claire: Dialogue, words: str, intent: str, entities: dict[str, str]) -> None:
    await send(claire)
    answer = await claire.say(words, intent, WEB, **entities)
    assert DC in answer.text
    assert "L’accès suivra dès que le compte est créé" in answer.text


@pytest.mark.parametrize(
    ("words", "entities"),
    [
        ("qui a accès ?", {}),
        ("c'est bon pour M. Garnier ?", {"usager_name": "Garnier"}),
        ("Paul Martin a accès ?", {"partner_name": "Paul Martin"}),
        ("elle a accès, retirez-la", {}),
        ("est-ce que j'ai accès ?", {}),
    ],
)
async def test_other_questions_are_not_about_the_request(claire: Dialogue, words: str, entities: dict[str, str]) -> None:
    await send(claire)
    answer = await claire.say(words, "list_partners", WEB, **entities)
    assert "L’accès suivra" not in answer.text


async def test_who_waits_for_an_account_is_found_through_the_request(claire: Dialogue) -> None:
    await send(claire)
    record = {
        "family": "Zwartkowski",
        "given": "Sandrine",
        "profession": "secrétaire médicale",
        "organization": "Cabinet du Mail",
        "city": "Tours",
        "email": "s.z@cabinet.example",
    }
    (act,) = claire.slots["last_acts"]
    claire.slots["last_acts"] = [{**act, "name": "Sandrine Zwartkowski", "partner": None, "record": record}]
    claire.slots["last_partner"] = "Sandrine Zwartkowski"
    words = "ajoute-la aussi chez M. Garnier"
    asked = await claire.ask(words, an_act(words, "add_partner", {"partner": "same"}, usager_name="Garnier"))
    assert DC in asked.text
    assert CLAIRES_OTHER in asked.text
    await claire.press("request_account", WEB)
    assert claire.slots["requested_slot"] == "basis"
    card = await claire.press("inform", WEB, basis="consent_given")
    assert "Zwartkowski" in card.text
    assert "Secrétaire médicale" in card.text
    assert "s.z@cabinet.example" in card.text
