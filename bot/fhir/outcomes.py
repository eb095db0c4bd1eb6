"""Answers to those who send FHIR to us: errors as an `OperationOutcome` (FHIR R4, "OperationOutcome"), never quoting what was sent."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from starlette.responses import JSONResponse

FHIR_JSON = "application/fhir+json"


@dataclass(frozen=True)
class Issue:
    """One thing that is wrong: a code of the IssueType value set, what it is for developers, and where (FHIRPath)."""

    code: str
    diagnostics: str
    expression: str | None = None


def outcome_response(status: int, issues: Sequence[Issue], headers: Mapping[str, str] | None = None) -> JSONResponse:
    """Return the response of an error, which nobody may cache."""
    found = [
        {"severity": "error", "code": issue.code, "diagnostics": issue.diagnostics}
        | ({"expression": [issue.expression]} if issue.expression else {})
        for issue in issues
    ]
    return JSONResponse(
        {"resourceType": "OperationOutcome", "issue": found},
        status_code=status,
        headers={"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff", **(headers or {})},
        media_type=FHIR_JSON,
    )
