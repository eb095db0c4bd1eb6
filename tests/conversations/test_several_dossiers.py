"""One wish for several dossiers, and « pareil »: each has its card, and nothing that was asked is lost."""

from __future__ import annotations

import pytest

from tests.conversations.talk import CLAIRE, as_user
from tests.stack import Stack

pytestmark = pytest.mark.channels("web")
"""Usagers are named."""

DURAND, GARNIER = "SPH-2024-000137", "SPH-2024-000142"
DATES = "du 21 décembre au 3 janvier"
PERIOD = "à partir du 21 décembre, jusqu’au 3 janvier"


def is_member(stack: Stack, name: str, *dossiers: str) -> list[bool]:
    """Whether somebody takes part, or will, in each of these dossiers."""
    return [any(name in member for member in stack.participants(dossier)) for dossier in dossiers]


def test_a_stand_in_for_several_dossiers_named_by_their_usagers(stack: Stack) -> None:
    claire = as_user(stack, CLAIRE)
    card = claire.say(f"Ajouter Nathalie Martin de Blois sur les dossiers de Jeanne Durand et Marcel Garnier {DATES}")
    assert "Il restera ensuite" in card
    assert "Garnier" in card
    assert PERIOD in card
    card = claire.press("même équipe")
    assert f"Ensuite, le dossier {GARNIER}" in card
    assert PERIOD in card.split("Ensuite, le dossier", maxsplit=1)[1]


def test_the_same_for_another_dossier(stack: Stack) -> None:
    claire = as_user(stack, CLAIRE)
    asked = claire.say("Et Paul Martin de Vierzon sur le dossier de Jeanne Durand mêmes dates")
    assert "Du quand au quand" in asked
    assert PERIOD in claire.say(DATES)
    claire.say("oui, même équipe, usager informé")
    card = claire.say("La même chose pour M. Garnier")
    assert f"Comme pour le dossier {DURAND}" in card
    assert PERIOD in card.split("Voulez-vous", maxsplit=1)[0]
    assert is_member(stack, "Paul Martin", DURAND) == [True]
    claire.say("oui")
    assert is_member(stack, "Paul Martin", DURAND, GARNIER) == [True, True]


def test_a_yes_with_more(stack: Stack) -> None:
    claire = as_user(stack, CLAIRE)
    assert PERIOD in claire.say(f"ajoute Aurore Souleault au dossier {DURAND} {DATES}")
    card = claire.say("Oui c'est la même équipe, les patients sont prévenus. Et pareil pour M. Garnier, mêmes dates")
    assert is_member(stack, "Souleault", DURAND) == [True]
    assert GARNIER in card
    assert "Souleault" in card
    assert PERIOD in card.split("Ensuite", maxsplit=1)[1]
    claire.say("oui")
    assert is_member(stack, "Souleault", DURAND, GARNIER) == [True, True]
