"""Builds the resources of the demo data after the platform's profiles."""

from __future__ import annotations

import uuid
from datetime import date
from typing import Any

from bot.directory.records import Professional, proper_case

Resource = dict[str, Any]

RPPS_SYSTEM = "https://rpps.esante.gouv.fr"
IDNPS_SYSTEM = "urn:oid:1.2.250.1.71.4.2.1"
ADELI_SYSTEM = "https://adeli.esante.gouv.fr"
DOSSIER_SYSTEM = "urn:sphere:dossier"
TEAM_SYSTEM = "urn:sphere:team"
TEAM_ROLE_SYSTEM = "urn:sphere:team-role"
PROFESSION_SYSTEM = "https://mos.esante.gouv.fr/NOS/TRE_G15-ProfessionSante/FHIR/TRE-G15-ProfessionSante"

_NAMESPACE = uuid.UUID("5b1f3c1e-137a-4c0d-9d5e-000000000137")


def demo_id(text: str) -> str:
    """Return the id of a demo resource: the same in every installation, and opaque."""
    return str(uuid.uuid5(_NAMESPACE, text))


def account_resources(person: Professional, email: str, profession: str) -> list[Resource]:
    """Return a Practitioner (an account), their Organization and the PractitionerRole between the two."""
    practitioner, organization, role = (demo_id(f"{kind} {person.key}") for kind in ("practitioner", "organization", "role"))
    identifiers = [{"system": IDNPS_SYSTEM, "value": person.key}]
    if person.rpps:
        identifiers.append({"system": RPPS_SYSTEM, "value": person.rpps})
    if person.adeli:
        identifiers.append({"system": ADELI_SYSTEM, "value": person.adeli})
    telecom = [{"system": "email", "value": email, "use": "work"}]
    if person.phone:
        telecom.append({"system": "phone", "value": person.phone, "use": "work"})
    place = person.practice
    prefix = {"DR": "Dr", "PR": "Pr"}.get(person.title) or {"MME": "Mme"}.get(person.civility, "M.")
    profession_concept = {"coding": [{"system": PROFESSION_SYSTEM, "code": person.profession_code}], "text": profession}
    return [
        {
            "resourceType": "Practitioner",
            "id": practitioner,
            "identifier": identifiers,
            "active": True,
            "name": [{"use": "official", "family": proper_case(person.family), "given": [person.given], "prefix": [prefix]}],
            "telecom": telecom,
            "qualification": [{"code": profession_concept}],
        },
        {
            "resourceType": "Organization",
            "id": organization,
            "active": True,
            "name": place.structure,
            "address": [{"line": list(place.address), "postalCode": place.postal_code, "city": proper_case(place.city), "country": "FR"}],
        },
        {
            "resourceType": "PractitionerRole",
            "id": role,
            "active": True,
            "practitioner": {"reference": f"Practitioner/{practitioner}", "display": f"{person.given} {proper_case(person.family)}"},
            "organization": {"reference": f"Organization/{organization}", "display": place.structure},
            "code": [profession_concept],
        },
    ]


def patient(reference: str, family: str, given: str, birth_date: date, gender: str) -> Resource:
    """Return the Patient of a dossier."""
    return {
        "resourceType": "Patient",
        "id": demo_id(f"patient {reference}"),
        "identifier": [{"use": "official", "system": DOSSIER_SYSTEM, "value": reference}],
        "active": True,
        "name": [{"use": "official", "family": family, "given": [given]}],
        "gender": gender,
        "birthDate": birth_date.isoformat(),
    }


def participant(member: Resource, since: date, *, referent: bool) -> Resource:
    """Return a participant of a care team; `member` is a Practitioner or a PractitionerRole."""
    if member["resourceType"] == "Practitioner":
        name = member["name"][0]
        display, profession = f"{name['given'][0]} {name['family']}", member["qualification"][0]["code"]["text"]
    else:
        display, profession = member["practitioner"]["display"], member["code"][0]["text"]
    roles: list[Resource] = [{"text": profession}]
    if referent:
        roles.insert(0, {"coding": [{"system": TEAM_ROLE_SYSTEM, "code": "referent", "display": "Référent"}]})
    return {
        "role": roles,
        "member": {"reference": f"{member['resourceType']}/{member['id']}", "display": display},
        "period": {"start": f"{since.isoformat()}T08:00:00Z"},
    }


def care_team(reference: str, participants: list[Resource], since: date) -> Resource:
    """Return the CareTeam of a dossier; its name says nothing about the usager."""
    return {
        "resourceType": "CareTeam",
        "id": demo_id(f"team {reference}"),
        "identifier": [{"system": TEAM_SYSTEM, "value": reference}],
        "status": "active",
        "name": f"Cercle de soins {reference}",
        "subject": {"reference": f"Patient/{demo_id(f'patient {reference}')}"},
        "period": {"start": f"{since.isoformat()}T08:00:00Z"},
        "participant": participants,
    }
