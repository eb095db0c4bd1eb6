"""Keyed hash: codes and tokens of identity are stored by a hash that nobody can compute without `SECRET`."""

from __future__ import annotations

import hashlib
import hmac


def keyed_hash(secret: str, *parts: str) -> str:
    """Return the HMAC-SHA-256 of these texts as 64 hexadecimal digits; the first part names the use, so that no two uses collide."""
    message = "\0".join(("identity", *parts)).encode("utf-8", "surrogatepass")
    return hmac.new(secret.encode(), message, hashlib.sha256).hexdigest()
