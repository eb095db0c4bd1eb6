"""Errors told over HTTP as `application/problem+json` (RFC 9457)."""

from __future__ import annotations

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from starlette.responses import JSONResponse


class Problem(Exception):
    """An error for the client; `problem_response` says it."""

    def __init__(self, status: HTTPStatus, detail: str, *, headers: Mapping[str, str] | None = None, **members: Any) -> None:
        super().__init__(status.phrase)
        self.status, self.detail, self.members = status, detail, members
        self.headers = dict(headers or {})


def problem_response(problem: Problem) -> JSONResponse:
    """The response that tells `problem`; extension members stand beside the standard ones."""
    content = {"type": "about:blank", "title": problem.status.phrase, "status": problem.status.value, "detail": problem.detail}
    return JSONResponse(
        content | problem.members,
        status_code=problem.status.value,
        headers={"Cache-Control": "no-store", **problem.headers},
        media_type="application/problem+json",
    )
