"""The one way in which codes and tokens of identity are kept: by a hash that nobody can compute without `SECRET`."""

from __future__ import annotations

import hashlib
import hmac


def keyed_hash(secret: str, *parts: str) -> str:
    """HMAC-SHA-256 of these texts, 64 hexadecimal digits; the first part says what they are, so that no two uses meet."""
    message = "\0".join(("identity", *parts)).encode("utf-8", "surrogatepass")
    return hmac.new(secret.encode(), message, hashlib.sha256).hexdigest()
