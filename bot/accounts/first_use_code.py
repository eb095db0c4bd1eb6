"""First-use code: with it a new partner logs in to SPHERE for the first time.

It is stored encrypted with its request, so that a creation that was interrupted, and whoever mails it again, mails the code whose
hash the platform has, whatever became of SECRET since. It is derived from the secret and a random nonce: versions before stored
nothing else, and go on with what this one began. 12 characters out of 32: 60 bits.
"""

from __future__ import annotations

import hashlib
import hmac

from bot.core.encryption import Cipher, DecryptionFailed
from bot.core.secret import keys_of

FIRST_USE_CODES = "first-use codes"
"""What they are encrypted for (`Cipher`)."""
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


class FirstUseCodes:
    """Makes and reads the codes of requests."""

    def __init__(self, secret: str) -> None:
        self._secret, self._cipher = secret, Cipher(secret, FIRST_USE_CODES)

    def make(self, reference: str, nonce: str) -> str:
        """Return the code of a request whose account does not exist yet."""
        return first_use_code(self._secret, reference, nonce)

    def seal(self, code: str) -> str:
        """Return a code as it is stored."""
        return self._cipher.encrypt(code)

    def read(self, sealed: str | None) -> str | None:
        """Return a code that was stored; None where none was, or where it is encrypted with another secret than those that are known."""
        try:
            return self._cipher.decrypt(sealed) if sealed is not None else None
        except DecryptionFailed:
            return None

    def fitting(self, reference: str, nonce: str, hashed: str | None) -> str | None:
        """Return the code of a request that stored none, by the hash that the platform has; None where no secret that is known fits.

        Where the platform shows no hash, it is the one of the only secret that is known.
        """
        codes = [first_use_code(key, reference, nonce) for key in keys_of(self._secret)]
        if hashed is None:
            return codes[0] if len(codes) == 1 else None
        return next((code for code in codes if hmac.compare_digest(first_use_hash(code, nonce), hashed)), None)
