"""Keyed hash: codes and tokens of identity are stored by a hash that nobody can compute without `SECRET`."""

from __future__ import annotations

import hashlib
import hmac

from bot.core.secret import keys_of


def keyed_hash(secret: str, *parts: str) -> str:
    """Return the HMAC-SHA-256 of these texts as 64 hexadecimal digits; the first part names the use, so that no two uses collide."""
    message = "\0".join(("identity", *parts)).encode("utf-8", "surrogatepass")
    return hmac.new(secret.encode(), message, hashlib.sha256).hexdigest()


def keyed_hashes(secret: str, *parts: str) -> tuple[str, ...]:
    """Return the hashes by which something may be stored: that of `keyed_hash`, then that of the other secret while it is changed."""
    return tuple(keyed_hash(key, *parts) for key in keys_of(secret))


def is_keyed_hash(given: str, secret: str, *parts: str) -> bool:
    """Return whether `given` is one of the hashes of these texts; compare in constant time."""
    return any(hmac.compare_digest(given.encode("utf-8", "replace"), one.encode()) for one in keyed_hashes(secret, *parts))
