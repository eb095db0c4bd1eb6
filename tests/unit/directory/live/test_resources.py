"""Resources of the Annuaire Santé as people: what varies between servers and editions, and what is broken."""

from __future__ import annotations

from typing import Any

import pytest

from bot.directory.live.ports import referred_id
from bot.directory.live.resources import key_of, professional_of
from tests.unit.directory.live.annuaire_server import organization, practitioner, role

RPPS = "99900000077"
IDNPS, RPPS_SYSTEM = "urn:oid:1.2.250.1.71.4.2.1", "https://rpps.esante.gouv.fr"


def numbered(*identifiers: tuple[str, str]) -> dict[str, Any]:
    return {"identifier": [{"system": system, "value": value} for system, value in identifiers]}


@pytest.mark.parametrize(
    ("identifiers", "key"),
    [
        ([(IDNPS, f"8{RPPS}"), (RPPS_SYSTEM, RPPS)], f"8{RPPS}"),
        ([(RPPS_SYSTEM, RPPS)], f"8{RPPS}"),
        ([(IDNPS, RPPS)], f"8{RPPS}"),  # bare, as the ROR has it
        ([(IDNPS, "0379900011")], "0379900011"),
        ([(IDNPS, "379900011")], "0379900011"),
        ([("http://rpps.fr", RPPS)], ""),
        ([(IDNPS, "12")], ""),
        ([], ""),
    ],
)
def test_the_key_is_that_of_the_imported_list(identifiers: list[tuple[str, str]], key: str) -> None:
    assert key_of(numbered(*identifiers)) == key


def test_the_name_is_the_one_that_is_used_and_the_profession_has_its_label() -> None:
    resource = practitioner(RPPS, "NOUVEAU", "DAVID", profession="21", civility="M")
    resource["name"] = [{"use": "old", "family": "ANCIEN", "given": ["DAVID"]}, *resource["name"]]
    person = professional_of(resource, [], {})
    assert person is not None
    assert (person.display, person.profession_code, person.profession) == ("M. David Nouveau", "21", "Pharmacien")
    assert person.email == "david.nouveau@invente.mssante.fr"


def test_an_address_of_mssante_comes_before_another_one() -> None:
    resource = practitioner(RPPS, "NOUVEAU", "DAVID")
    resource["telecom"].insert(0, {"system": "email", "value": "david@cabinet.example"})
    person = professional_of(resource, [role(RPPS, "org")], {"org": organization("org", "CABINET", "TOURS", "37000")})
    assert person is not None
    assert person.practice.email == "david.nouveau@invente.mssante.fr"


def test_a_written_line_counts_as_one_that_is_told_in_parts() -> None:
    structure = organization("org", "CABINET", "TOURS", "37000")
    structure["address"][0] |= {"line": ["3 place de l’Essai"]}
    person = professional_of(practitioner(RPPS, "NOUVEAU", "DAVID"), [role(RPPS, "org")], {"org": structure})
    assert person is not None
    assert person.practice.address == ("3 place de l’Essai",)


@pytest.mark.parametrize("change", [{"active": False}, {"active": None}, {"name": []}, {"identifier": []}, {"name": [{"given": ["A"]}]}])
def test_who_is_not_active_or_hardly_told_is_nobody(change: dict[str, Any]) -> None:
    assert professional_of(practitioner(RPPS, "NOUVEAU", "DAVID") | change, [], {}) is None


BROKEN: list[dict[str, Any]] = [
    {"qualification": None},
    {"qualification": [{"code": None}, {"code": {"coding": [{"system": 3}]}}, "x"]},
    {"telecom": [{"system": "email"}, None]},
    {"name": [{"family": "NOUVEAU", "given": None, "prefix": "M"}]},
]


@pytest.mark.parametrize("change", BROKEN)
def test_what_is_broken_is_left_out(change: dict[str, Any]) -> None:
    broken_role = role(RPPS, "org") | {"code": [None, {"coding": None}], "organization": None}
    person = professional_of(practitioner(RPPS, "NOUVEAU", "DAVID") | change, [broken_role], {"org": {"address": [None], "telecom": None}})
    assert person is not None
    assert person.key == f"8{RPPS}"


@pytest.mark.parametrize(
    ("reference", "target"),
    [
        ({"reference": "Practitioner/003-1"}, "003-1"),
        ({"reference": "https://gateway.example/fhir/v2/Organization/001-2/_history/3"}, "001-2"),
        ({"display": "nobody"}, ""),
        (None, ""),
    ],
)
def test_references_may_be_absolute(reference: object, target: str) -> None:
    assert referred_id(reference) == target
