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
    asked = claire.say("Ajoutez Thierry Olivier au dossier de Jeanne Durand, mêmes dates")
    assert "De quel jour à quel jour" in asked
    assert PERIOD in claire.say(DATES)
    assert f"aura accès au dossier {DURAND} {PERIOD}" in claire.say("oui, même équipe, usager informé")
    card = claire.say("La même chose pour M. Garnier")
    assert f"Comme pour le dossier {DURAND}" in card
    assert PERIOD in card.split("Voulez-vous", maxsplit=1)[0]
    assert f"aura accès au dossier {GARNIER} {PERIOD}" in claire.say("oui")
    assert "Thierry Olivier" in claire.say(f"montre-moi les partenaires du dossier {GARNIER}")


def test_a_yes_with_more(stack: Stack) -> None:
    claire = as_user(stack, CLAIRE)
    assert PERIOD in claire.say(f"ajoute Aurore Souleault au dossier {DURAND} {DATES}")
    card = claire.say("Oui c'est la même équipe, les patients sont prévenus. Et pareil pour M. Garnier, mêmes dates")
    assert f"aura accès au dossier {DURAND} {PERIOD}" in card
    assert GARNIER in card
    assert PERIOD in card.split("Ensuite", maxsplit=1)[1]
    assert f"aura accès au dossier {GARNIER} {PERIOD}" in claire.say("oui")
