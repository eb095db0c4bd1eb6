"""What earlier versions wrote is read as before: members who are Practitioners, roles by their text, numbers without a type."""

from __future__ import annotations

from typing import Any

from bot.dossiers.partners import Outcome
from tests.unit.harness import Harness
from tests.unit.sandbox.sandbox_server import Sandbox

REF = "SPH-2025-900001"
RPPS = "10009876543"


def old_account(family: str, email: str) -> dict[str, Any]:
    return {
        "resourceType": "Practitioner",
        "active": True,
        "identifier": [
            {"system": "urn:sphere:account-request", "value": f"DC-2025-{family}"},
            {"system": "https://rpps.esante.gouv.fr", "value": RPPS},
            {"system": "urn:oid:1.2.250.1.71.4.2.1", "value": f"8{RPPS}"},
        ],
        "name": [{"use": "official", "family": family, "given": ["Léa"], "prefix": ["Dr"]}],
        "telecom": [{"system": "email", "value": email, "use": "work"}],
        "qualification": [
            {
                "code": {
                    "text": "Cardiologie et maladies vasculaires",
                    "coding": [
                        {
                            "system": "https://mos.esante.gouv.fr/NOS/TRE_G15-ProfessionSante/FHIR/TRE-G15-ProfessionSante",
                            "code": "10",
                            "display": "Médecin",
                        }
                    ],
                }
            }
        ],
    }


def old_dossier(sandbox: Sandbox, referent: str, partner: str) -> None:
    """Create a dossier as version 3 wrote it."""
    patient = {
        "resourceType": "Patient",
        "identifier": [
            {"use": "official", "system": "urn:sphere:dossier", "value": REF},
            {"system": "urn:sphere:dossier-request", "value": "op-1"},
        ],
        "active": True,
        "name": [{"use": "official", "family": "Ancienne", "given": ["Lucie"]}, {"use": "usual", "family": "Neuve", "given": ["Lucie"]}],
        "gender": "female",
        "birthDate": "1950-02-01",
    }
    made = sandbox.post("Patient", patient).json()
    role = {"coding": [{"system": "urn:sphere:team-role", "code": "referent", "display": "Référent"}]}
    start = {"start": "2025-03-01T08:00:00Z"}
    team = {
        "resourceType": "CareTeam",
        "identifier": [{"system": "urn:sphere:team", "value": REF}],
        "status": "active",
        "name": f"Cercle de soins {REF}",
        "subject": {"reference": f"Patient/{made['id']}"},
        "period": start,
        "participant": [
            {
                "id": "op-1",
                "role": [role, {"text": "Infirmier"}],
                "member": {"reference": referent, "display": "Claire Moreau"},
                "period": start,
            },
            {"id": "op-2", "role": [{"text": "Médecin"}], "member": {"reference": partner, "display": "Léa Lancien"}, "period": start},
        ],
    }
    sandbox.post("CareTeam", team).raise_for_status()


async def test_an_old_dossier_is_read_and_changed(harness: Harness, sandbox: Sandbox) -> None:
    claire = await harness.account("claire.moreau")
    lea_id = sandbox.post("Practitioner", old_account("Lancien", "lea@ancien.example")).json()["id"]
    old_dossier(sandbox, claire.reference, f"Practitioner/{lea_id}")

    lea = await harness.account("lea@ancien.example")
    assert (lea.rpps, lea.prefix, lea.profession, lea.request) == (
        RPPS, "Dr", "Cardiologie et maladies vasculaires", "DC-2025-Lancien",
    )  # fmt: skip
    assert await harness.registry.by_identifier(rpps=RPPS) == lea
    dossier = await harness.dossiers.get(REF, claire)
    assert (dossier.usager.family, dossier.usager.used, dossier.referent_id) == ("Ancienne", "Neuve", claire.id)
    partners = await harness.partners.list(REF, claire)
    assert [(p.account_id, p.profession, p.is_referent) for p in partners] == [(claire.id, "Infirmier", True), (lea.id, "Médecin", False)]

    paul, basis = await harness.account("paul.martin"), "care_team_informed"
    assert await harness.partners.add(REF, claire, lea, basis=basis, channel="web", key="k1") is Outcome.ALREADY
    assert await harness.partners.add(REF, claire, paul, basis=basis, channel="web", key="k2") is Outcome.ADDED
    assert await harness.partners.remove(REF, claire, lea.reference, channel="web", key="k3", conversation_id="chat") is Outcome.REMOVED
    assert await harness.restorations.restore("k3", claire, channel="web", key="k4", conversation_id="chat") is Outcome.RESTORED
    first, second, *_ = sandbox.team_of(REF)["participant"]
    assert first["role"][1] == {"text": "Infirmier"}
    assert second["member"]["reference"] == lea.reference
    assert len(sandbox.members(REF)) == 3
