"""Answers of the FHIR server when something is wrong: always an OperationOutcome."""

from __future__ import annotations

from typing import Any

from starlette.responses import JSONResponse

FHIR_JSON = "application/fhir+json"


class FhirJson(JSONResponse):
    """A FHIR body."""

    media_type = FHIR_JSON


class FhirProblem(Exception):
    """What the request cannot have: an HTTP status, a code of the IssueType value set, a text for the developer.

    `expression` is the FHIRPath of the element at fault, `headers` go out with the answer.
    """

    def __init__(self, status: int, code: str, text: str, *, expression: str | None = None, headers: dict[str, str] | None = None) -> None:
        super().__init__(text)
        self.status = status
        self.code = code
        self.text = text
        self.expression = expression
        self.headers = headers or {}

    def response(self) -> FhirJson:
        """The HTTP answer."""
        issue: dict[str, Any] = {"severity": "error", "code": self.code, "diagnostics": self.text}
        if self.expression:
            issue["expression"] = [self.expression]
        return FhirJson({"resourceType": "OperationOutcome", "issue": [issue]}, status_code=self.status, headers=self.headers)
