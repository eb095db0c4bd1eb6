"""Creating, finding and listing dossiers."""

from __future__ import annotations

import re

import pytest

from tests.conversations.talk import CLAIRE, as_user
from tests.stack import Stack


@pytest.mark.channels("web")
def test_create_then_add_at_once(stack: Stack) -> None:
    claire = as_user(stack, CLAIRE)
    assert "nom de naissance" in claire.say("nouveau dossier pour un patient")
    claire.say("Delaunay")
    claire.say("Marguerite Anne")
    card = claire.say("née le 3 février 1939")  # and so of feminine sex, which the card shows
    for value in ("Delaunay", "Marguerite Anne", "03/02/1939", "féminin"):
        assert value in card
    created = claire.press("Oui, créer")
    reference = re.search(r"SPH-\d{4}-\d{6}", created)
    assert reference, created
    assert "professionnel à ajouter" in created
    card = claire.say("Paul Martin, kiné à Vierzon")
    assert reference[0] in card
    assert "a maintenant accès" in claire.press("accord de l’usager")
    names = " ".join(stack.participants(reference[0]))
    assert "Paul Martin" in names
    assert "Claire Moreau" in names


@pytest.mark.channels("web")
def test_duplicates_are_shown_first(stack: Stack) -> None:
    claire = as_user(stack, CLAIRE)
    claire.say("créer un dossier")
    claire.say("Durand")
    claire.say("Jeanne")
    assert "sexe" in claire.say("12/03/1948")
    shown = claire.press("Féminin")
    assert "peut-être déjà ce dossier" in shown
    assert "SPH-2024-000137" in shown
    assert "aucun dossier n’a été créé" in claire.press("Non")


@pytest.mark.channels("web")
def test_impossible_birth_date(stack: Stack) -> None:
    claire = as_user(stack, CLAIRE)
    claire.say("créer un dossier")
    claire.say("Petit")
    claire.say("Paul")
    assert "n’est pas possible pour une naissance" in claire.say("12/03/2999")
    assert "n’existe pas" in claire.say("31/02/1950")
    assert "date" in claire.say("hier je crois")
    claire.say("annuler")


@pytest.mark.channels("web")
def test_find_and_list(stack: Stack) -> None:
    claire = as_user(stack, CLAIRE)
    assert "SPH-2024-000137" in claire.say("retrouve le dossier de Mme Durand née le 12/03/1948")
    assert "SPH-2024-000137" in claire.say("mes dossiers")
    assert "aucun dossier" in claire.say("retrouve le dossier de M. Inconnuvski")
