"""What may follow a yes as a wish of its own, and what holds the yes back."""

from __future__ import annotations

import pytest

from actions.framework.yes_and import further_wish
from tests.unit.actions.framework.test_turn import turn


@pytest.mark.parametrize(
    "text", ["oui, et Caron aussi", "ok et puis enlevez Caron", "oui. et Olivier à partir du 16", "oui merci, et ajoutez aussi Vidal"]
)
def test_a_wish_after_a_yes(text: str) -> None:
    assert further_wish(turn(text)) is not None


@pytest.mark.parametrize(
    "text",
    [
        "Merci et Caron aussi",
        "Merci. Et Caron, je la préviens",
        "oui et puis en fait c'est Caron",
        "oui et uniquement Caron",
        "oui et Caron à sa place",
        "oui et demandez d'abord à Caron",
        "ok et je reviens vers vous, Caron hésite",
        "oui et laissez tomber Caron",
        "oui et Caron dès qu'elle est d'accord",
        "oui et Caron une fois que c'est signé",
        "ok et pourquoi Caron est là",
        "parfait et qui a ajouté Caron",
        "oui et Caron garde son accès",
    ],
)
def test_what_may_hold_the_yes_back(text: str) -> None:
    assert further_wish(turn(text)) is None
