"""Searches of the FHIR server, as FHIR R4 has them."""

from __future__ import annotations

import pytest

from tests.unit.sandbox.fhir.responses import PATIENT, outcome
from tests.unit.sandbox.sandbox_server import Sandbox


@pytest.mark.parametrize(
    ("params", "count"),
    [
        ({"identifier": "https://rpps.esante.gouv.fr|99700000013"}, 1),
        ({"identifier": "https://elsewhere.example|99700000013"}, 0),
        ({"identifier": "|99700000013"}, 0),
        ({"identifier": "99700000013,99700000021"}, 2),
        ({"family": "MOREAU", "given": "Clai"}, 1),
        ({"family:exact": "moreau"}, 0),
        ({"family:contains": "orea"}, 1),
        ({"name": "claire moreau"}, 1),
        ({"name": "moreau claire"}, 1),
        ({"email": "Claire.MOREAU@sphere.example"}, 1),
        ({"telecom": "email|claire.moreau@sphere.example"}, 1),
        ({"phone": "claire.moreau@sphere.example"}, 0),
        ({"family": "moreau", "active": "false"}, 0),
    ],
)
def test_practitioners_are_searched(sandbox: Sandbox, params: dict[str, str], count: int) -> None:
    assert len(sandbox.found("Practitioner", **params)) == count


def test_names_are_found_whatever_their_accents(sandbox: Sandbox) -> None:
    created = sandbox.post("Patient", PATIENT).json()
    for params in ({"name": "elan"}, {"family": "ÉLA"}, {"given": "zoe"}, {"_id": created["id"]}):
        assert [r["id"] for r in sandbox.found("Patient", **params)] == [created["id"]]


@pytest.mark.parametrize(("value", "count"), [("1948-03-12", 1), ("1948-03", 1), ("lt1900", 0), ("gt2030-01-01", 0)])
def test_birth_dates_are_searched_with_their_precision(sandbox: Sandbox, value: str, count: int) -> None:
    assert len(sandbox.found("Patient", birthdate=value, family="Durand")) == count


def test_roles_lead_from_a_person_to_an_organization(sandbox: Sandbox) -> None:
    claire = sandbox.practitioner("claire.moreau@sphere.example")
    (role,) = sandbox.found("PractitionerRole", practitioner=f"Practitioner/{claire['id']}")
    (organization,) = sandbox.found("Organization", _id=role["organization"]["reference"].partition("/")[2])
    assert organization["address"][0]["city"] == "Tours"
    assert role in sandbox.found("PractitionerRole", organization=organization["id"])


@pytest.mark.parametrize("params", [{"nonsense": "1"}, {"family:near": "x"}, {"birthdate": "hier"}, {"_count": "-1"}, {"identifier": ""}])
def test_a_search_that_is_not_understood_is_refused(sandbox: Sandbox, params: dict[str, str]) -> None:
    assert outcome(sandbox.get("Patient", **params))[0] == 400
