"""CSRF tokens: a form works only in the browser that was shown it, so that no other site can send it.

A token is an HMAC of the secret in that browser's cookie (`bot.http.sessions`), which no other site can read. Nothing is stored.
"""

from __future__ import annotations

from bot.core.keyed_hash import is_keyed_hash, keyed_hash

FIELD = "seal"
"""Name of the form field."""


class CsrfTokens:
    """The tokens of one kind of form."""

    def __init__(self, secret: str, purpose: str) -> None:
        """`secret` is the service's own (`SECRET`); tokens of one `purpose` are worth nothing for another."""
        self._secret, self._purpose = secret, purpose

    def token(self, session: str, *scope: str) -> str:
        """Return the token for a browser's `session` secret: 64 hexadecimal digits.

        Args:
            session: the secret in the browser's cookie.
            scope: what the form is for, where the token must not hold for another form of the same session.
        """
        return keyed_hash(self._secret, self._purpose, session, *scope)

    def is_valid(self, given: str, session: str, *scope: str) -> bool:
        """Return whether `given` is the token for this session and scope; compare in constant time."""
        return is_keyed_hash(given, self._secret, self._purpose, session, *scope)
