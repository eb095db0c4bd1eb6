"""First-use code: with it a new partner logs in to SPHERE for the first time.

It is derived from the installation's secret and a random nonce, so that a creation that was interrupted mails the code whose
hash the platform has, although the code itself is stored nowhere. 12 characters out of 32: 60 bits.
"""

from __future__ import annotations

import hashlib
import hmac

ALPHABET = "ABCDEFGHJKLMNPQRSTUVWXYZ23456789"
"""Without I, O, 0 and 1, which are easily misread."""
_COST = {"n": 2**14, "r": 8, "p": 1}
"""Cost parameters of scrypt."""


def first_use_code(secret: str, reference: str, nonce: str) -> str:
    """Return the code of a request, as "XXXX-XXXX-XXXX"."""
    digest = hmac.new(secret.encode(), f"first-use\0{reference}\0{nonce}".encode(), hashlib.sha256).digest()
    code = "".join(ALPHABET[byte % 32] for byte in digest[:12])
    return "-".join(code[i : i + 4] for i in (0, 4, 8))


def first_use_hash(code: str, nonce: str) -> str:
    """Return what the platform checks the code with: "scrypt$n$r$p$<salt, hex>$<hash, hex>" (RFC 7914) of the code without dashes."""
    salt = hashlib.sha256(f"salt\0{nonce}".encode()).digest()[:16]
    hashed = hashlib.scrypt(code.replace("-", "").encode(), salt=salt, n=_COST["n"], r=_COST["r"], p=_COST["p"], dklen=32)
    return f"scrypt${_COST['n']}${_COST['r']}${_COST['p']}${salt.hex()}${hashed.hex()}"
