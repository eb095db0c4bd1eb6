"""Error responses of the FHIR server, which are always an OperationOutcome."""

from __future__ import annotations

from typing import Any

from starlette.responses import JSONResponse

FHIR_JSON = "application/fhir+json"


class FhirResponse(JSONResponse):
    """A response with a FHIR resource as its body."""

    media_type = FHIR_JSON


class OperationOutcomeError(Exception):
    """The server refuses a request: HTTP status, code of the IssueType value set, and diagnostics for the developer.

    `expression` is the FHIRPath of the element at fault; `headers` are added to the response.
    """

    def __init__(
        self, status: int, code: str, diagnostics: str, *, expression: str | None = None, headers: dict[str, str] | None = None
    ) -> None:
        super().__init__(diagnostics)
        self.status = status
        self.code = code
        self.diagnostics = diagnostics
        self.expression = expression
        self.headers = headers or {}

    def response(self) -> FhirResponse:
        """Return the HTTP response."""
        return FhirResponse(self.outcome(), status_code=self.status, headers=self.headers)

    def outcome(self) -> dict[str, Any]:
        """Return the OperationOutcome."""
        issue: dict[str, Any] = {"severity": "error", "code": self.code, "diagnostics": self.diagnostics}
        if self.expression:
            issue["expression"] = [self.expression]
        return {"resourceType": "OperationOutcome", "issue": [issue]}
