"""By which PractitionerRole somebody is written as a member, and that none is created for a refusal."""

from __future__ import annotations

from typing import Any

import pytest

from bot.dossiers.errors import AccountClosed, NotAMember
from tests.unit.harness import Harness
from tests.unit.sandbox.sandbox_server import Sandbox

REF = "SPH-2024-000137"
G15 = "https://mos.esante.gouv.fr/NOS/TRE_G15-ProfessionSante/FHIR/TRE-G15-ProfessionSante"


def person(sandbox: Sandbox, *, active: bool = True) -> str:
    code = {"coding": [{"system": G15, "code": "60"}]}
    body = {
        "resourceType": "Practitioner",
        "active": active,
        "name": [{"use": "usual", "family": "Nouvelle", "given": ["Inès"]}],
        "telecom": [{"system": "email", "value": "ines@nouvelle.example"}],
        "qualification": [{"code": code}],
    }
    return str(sandbox.post("Practitioner", body).json()["id"])


def role(sandbox: Sandbox, account_id: str, **more: Any) -> str:
    body = {"resourceType": "PractitionerRole", "active": True, "practitioner": {"reference": f"Practitioner/{account_id}"}, **more}
    return f"PractitionerRole/{sandbox.post('PractitionerRole', body).json()['id']}"


async def add(harness: Harness, who: str, *, actor: str = "claire.moreau") -> None:
    doing, added = await harness.account(actor), await harness.account(who)
    await harness.partners.add(REF, doing, added, basis="consent_given", channel="web", key="k1")


async def test_a_role_that_holds_now_with_a_structure_is_taken(harness: Harness, sandbox: Sandbox) -> None:
    account_id = person(sandbox)
    organization = sandbox.post("Organization", {"resourceType": "Organization", "name": "CHU"}).json()["id"]
    role(sandbox, account_id)
    role(sandbox, account_id, active=False, organization={"reference": f"Organization/{organization}"})
    role(sandbox, account_id, period={"end": "2025-12-31"}, organization={"reference": f"Organization/{organization}"})
    at_work = role(sandbox, account_id, organization={"reference": f"Organization/{organization}"})
    await add(harness, "ines@nouvelle.example")
    entry = sandbox.team_of(REF)["participant"][-1]
    assert entry["member"] == {"reference": at_work, "display": "Inès Nouvelle"}
    profession, function = (one["coding"][0] for one in entry["role"])
    assert (profession["system"], profession["code"], function["code"]) == (G15, "60", "PROV")
    assert entry["period"]["start"]


async def test_a_refusal_creates_no_role(harness: Harness, sandbox: Sandbox) -> None:
    account_id = person(sandbox)
    with pytest.raises(NotAMember):
        await add(harness, "ines@nouvelle.example", actor="karim.benali")
    assert sandbox.found("PractitionerRole", practitioner=f"Practitioner/{account_id}") == []
    account = await harness.account("ines@nouvelle.example")
    sandbox.put(sandbox.get(f"Practitioner/{account_id}").json() | {"active": False}).raise_for_status()
    with pytest.raises(AccountClosed):
        await harness.partners.add(REF, await harness.account("claire.moreau"), account, basis="consent_given", channel="web", key="k2")
    assert sandbox.found("PractitionerRole", practitioner=f"Practitioner/{account_id}") == []
