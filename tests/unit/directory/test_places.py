from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.directory.places import departement_code, parse_place, town_key
from bot.directory.records import Practice

TOURS = Practice(city="TOURS CEDEX 9", postal_code="37044", departement="37")
BLOIS = Practice(city="Blois", postal_code="41000", departement="41")
SAINT_CYR = Practice(city="ST CYR SUR LOIRE", postal_code="37540", departement="37")
LE_BLANC = Practice(city="Le Blanc", postal_code="36300", departement="36")
PARIS_12 = Practice(city="Paris 12e Arrondissement", postal_code="75012", departement="75")
INDRE_44 = Practice(city="Indre", postal_code="44610", departement="44")
AJACCIO = Practice(city="Ajaccio", postal_code="20000", departement="2A")
ALL = [TOURS, BLOIS, SAINT_CYR, LE_BLANC, PARIS_12, INDRE_44, AJACCIO]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Tours", [TOURS]),
        ("à tours", [TOURS]),
        ("Tours (37)", [TOURS]),
        ("37044 Tours", [TOURS]),
        ("Tours cedex", [TOURS]),
        ("Tours Nord", [TOURS]),
        ("Blois (37)", []),
        ("41000", [BLOIS]),
        ("41 000", [BLOIS]),
        ("le 37", [TOURS, SAINT_CYR]),
        ("dans le 37", [TOURS, SAINT_CYR]),
        ("Indre-et-Loire", [TOURS, SAINT_CYR]),
        ("en indre et loire", [TOURS, SAINT_CYR]),
        ("dans l'Indre", [LE_BLANC, INDRE_44]),
        ("Saint-Cyr-sur-Loire", [SAINT_CYR]),
        ("St Cyr s/ Loire", [SAINT_CYR]),
        ("saint cyr", [SAINT_CYR]),
        ("au Blanc", [LE_BLANC]),
        ("Le Blanc", [LE_BLANC]),
        ("Bloi", [BLOIS]),
        ("Blios", [BLOIS]),
        ("Paris", [PARIS_12]),
        ("Paris 12e", [PARIS_12]),
        ("Paris 12ème arrondissement", [PARIS_12]),
        ("Paris 13", []),
        ("2A", [AJACCIO]),
        ("Corse-du-Sud", [AJACCIO]),
        ("Centre-Val de Loire", [TOURS, BLOIS, SAINT_CYR, LE_BLANC]),
        ("Ouagadougou", []),
    ],
)
def test_what_people_say(text: str, expected: list[Practice]) -> None:
    known = {town_key(practice.city) for practice in ALL}
    place = parse_place(text).resolved(known.__contains__)
    assert [practice for practice in ALL if place.holds(practice)] == expected


@pytest.mark.parametrize(
    ("given", "postal_code", "expected"),
    [
        ("37", "", "37"),
        ("037", "", "37"),
        ("1", "", "01"),
        ("", "37000", "37"),
        ("", "20200", "2B"),
        ("", "97400", "974"),
        ("", "x", ""),
    ],
)
def test_departement_of_a_row(given: str, postal_code: str, expected: str) -> None:
    assert departement_code(given, postal_code) == expected


@given(st.text(max_size=300))
def test_any_text_is_read(text: str) -> None:
    place = parse_place(text).resolved(lambda town: False)
    place.holds(TOURS)
