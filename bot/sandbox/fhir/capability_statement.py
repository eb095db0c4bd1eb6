"""What the sandbox says of itself: its CapabilityStatement."""

from __future__ import annotations

from typing import Any

from bot.sandbox.fhir.search_parameters import PARAMETERS

_TYPES = {"string": "string", "contact": "token", "code": "token", "identifier": "token", "date": "date", "reference": "reference"}
_ABILITIES = ("read", "search-type", "create", "update")


def capability_statement(base: str) -> dict[str, Any]:
    """The CapabilityStatement of the server at `base`."""
    return {
        "resourceType": "CapabilityStatement",
        "status": "active",
        "date": "2026-01-01",
        "kind": "instance",
        "fhirVersion": "4.0.1",
        "format": ["application/fhir+json"],
        "implementation": {"description": "SPHERE sandbox: invented data", "url": base},
        "rest": [{"mode": "server", "resource": [_resource(kind) for kind in PARAMETERS]}],
    }


def _resource(kind: str) -> dict[str, Any]:
    return {
        "type": kind,
        "versioning": "versioned-update",
        "readHistory": False,
        "updateCreate": False,
        "conditionalCreate": True,
        "interaction": [{"code": code} for code in _ABILITIES],
        "searchParam": [{"name": name, "type": _TYPES[how.partition(":")[0]]} for name, (how, _) in PARAMETERS[kind].items()],
    }
