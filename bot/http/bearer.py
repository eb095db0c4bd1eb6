"""Bearer tokens in the `Authorization` header (RFC 6750)."""

from __future__ import annotations

import hmac
from http import HTTPStatus

from starlette.requests import Request

from bot.http.problems import Problem

CHALLENGE = {"WWW-Authenticate": "Bearer"}
"""Header of each 401."""


def bearer_token(request: Request) -> str | None:
    """Return the token, or None where there is none."""
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    return token.strip() or None if scheme.lower() == "bearer" else None


def has_bearer_token(request: Request, expected: str) -> bool:
    """Return whether the request carries the token `expected`; compare in constant time."""
    return is_bearer(request.headers.get("authorization", ""), expected)


def is_bearer(authorization: str, expected: str) -> bool:
    """Return whether an `Authorization` header is the bearer token `expected`; compare in constant time."""
    scheme, _, token = authorization.partition(" ")
    return scheme.lower() == "bearer" and bool(token.strip()) and hmac.compare_digest(token.strip().encode(), expected.encode())


def unauthorized(detail: str = "a valid bearer token is needed") -> Problem:
    """Return the 401 for a token that is missing or wrong; it does not say which."""
    return Problem(HTTPStatus.UNAUTHORIZED, detail, headers=CHALLENGE)
