"""The CapabilityStatement of the sandbox."""

from __future__ import annotations

from typing import Any

from bot.sandbox.fhir.search_parameters import SEARCH_PARAMETERS

_TYPES = {
    "string": "string",
    "contact": "token",
    "code": "token",
    "identifier": "token",
    "date": "date",
    "uri": "uri",
    "reference": "reference",
}
_INTERACTIONS = ("read", "search-type", "create", "update")


def capability_statement(base: str) -> dict[str, Any]:
    """Return the CapabilityStatement of the server at the FHIR base `base`."""
    return {
        "resourceType": "CapabilityStatement",
        "status": "active",
        "date": "2026-01-01",
        "kind": "instance",
        "fhirVersion": "4.0.1",
        "format": ["application/fhir+json"],
        "implementation": {"description": "SPHERE sandbox: invented data", "url": base},
        "rest": [{"mode": "server", "resource": [_resource(resource_type) for resource_type in SEARCH_PARAMETERS]}],
    }


def _resource(resource_type: str) -> dict[str, Any]:
    return {
        "type": resource_type,
        "versioning": "versioned-update",
        "readHistory": False,
        "updateCreate": False,
        "conditionalCreate": True,
        "interaction": [{"code": code} for code in _INTERACTIONS],
        "searchParam": [
            {"name": name, "type": _TYPES[comparison.partition(":")[0]]}
            for name, (comparison, _) in SEARCH_PARAMETERS[resource_type].items()
        ],
    }
