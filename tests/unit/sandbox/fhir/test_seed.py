"""The demo data is valid, and the same in every installation."""

from __future__ import annotations

from bot.sandbox.fhir.seed import demo_resources
from bot.sandbox.fhir.validation import validate_resource


def test_the_seed_is_always_the_same_and_valid() -> None:
    resources = demo_resources()
    assert resources == demo_resources()
    known = {f"{r['resourceType']}/{r['id']}" for r in resources}
    assert len(known) == len(resources)
    for resource in resources:
        validate_resource(resource["resourceType"], resource)
    for team in (r for r in resources if r["resourceType"] == "CareTeam"):
        patient = next(r for r in resources if f"Patient/{r['id']}" == team["subject"]["reference"])
        assert patient["name"][0]["family"] not in team["name"]
        assert {p["member"]["reference"] for p in team["participant"]} <= known
