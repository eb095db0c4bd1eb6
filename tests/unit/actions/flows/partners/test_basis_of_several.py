"""What one of several usagers agreed to is no basis for the others."""

from __future__ import annotations

import pytest

from actions.flows.partners.sharing_basis import CARE_TEAM, CONSENT, parse_basis, read_basis
from tests.unit.actions.framework.test_turn import entity, turn

ONE = [
    "Mme Durand est d'accord",
    "elle a donné son accord",
    "le patient consent",
    "accord de la patiente",
    "elle accepte",
    "il est d'accord",
]
ALL = [
    "ils sont d'accord tous les deux",
    "accord recueilli",
    "les patients sont d'accord",
    "leur accord est donné",
    "j'ai l'accord des deux, consentement obtenu",
    "tout le monde est d'accord",
]


@pytest.mark.parametrize("words", ONE)
def test_one_usagers_consent_is_of_that_one(words: str) -> None:
    assert parse_basis(words, several=True) is None
    read = turn(words, entities=[{"entity": "basis", "value": CONSENT, "start": 0, "end": 0}])
    assert read_basis(read, several=True) is None
    assert read_basis(read) == CONSENT


@pytest.mark.parametrize("words", ALL)
def test_the_consent_of_all_is_of_each(words: str) -> None:
    assert parse_basis(words, several=True) == CONSENT


def test_a_button_is_what_it_says() -> None:
    pressed = turn("", entities=[{**entity("basis", CONSENT, CONSENT), "extractor": "button"}])
    assert read_basis(pressed, several=True) == CONSENT


@pytest.mark.parametrize(
    "words",
    [
        "accord recueilli pour Mme Durand",
        "accord écrit de Mme Durand",
        "accord obtenu pour Durand",
        "une fois son accord obtenu",
        "même équipe et accord de Mme Durand",
        "la patiente est informée",
    ],
)
def test_what_is_told_of_one_by_name_is_of_that_one(words: str) -> None:
    assert parse_basis(words, several=True) is None


@pytest.mark.parametrize("words", ["accord recueilli pour tous", "accord écrit de tous les patients", "accords obtenus pour les deux"])
def test_an_accord_for_all_is_of_each(words: str) -> None:
    assert parse_basis(words, several=True) == CONSENT


@pytest.mark.parametrize("words", ["Mme Durand est informée", "la patiente est informée", "Durand est au courant"])
def test_the_model_reads_nothing_of_all_in_what_is_told_of_one(words: str) -> None:
    read = turn(words, entities=[{"entity": "basis", "value": CARE_TEAM, "start": 0, "end": 0, "extractor": "commands"}])
    assert read_basis(read, several=True) is None
