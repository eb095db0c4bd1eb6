"""Adding somebody whose e-mail address nobody knows: the account is requested without it, and nothing else changes by that answer."""

from __future__ import annotations

import pytest

from bot.accounts.tables import AccountRequest
from tests.unit.actions.dialogue import WEB, Answer, Dialogue, an_act
from tests.unit.harness import CLAIRES_DOSSIER, Harness

WORDS = f"ajoute Étienne Martin d'Orléans au {CLAIRES_DOSSIER}"
ETIENNE = {"partner_name": "Étienne Martin", "city": "Orléans", "dossier_ref": CLAIRES_DOSSIER}
TO_COMPLETE = "E-mail\u00a0: à compléter par l’équipe SPHERE"


async def sent(claire: Dialogue, harness: Harness, card: Answer) -> None:
    """Confirm the card, and see the request without an address."""
    assert TO_COMPLETE in card.text
    done = await claire.press("affirm", WEB, basis="consent_given")
    assert "qui complétera son adresse e-mail" in done.text
    (request,) = await harness.rows(AccountRequest)
    assert (request.email, request.fiche["family"]) == (None, "Martin")


@pytest.mark.parametrize(
    ("words", "intent", "says"),
    [
        ("je ne sais pas", "deny", {"unknown": True}),
        ("Ça je ne sais pas.", "deny", {"unknown": True}),
        ("Je ne l'ai pas.", "inform", {}),
        ("je c pas", "deny", {}),
        ("jsp", "inform", {}),
        ("inconnu", "deny", {"unknown": True}),
        ("sans mail", "manage_notifications", {}),
        ("j'en sé rien moi son mail", "deny", {"unknown": True}),
    ],
)
async def test_an_address_that_nobody_knows(claire: Dialogue, words: str, intent: str, says: dict[str, bool]) -> None:
    asked = await claire.say(WORDS, "add_partner", WEB, **ETIENNE)
    assert "Je ne l’ai pas" in asked.titles
    before = {**claire.slots}
    card = await claire.ask(words, an_act(words, intent, says))
    changed = {name for name in claire.slots if claire.slots[name] != before.get(name)} - {"heard", "requested_slot"}
    assert changed == {"partner_email"}
    assert TO_COMPLETE in card.text


async def test_the_button_sends_the_request_without_it(claire: Dialogue, harness: Harness) -> None:
    await claire.say(WORDS, "add_partner", WEB, **ETIENNE)
    await sent(claire, harness, await claire.press("inform", WEB, skip="1"))


@pytest.mark.parametrize(
    "words", [f"{WORDS}, j'ai pas son mail", f"{WORDS}. Pas d'adresse mail connue.", f"{WORDS}, son mail j'en sais rien"]
)
async def test_said_in_the_first_message_it_is_not_asked(claire: Dialogue, harness: Harness, words: str) -> None:
    await sent(claire, harness, await claire.say(words, "add_partner", WEB, **ETIENNE))


async def test_said_before_the_person_it_is_kept(claire: Dialogue, harness: Harness) -> None:
    await claire.say(f"ajoute quelqu'un au {CLAIRES_DOSSIER}, je n'ai pas son mail", "add_partner", WEB, dossier_ref=CLAIRES_DOSSIER)
    await sent(claire, harness, await claire.say("Étienne Martin d'Orléans", "inform", WEB, partner_name="Étienne Martin", city="Orléans"))


async def test_an_address_that_turns_up_counts(claire: Dialogue) -> None:
    await claire.say(f"{WORDS}, j'ai pas son mail", "add_partner", WEB, **ETIENNE)
    card = await claire.say("si, e.martin@loire.example", "inform", WEB, email="e.martin@loire.example")
    assert "e.martin@loire.example" in card.text
    assert TO_COMPLETE not in card.text


@pytest.mark.parametrize("start", [WORDS, f"{WORDS}, j'ai pas son mail", "ajoute quelqu'un, je n'ai pas son mail"])
async def test_said_again_it_declines_nothing(claire: Dialogue, start: str) -> None:
    await claire.say(start, "add_partner", WEB, **(ETIENNE if "Martin" in start else {}))
    if start == WORDS:
        await claire.press("inform", WEB, skip="1")
    question, said = claire.slots["requested_slot"], an_act("je n'ai pas son mail", "deny", {"unknown": True})
    answer = await claire.ask("je n'ai pas son mail", said)
    assert (claire.form, claire.slots["requested_slot"]) == ("add_partner_form", question)
    assert "C’est noté" in answer.text


async def test_no_is_no(claire: Dialogue) -> None:
    await claire.say(WORDS, "add_partner", WEB, **ETIENNE)
    assert "abandonné" in (await claire.say("non", "deny", WEB)).text
    assert claire.form is None


async def test_who_has_an_address_in_the_directory_keeps_it(claire: Dialogue) -> None:
    words = f"ajoute Hugues Martin de Bourges au {CLAIRES_DOSSIER}, je n'ai pas son mail"
    await claire.say(words, "add_partner", WEB, partner_name="Hugues Martin", city="Bourges", dossier_ref=CLAIRES_DOSSIER)
    assert claire.slots["partner_email"] != "-"
