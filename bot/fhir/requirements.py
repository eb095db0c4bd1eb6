"""What is required of a platform, as a FHIR R4 CapabilityStatement of kind `requirements`; the rows are in `requirements.toml`."""

from __future__ import annotations

import tomllib
from importlib.resources import files
from typing import Any

from bot.fhir.mapping import PlatformMapping
from bot.fhir.resources import Resource

_EXPECTATION = "http://hl7.org/fhir/StructureDefinition/capabilitystatement-expectation"
_GUIDES = ["https://interop.esante.gouv.fr/ig/fhir/cds/ImplementationGuide/ans.fhir.fr.cds|2.0.1"]
_DATE = "2026-12-01"


def requirements_statement(mapping: PlatformMapping) -> Resource:
    """Return the CapabilityStatement of what the assistant asks of a platform that has this mapping."""
    rows = tomllib.loads(files(__package__).joinpath("requirements.toml").read_text(encoding="utf-8"))["resource"]
    return {
        "resourceType": "CapabilityStatement",
        "id": "sphere-assistant-platform",
        "name": "SphereAssistantPlatform",
        "title": "What the SPHERE assistant requires of a platform",
        "status": "active",
        "date": _DATE,
        "kind": "requirements",
        "description": "Searches are sent by POST to `_search`. How much each is needed is said by the expectation beside it.",
        "fhirVersion": "4.0.1",
        "format": ["application/fhir+json"],
        "implementationGuide": _GUIDES,
        "rest": [{"mode": "server", "resource": [_resource(row, mapping) for row in rows]}],
    }


def _resource(row: dict[str, Any], mapping: PlatformMapping) -> Resource:
    profiles = mapping.profiles[row["profile"]] if "profile" in row else ()
    interactions = row["interactions"]
    resource: Resource = {"type": row["type"]}
    if profiles:
        resource["supportedProfile"] = list(profiles)
    resource |= {
        "documentation": row["why"],
        "interaction": [{"extension": _expected(how), "code": code} for code, how in interactions.items()],
        "versioning": "versioned-update" if "update" in interactions else "versioned",
        **({"conditionalCreate": True} if row.get("profile") else {}),
        "searchParam": [
            {"extension": _expected(how), "name": name, "type": kind, "documentation": why}
            for name, (kind, how, why) in row["search"].items()
        ],
    }
    return resource


def _expected(how: str) -> list[Resource]:
    return [{"url": _EXPECTATION, "valueCode": how}]
