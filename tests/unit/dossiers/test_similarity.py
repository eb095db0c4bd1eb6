"""Similarity of usagers: names with typing errors, birth dates that nearly agree, twins."""

from __future__ import annotations

from datetime import date

import pytest

from bot.dossiers.dossiers import Usager
from bot.dossiers.similarity import may_be_same, name_matches

JEANNE = Usager("Durand", "Jeanne", date(1948, 3, 12), "female")


@pytest.mark.parametrize(
    ("wanted", "name", "same"),
    [
        ("Lemaître", "Odette Lemaitre", True),
        ("odette le maitre", "Odette Lemaitre", False),
        ("Leclerc", "Suzanne Leclercq", True),
        ("Da", "Andrée Da Silva", True),
        ("Jo", "Jeanne Durand", False),
        ("", "Jeanne Durand", False),
    ],
)
def test_names_match(wanted: str, name: str, same: bool) -> None:
    assert name_matches(wanted, name) is same


def test_twins_are_not_taken_for_one_another() -> None:
    twin = Usager("Durand", "Marie", JEANNE.birth_date, "female")
    assert not may_be_same(JEANNE, twin)
    assert may_be_same(JEANNE, Usager("Durand", "Jeanne", date(1948, 3, 13), "female"))
    assert not may_be_same(JEANNE, Usager("Durand", "Jeanne", date(1984, 6, 13), "female"))
