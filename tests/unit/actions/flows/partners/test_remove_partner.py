"""Removing a partner."""

from __future__ import annotations

import pytest

from bot.accounts.registry import Account
from tests.unit.actions.dialogue import WEB, Dialogue
from tests.unit.harness import CLAIRES_DOSSIER


async def account_of(dialogue: Dialogue) -> Account:
    """Return the account that a conversation is linked to."""
    account = await dialogue.services.identity.person_of(dialogue.id)
    assert account is not None
    return account


async def test_the_member_is_named_before_the_dossier(claire: Dialogue) -> None:
    members = await claire.services.partners.list(CLAIRES_DOSSIER, await account_of(claire))
    name = next(p.display for p in members if "Moreau" not in p.display)
    assert "De quel dossier" in (await claire.say(f"retire {name}", "remove_partner", WEB, partner_name=name)).text
    card = await claire.say("Durand", "inform", WEB, partner_name="Durand")
    assert f"{name}" in card.text
    assert "Voulez-vous lui retirer l’accès" in card.text


async def test_a_correction_without_a_name_asks_who(claire: Dialogue) -> None:
    members = await claire.services.partners.list(CLAIRES_DOSSIER, await account_of(claire))
    name = next(p.display for p in members if "Moreau" not in p.display)
    await claire.say(f"retire {name} de {CLAIRES_DOSSIER}", "remove_partner", WEB, partner_name=name, dossier_ref=CLAIRES_DOSSIER)
    answer = await claire.say("je me suis trompé de personne", "correct", WEB)
    assert "À qui faut-il retirer l’accès" in answer.text


@pytest.mark.parametrize("words", ["retire-moi du 137", "je quitte le 137", "je n’interviens plus au 137", "retirez mon accès au 137"])
async def test_who_leaves_is_the_speaker_where_the_words_say_so(claire: Dialogue, words: str) -> None:
    answer = await claire.say(words, "remove_partner", WEB, dossier_ref=CLAIRES_DOSSIER)
    assert "il ne peut pas rester sans référent" in answer.text


@pytest.mark.parametrize(
    "words", ["je veux qu'on l'enlève ce monsieur, au 137", "Retirez tt le monde du 137 sauf moi", "on m'a demandé de l'enlever du 137"]
)
async def test_a_pronoun_alone_does_not_make_the_speaker_leave(claire: Dialogue, words: str) -> None:
    answer = await claire.say(words, "remove_partner", WEB, dossier_ref=CLAIRES_DOSSIER)
    assert "À qui faut-il retirer l’accès" in answer.text
    assert claire.slots.get("member") is None
