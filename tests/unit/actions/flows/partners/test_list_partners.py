"""Whether somebody still has access is answered with the team, whatever the intent; an order beside it is no such question."""

from __future__ import annotations

import pytest

from actions.flows.partners.list_partners import asks_who_still_has_access
from tests.unit.actions.dialogue import WEB, Dialogue
from tests.unit.harness import CLAIRES_DOSSIER


@pytest.mark.parametrize(
    "words",
    [
        "merci ! Inès a encore accès chez Lamy ou pas ?",
        "Noël Boulanger a-t-il toujours accès au 137 ?",
        "la psy a bien accès au dossier ?",
        "est-ce que Paul est toujours dans l’équipe de Mme Durand ?",
        "Luce et Noël ont encore l'accès ou non",
    ],
)
def test_who_still_has_access_is_asked(words: str) -> None:
    assert asks_who_still_has_access(words)


@pytest.mark.parametrize(
    "words",
    [
        "Inès a encore accès, retirez-la vous voulez bien ?",
        "elle a toujours accès à internet au cabinet",
        "il a encore demandé l'accès, donnez-lui non ?",
        "j'ai encore un problème d'accès ?",
        "Paul a un compte ?",
    ],
)
def test_what_asks_something_else_is_not_claimed(words: str) -> None:
    assert not asks_who_still_has_access(words)


@pytest.mark.parametrize("intent", ["find_professional", "faq/who_has_access", "check_request", "inform"])
async def test_the_team_is_the_answer(claire: Dialogue, intent: str) -> None:
    answer = await claire.say(f"Noël Boulanger a encore accès au {CLAIRES_DOSSIER} ou pas ?", intent, WEB, dossier_ref=CLAIRES_DOSSIER)
    assert f"Partenaires du dossier {CLAIRES_DOSSIER}" in answer.text
