"""The CapabilityStatement of the sandbox."""

from __future__ import annotations

from typing import Any

from bot.sandbox.fhir.search_parameters import SEARCH_PARAMETERS, reference_types

_TYPES = {
    "string": "string",
    "contact": "token",
    "code": "token",
    "concept": "token",
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
        "rest": [
            {
                "mode": "server",
                "resource": [_resource(resource_type) for resource_type in SEARCH_PARAMETERS],
                "interaction": [{"code": "transaction"}, {"code": "batch"}],
            }
        ],
    }


def _resource(resource_type: str) -> dict[str, Any]:
    includes = [f"{resource_type}:{name}" for name in SEARCH_PARAMETERS[resource_type] if reference_types(resource_type, name)]
    reverse = [
        f"{other}:{name}"
        for other, parameters in SEARCH_PARAMETERS.items()
        for name in parameters
        if resource_type in reference_types(other, name)
    ]
    capabilities: dict[str, Any] = {
        "type": resource_type,
        "versioning": "versioned-update",
        "readHistory": False,
        "updateCreate": False,
        "conditionalCreate": True,
        "conditionalUpdate": True,
        "interaction": [{"code": code} for code in _INTERACTIONS],
        "searchParam": [
            {"name": name, "type": _TYPES[comparison.partition(":")[0]]}
            for name, (comparison, _) in SEARCH_PARAMETERS[resource_type].items()
        ],
    }
    lists = {"searchInclude": includes, "searchRevInclude": reverse}
    return capabilities | {name: values for name, values in lists.items() if values}  # FHIR has no empty arrays
