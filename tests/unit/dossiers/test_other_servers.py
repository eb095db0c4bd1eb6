"""References to other servers: nobody of theirs is taken for one of our accounts, and nothing of theirs is changed."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest

from bot.dossiers.care_teams import CareTeams
from bot.dossiers.errors import Elsewhere, NotAllowed, NotAMember
from bot.dossiers.partners import Outcome
from bot.dossiers.period import AccessPeriod
from bot.dossiers.practitioner_roles import PractitionerRoles
from bot.fhir.client import FhirClient
from tests.unit.dossiers.test_published_care_teams import REF, REFERENT, a_patient, a_team, entry, listed
from tests.unit.harness import Harness
from tests.unit.sandbox.sandbox_server import Sandbox

HOW: dict[str, Any] = {"channel": "web", "conversation_id": "chat"}
OTHERS = ["https://hopital.example/fhir", "http://hapi.internal:8080/fhir"]
INTERNAL = OTHERS[1]


@pytest.fixture
async def behind(harness: Harness, sandbox: Sandbox) -> AsyncIterator[Harness]:
    """A platform whose resources call each other by an address within."""
    plain, harness.fhir = harness.fhir, FhirClient(sandbox.fhir, sandbox.token, aliases=[INTERNAL])
    yield harness
    await harness.fhir.aclose()
    harness.fhir = plain


@pytest.mark.parametrize("server", OTHERS)
async def test_somebody_of_another_server_is_shown_and_is_nobody_here(harness: Harness, sandbox: Sandbox, server: str) -> None:
    claire, paul = await harness.account("claire.moreau"), await harness.account("paul.martin")
    elsewhere = {"member": {"reference": f"{server}/{paul.reference}", "display": "Paul d’ailleurs"}, "period": {"start": "2014"}}
    a_team(sandbox, a_patient(sandbox), [entry(claire.reference, role=[REFERENT]), elsewhere])
    with pytest.raises(NotAMember):
        await harness.partners.list(REF, paul)
    assert REF not in {one.reference for one in await harness.dossiers.of_member(paul, None)}
    _, other = await listed(harness)
    assert (other.display, other.account_id, other.elsewhere) == ("Paul d’ailleurs", None, True)
    assert other.unnamed.display == "Paul d’ailleurs"
    for refused, act in enumerate((Elsewhere, NotAllowed)):
        with pytest.raises(act):
            await harness.partners.remove(REF, claire, other.reference, key=f"r{refused}", **HOW)
    with pytest.raises(Elsewhere):
        await harness.partners.set_period(REF, claire, other.reference, AccessPeriod(), key="d1", **HOW)
    assert sandbox.team_of(REF)["participant"][1] == elsewhere
    assert paul.id not in (await CareTeams(harness.fhir, harness.clock).read(REF)).account_ids
    assert await harness.partners.add(REF, claire, paul, basis="consent_given", channel="web", key="a1") is Outcome.ADDED


@pytest.mark.parametrize("kind", ["RelatedPerson", "Practitioner"])
async def test_without_a_name_they_are_called_what_they_are(harness: Harness, sandbox: Sandbox, kind: str) -> None:
    claire = await harness.account("claire.moreau")
    a_team(sandbox, a_patient(sandbox), [entry(claire.reference, role=[REFERENT]), entry(f"{OTHERS[0]}/{kind}/1/_history/2")])
    _, other = await listed(harness)
    assert (
        other.display
        == {
            "RelatedPerson": "Membre sans nom (proche de l’usager)",
            "Practitioner": "Membre sans nom (professionnel)",
        }[kind]
    )
    assert other.unnamed.display == {"RelatedPerson": "Un proche de l’usager", "Practitioner": other.display}[kind]


@pytest.mark.parametrize("where", ["ours", "within"])
async def test_an_absolute_reference_of_our_own_is_one_of_ours(behind: Harness, sandbox: Sandbox, where: str) -> None:
    claire, paul = await behind.account("claire.moreau"), await behind.account("paul.martin")
    base, patient = {"ours": sandbox.fhir, "within": INTERNAL}[where], a_patient(sandbox)
    members = [entry(claire.reference, role=[REFERENT]), entry(f"{base}/{paul.reference}/_history/3")]
    a_team(sandbox, patient, members)
    assert {one.account_id for one in await behind.partners.list(REF, claire)} == {claire.id, paul.id}
    assert await behind.partners.remove(REF, claire, paul.reference, key="r1", **HOW) is Outcome.REMOVED
    assert sandbox.team_of(REF)["participant"][1]["member"] == members[1]["member"]


@pytest.mark.parametrize("server", OTHERS)
async def test_a_team_of_another_servers_patient_is_of_no_dossier_here(harness: Harness, sandbox: Sandbox, server: str) -> None:
    claire, patient = await harness.account("claire.moreau"), a_patient(sandbox)
    a_team(sandbox, patient, [entry(claire.reference)], subject={"reference": f"{server}/Patient/{patient}"})
    with pytest.raises(NotAMember):
        await harness.partners.list(REF, claire)
    assert REF not in await CareTeams(harness.fhir, harness.clock).references_of(claire.id)


@pytest.mark.parametrize("server", OTHERS)
async def test_a_role_of_another_servers_practitioner_is_nobodys_account(harness: Harness, sandbox: Sandbox, server: str) -> None:
    claire, paul = await harness.account("claire.moreau"), await harness.account("paul.martin")
    role = {"resourceType": "PractitionerRole", "active": True, "practitioner": {"reference": f"{server}/{paul.reference}"}}
    foreign = f"PractitionerRole/{sandbox.post('PractitionerRole', role).json()['id']}"
    a_team(sandbox, a_patient(sandbox), [entry(claire.reference, role=[REFERENT]), entry(foreign)])
    assert paul.id not in {one.account_id for one in await listed(harness)}
    with pytest.raises(NotAMember):
        await harness.partners.list(REF, paul)
    assert (await PractitionerRoles(harness.fhir, harness.clock).member_of(paul.id)).reference != foreign


async def test_who_added_somebody_elsewhere_has_no_rights_here(harness: Harness, sandbox: Sandbox) -> None:
    claire, paul = await harness.account("claire.moreau"), await harness.account("paul.martin")
    added_by = {"url": "urn:sphere:added-by", "valueReference": {"reference": f"{OTHERS[0]}/{paul.reference}"}}
    a_team(sandbox, a_patient(sandbox), [entry(claire.reference, extension=[added_by]), entry(paul.reference)])
    with pytest.raises(NotAllowed):
        await harness.partners.set_period(REF, paul, claire.reference, AccessPeriod(), key="d1", **HOW)
