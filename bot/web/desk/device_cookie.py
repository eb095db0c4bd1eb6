"""The cookie of a browser that an agent has signed in with before: strangers' wrong passwords do not stop who has it.

After OWASP's « device cookies »: guessing is limited for everybody else together, and for each known browser by itself.
"""

from __future__ import annotations

import re

from starlette.requests import Request
from starlette.responses import Response

_MAX_AGE = 180 * 24 * 3600
_VALUE = re.compile(r"[A-Za-z0-9_-]{22}\.[0-9a-f]{64}")


class DeviceCookie:
    """Keeps the token of a known browser: `HttpOnly`, `SameSite=Strict`, sent to the desk's sign-in page alone."""

    def __init__(self, *, secure: bool) -> None:
        self._secure = secure

    def read(self, request: Request) -> str | None:
        """Return the token that the browser sent, or None where there is none of the right form."""
        value = request.cookies.get("sphere-desk-device", "")
        return value if _VALUE.fullmatch(value) else None

    def set(self, response: Response, token: str, path: str) -> None:
        """Have the browser keep the token for half a year, for the page at `path`."""
        response.set_cookie("sphere-desk-device", token, max_age=_MAX_AGE, secure=self._secure, httponly=True, samesite="strict", path=path)
