"""Encryption of what must not be readable in the database: texts before redaction, tokens, mails."""

from __future__ import annotations

import base64
import hashlib
import hmac

from cryptography.fernet import Fernet, InvalidToken


class DecryptionFailed(Exception):
    """The text was encrypted with another SECRET."""

    def __init__(self) -> None:
        super().__init__("The text was encrypted with another SECRET.")


INBOX_TEXTS, MAILS, ADDRESSES = "sealed texts of the inbox", "mails of the outbox", "addresses of login codes"
ACCESS_TOKENS = "access tokens of outside systems"
"""What is encrypted; each has a key of its own."""


class Cipher:
    """Authenticated encryption (Fernet) with a key derived from the installation's secret for one use."""

    def __init__(self, secret: str, use: str = INBOX_TEXTS) -> None:
        key = hmac.new(secret.encode(), use.encode(), hashlib.sha256).digest()
        self._fernet = Fernet(base64.urlsafe_b64encode(key))

    def encrypt(self, text: str) -> str:
        """Return `text` encrypted; about a third longer."""
        return self._fernet.encrypt(text.encode("utf-8", "surrogatepass")).decode()

    def decrypt(self, encrypted: str) -> str:
        """Return the plain text. Raises DecryptionFailed."""
        try:
            return self._fernet.decrypt(encrypted.encode()).decode("utf-8", "surrogatepass")
        except InvalidToken:
            raise DecryptionFailed from None
