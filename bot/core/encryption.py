"""Seals what may not lie open in the database: texts of external channels before they are masked, tokens that users type."""

from __future__ import annotations

import base64
import hashlib
import hmac

from cryptography.fernet import Fernet, InvalidToken


class DecryptionFailed(Exception):
    """The text was sealed with another SECRET."""

    def __init__(self) -> None:
        super().__init__("the text was sealed with another SECRET")


class Cipher:
    """Authenticated encryption with a key that is derived from the installation's secret."""

    def __init__(self, secret: str) -> None:
        key = hmac.new(secret.encode(), b"sealed texts of the inbox", hashlib.sha256).digest()
        self._fernet = Fernet(base64.urlsafe_b64encode(key))

    def close(self, text: str) -> str:
        """`text`, sealed; about a third longer."""
        return self._fernet.encrypt(text.encode("utf-8", "surrogatepass")).decode()

    def open(self, sealed: str) -> str:
        """The text again. Raises Unsealable."""
        try:
            return self._fernet.decrypt(sealed.encode()).decode("utf-8", "surrogatepass")
        except InvalidToken:
            raise DecryptionFailed from None
