"""Signatures of requests and answers between gateway, Rasa and action server: each side shows that it has the key they share.

The key itself is never sent. Whoever takes a port while its process is away gets nothing to use later, and its answers are known to be
somebody else's. The file is there twice, for the two environments (`bot/core/`, `nlu/`); `tests/unit/test_house.py` keeps them alike.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
import time

SCHEME = "Signature"
"""Scheme of the `Authorization` header: `Signature <nonce>:<signature>`."""
ANSWER_HEADER = "X-Answer-Signature"
"""Header of an answer that holds its signature."""
FRESH_SECONDS = 60.0
"""How old a request may be, and how far two machines' clocks may be apart."""


class MessageSigner:
    """Signs and verifies with one key: HMAC-SHA-256 over the request's nonce, what the message is, and its body."""

    def __init__(self, key: str) -> None:
        self._key = key.encode()

    def sign_request(self, route: str, body: bytes) -> tuple[str, str]:
        """Return a new nonce, by which the answer is verified, and the value of the `Authorization` header.

        Args:
            route: last segment of the request's path, whatever proxy stands before the server.
            body: the body as it is sent; empty for a GET.
        """
        nonce = f"{int(time.time())}.{secrets.token_hex(16)}"
        return nonce, f"{SCHEME} {nonce}:{self._signature(nonce, f'request {route}', body)}"

    def verify_request(self, route: str, body: bytes, authorization: str) -> str | None:
        """Return the nonce of a request with the value of its `Authorization` header; None where it is not signed, or too old."""
        scheme, _, value = authorization.partition(" ")
        nonce, _, signature = value.strip().rpartition(":")
        if scheme.lower() != SCHEME.lower() or not _is_fresh(nonce):
            return None
        return nonce if self._is_right(signature, nonce, f"request {route}", body) else None

    def sign_answer(self, nonce: str, status: int, body: bytes) -> str:
        """Return the value of `ANSWER_HEADER` for the answer to the request with this nonce."""
        return self._signature(nonce, f"answer {status}", body)

    def is_answer(self, nonce: str, status: int, body: bytes, signature: str | None) -> bool:
        """Return whether this answer to our request with this nonce is from who has the key; `signature`: its `ANSWER_HEADER`."""
        return self._is_right(signature or "", nonce, f"answer {status}", body)

    def _signature(self, nonce: str, subject: str, body: bytes) -> str:
        return hmac.new(self._key, f"{nonce}\0{subject}\0".encode() + body, hashlib.sha256).hexdigest()

    def _is_right(self, signature: str, nonce: str, subject: str, body: bytes) -> bool:
        return hmac.compare_digest(signature.encode("utf-8", "replace"), self._signature(nonce, subject, body).encode())


def _is_fresh(nonce: str) -> bool:
    at, _, _ = nonce.partition(".")
    return nonce.isascii() and at.isdigit() and len(at) < 12 and abs(time.time() - int(at)) <= FRESH_SECONDS


def route_of(path: str) -> str:
    """Return the last segment of a URL or of its path."""
    return path.rstrip("/").rpartition("/")[2]
