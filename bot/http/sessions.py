"""The cookie in which a browser keeps the secret of its session. What the secret stands for is known by whoever gave it."""

from __future__ import annotations

import re
import secrets

from starlette.requests import Request
from starlette.responses import Response

_TOKEN = re.compile(r"[A-Za-z0-9_-]{43}")


def new_session_token() -> str:
    """Return a fresh secret: 43 characters of `[A-Za-z0-9_-]`, 256 bits."""
    return secrets.token_urlsafe(32)


class SessionCookie:
    """A cookie that scripts cannot read: `HttpOnly`, `SameSite=Lax`, `Path=/`; over https `Secure`, and of this host alone.

    Lax, since links in mails, and the way back from an OpenID Connect issuer, must bring it along. Opening a page therefore
    changes nothing that matters; whatever does needs a CSRF token (`bot.http.csrf`).
    """

    def __init__(self, name: str, *, secure: bool) -> None:
        """`name` goes without the prefix `__Host-`, which it gets over https (`secure`)."""
        self.name = f"__Host-{name}" if secure else name
        self._secure = secure

    def read(self, request: Request) -> str | None:
        """Return the secret that the browser sent, or None where there is none of the right form."""
        value = request.cookies.get(self.name, "")
        return value if _TOKEN.fullmatch(value) else None

    def set(self, response: Response, token: str, max_age: int | None) -> None:
        """Have the browser keep `token` for `max_age` seconds; None: until it is closed."""
        response.set_cookie(self.name, token, max_age=max_age, secure=self._secure, httponly=True, samesite="lax", path="/")

    def delete(self, response: Response) -> None:
        """Have the browser forget the cookie."""
        response.delete_cookie(self.name, secure=self._secure, httponly=True, samesite="lax", path="/")
