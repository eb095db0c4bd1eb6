"""How many wrong passwords are looked at: by login and source together, by source, and by login from browsers that are not known.

A stranger's guesses lock the pair of login and source; those of many strangers at one login stop who is not known there. An agent in a
browser that they have signed in with before (`device_token`) is counted by that browser alone: nobody else locks them out.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import delete
from sqlalchemy.ext.asyncio import AsyncSession

from bot.core.figures import count_figure
from bot.core.keyed_hash import is_keyed_hash, keyed_hash
from bot.core.limits import Hit, Limit, Scope, applying, clear, delete_over, give_back, take
from bot.identity import lockout
from bot.identity.tables import LoginCounter

PER_SOURCE = Limit("desk_passwords_source", Scope.SOURCE, 20, timedelta(minutes=15))
"""Wrong passwords from one address on the network, whatever the login."""
PER_LOGIN = Limit("desk_passwords_login", Scope.ACCOUNT, 50, timedelta(hours=1))
"""Wrong passwords for one login from browsers that are not known."""
_SHORT = 24
"""Hexadecimal digits of a hash that tell subjects apart: 96 bits."""


@dataclass(frozen=True)
class Attempt:
    """A password that is given for a login: what it counts towards."""

    subject: str
    hits: list[Hit]


class SignInLimits:
    """Counts attempts before the password is compared, so that guesses sent at once are all counted."""

    def __init__(self, secret: str, *, lifted: bool) -> None:
        self._secret, self._lifted = secret, lifted

    def device_token(self, login: str) -> str:
        """Return a token that makes a browser known for a login."""
        nonce = secrets.token_urlsafe(16)
        return f"{nonce}.{self._device_mac(login, nonce)}"

    def attempt(self, login: str, source: str, device: str | None) -> Attempt:
        """Return what an attempt counts towards: the known browser alone, else the pair, the source and the login."""
        nonce, _, mac = (device or "").partition(".")
        if nonce and is_keyed_hash(mac, self._secret, "desk-device", login, nonce):
            return Attempt(f"{self._prefix(login)}d{self._hash('device', nonce)}", [])
        hits = [Hit(PER_SOURCE, keyed_hash(self._secret, "source", source)), Hit(PER_LOGIN, self._hash("login", login))]
        return Attempt(f"{self._prefix(login)}s{self._hash('source', source)}", applying(hits, lifted=self._lifted))

    def signed_in(self, login: str, agent_id: str) -> Attempt:
        """Return what an attempt of somebody who is signed in counts towards: themself alone."""
        return Attempt(f"{self._prefix(login)}a{self._hash('agent', agent_id)}", [])

    def second_factor(self, login: str, agent_id: str) -> Attempt:
        """Return what a code of the second factor counts towards: its agent alone, from wherever, since the password is known."""
        return Attempt(f"{self._prefix(login)}f{self._hash('factor', agent_id)}", [])

    async def count(self, session: AsyncSession, attempt: Attempt, now: datetime) -> datetime | None:
        """Count an attempt; return until when none is looked at, or None where this one is."""
        counters = await lockout.lock_counters(session, [attempt.subject], now)
        if until := lockout.locked_until(counters):
            return until
        if exhausted := await take(session, attempt.hits, now):
            return exhausted.until
        lockout.count_failure(counters, now)
        await count_figure(session, "desk_password_tried")
        if lockout.locked_until(counters):
            await count_figure(session, "lock_desk")
        await lockout.delete_stale(session, now)
        await delete_over(session, now)
        return None

    async def locked_until(self, session: AsyncSession, attempt: Attempt, now: datetime) -> datetime | None:
        """Return the end of the pair's lockout, or None."""
        return lockout.locked_until(await lockout.read_counters(session, [attempt.subject], now))

    async def succeed(self, session: AsyncSession, attempt: Attempt, now: datetime) -> None:
        """Take back what was counted: it was the right password."""
        for counter in await lockout.lock_counters(session, [attempt.subject], now):
            lockout.reset(counter)
        await give_back(session, attempt.hits, now)
        await count_figure(session, "desk_password_right")

    async def forget(self, session: AsyncSession, login: str) -> None:
        """Forget every wrong password of a login: it has a new one."""
        await session.execute(delete(LoginCounter).where(LoginCounter.subject.startswith(self._prefix(login), autoescape=True)))
        await clear(session, [Hit(PER_LOGIN, self._hash("login", login))])

    def _prefix(self, login: str) -> str:
        return f"desk:{self._hash('prefix', login)}:"

    def _device_mac(self, login: str, nonce: str) -> str:
        return keyed_hash(self._secret, "desk-device", login, nonce)

    def _hash(self, *parts: str) -> str:
        return keyed_hash(self._secret, "desk-login", *parts)[:_SHORT]
