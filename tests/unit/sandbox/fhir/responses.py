"""A patient to store, and how an OperationOutcome is read."""

from __future__ import annotations

import httpx

PATIENT = {
    "resourceType": "Patient",
    "identifier": [{"system": "urn:test", "value": "T-1"}],
    "name": [{"family": "Élan", "given": ["Zoé"]}],
}


def outcome(response: httpx.Response) -> tuple[int, str]:
    """Return the status of a response, and the code of its OperationOutcome."""
    body = response.json()
    assert body["resourceType"] == "OperationOutcome"
    assert response.headers["content-type"].startswith("application/fhir+json")
    return response.status_code, body["issue"][0]["code"]
