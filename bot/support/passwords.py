"""Passwords of the support team, hashed with Argon2id (argon2-cffi's defaults: RFC 9106, low memory)."""

from __future__ import annotations

import asyncio
import secrets
import unicodedata
from functools import cache

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from bot.support.errors import WeakPassword

MIN_LENGTH, MAX_LENGTH = 12, 200
_hasher = PasswordHasher()


def normalize(password: str) -> str:
    """Return one form for letters that keyboards write in two (NFC)."""
    return unicodedata.normalize("NFC", password)


def check_strength(password: str, login: str) -> None:
    """Raise WeakPassword unless it is 12 to 200 characters and does not hold the login."""
    if not MIN_LENGTH <= len(normalize(password)) <= MAX_LENGTH or login.lower() in password.lower():
        raise WeakPassword


async def hash_password(password: str) -> str:
    """Return the hash to keep, with its salt and parameters; takes some 50 ms of one core, off the event loop."""
    return await asyncio.to_thread(_hasher.hash, normalize(password))


async def verify_password(password_hash: str | None, password: str) -> bool:
    """Return whether it is the password. Without a hash it takes as long: who guesses does not learn which logins there are."""
    if len(password) > MAX_LENGTH:
        return False
    return await asyncio.to_thread(_verify, password_hash or _hash_of_nobody(), normalize(password)) and password_hash is not None


def needs_rehash(password_hash: str) -> bool:
    """Return whether the hash was made with weaker parameters than today's."""
    return _hasher.check_needs_rehash(password_hash)


@cache
def _hash_of_nobody() -> str:
    return _hasher.hash(secrets.token_urlsafe(32))


def _verify(password_hash: str, password: str) -> bool:
    try:
        return _hasher.verify(password_hash, password)
    except (VerificationError, InvalidHashError):
        return False
