"""Encryption of what must not be readable in the database: texts before redaction, tokens, mails."""

from __future__ import annotations

import base64
import hashlib
import hmac

from cryptography.fernet import Fernet, InvalidToken, MultiFernet

from bot.core.secret import keys_of


class DecryptionFailed(Exception):
    """The text was encrypted with another SECRET."""

    def __init__(self) -> None:
        super().__init__("The text was encrypted with another SECRET.")


INBOX_TEXTS, MAILS, ADDRESSES = "sealed texts of the inbox", "mails of the outbox", "addresses of login codes"
ACCESS_TOKENS = "access tokens of outside systems"
"""What is encrypted; each has a key of its own."""


class Cipher:
    """Authenticated encryption (Fernet) with a key derived from the installation's secret for one use.

    While the secret is changed, what was encrypted with the other one is decrypted too (`bot.core.secret`).
    """

    def __init__(self, secret: str, use: str = INBOX_TEXTS) -> None:
        self._own, *others = [Fernet(_derived_key(key, use)) for key in keys_of(secret)]
        self._all = MultiFernet([self._own, *others])

    def encrypt(self, text: str) -> str:
        """Return `text` encrypted; about a third longer."""
        return self._own.encrypt(text.encode("utf-8", "surrogatepass")).decode()

    def decrypt(self, encrypted: str) -> str:
        """Return the plain text. Raises DecryptionFailed."""
        try:
            return self._all.decrypt(encrypted.encode()).decode("utf-8", "surrogatepass")
        except InvalidToken:
            raise DecryptionFailed from None

    def is_current(self, encrypted: str) -> bool:
        """Return whether a text is encrypted with the secret in use, not with the other one."""
        try:
            self._own.decrypt(encrypted.encode())
        except InvalidToken:
            return False
        return True


def _derived_key(secret: str, use: str) -> bytes:
    return base64.urlsafe_b64encode(hmac.new(secret.encode(), use.encode(), hashlib.sha256).digest())
