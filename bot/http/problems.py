"""Problem details: errors over HTTP as `application/problem+json` (RFC 9457)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from http import HTTPStatus
from typing import Any

from starlette.responses import JSONResponse


class Problem(Exception):
    """An error to answer a request with; `problem_response` makes the response."""

    def __init__(self, status: HTTPStatus, detail: str, *, headers: Mapping[str, str] | None = None, **members: Any) -> None:
        """`detail` is for people; `members` are extension members, beside the standard ones."""
        super().__init__(status.phrase)
        self.status, self.detail, self.members = status, detail, members
        self.headers = dict(headers or {})


def problem_response(problem: Problem) -> JSONResponse:
    """Return the response for `problem`, which nobody may cache."""
    content = {"type": "about:blank", "title": problem.status.phrase, "status": problem.status.value, "detail": problem.detail}
    return JSONResponse(
        content | problem.members,
        status_code=problem.status.value,
        headers={"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff", **problem.headers},
        media_type="application/problem+json",
    )


def validation_errors(errors: Iterable[Mapping[str, Any]]) -> list[dict[str, str]]:
    """Return pydantic's errors as members of a problem: for each where it is (JSON pointer) and of which type; never a value."""
    return [{"pointer": "/" + "/".join(map(str, error["loc"])), "detail": error["type"]} for error in errors]
