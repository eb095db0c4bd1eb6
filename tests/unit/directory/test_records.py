from __future__ import annotations

import json

import pytest

from bot.directory import Practice, Professional, rpps_luhn_ok
from bot.directory.records import proper_case
from bot.sandbox.demo_directory import DEMO_PEOPLE, invented_rpps


def test_display_is_how_people_write_it() -> None:
    assert DEMO_PEOPLE["Leïla Benali"].display == "Dr Leïla Benali"
    assert DEMO_PEOPLE["Claire Moreau"].display == "Mme Claire Moreau"
    assert Professional(key="8", family="DE LA ROCHE-SUR-YON", given="JEAN-PAUL", civility="M").display == (
        "M. Jean-Paul de La Roche-Sur-Yon"
    )


def test_a_name_in_mixed_case_is_left_alone() -> None:
    assert proper_case("McAllister") == "McAllister"


@pytest.mark.parametrize("person", DEMO_PEOPLE.values(), ids=lambda person: person.display)
def test_json_round_trip(person: Professional) -> None:
    assert Professional.from_dict(json.loads(json.dumps(person.to_dict()))) == person


def test_a_person_without_practice_has_empty_contacts() -> None:
    person = Professional(key="810001234567", family="X")
    assert (person.practice, person.email, person.phone, person.city) == (Practice(), "", "", "")


def test_luhn() -> None:
    assert rpps_luhn_ok(invented_rpps(42))
    assert not rpps_luhn_ok("10001234567")
    assert not any(map(rpps_luhn_ok, ("", "1", "1000123456a", "१०००१२३४५६७")))
