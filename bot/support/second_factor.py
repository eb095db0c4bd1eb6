"""The second factor of agents: codes of an authenticator application (TOTP, RFC 6238), and recovery codes.

A key is stored encrypted, a recovery code by its keyed hash. Wrong codes are counted for their agent, apart from wrong
passwords, each before it is compared, so that guesses sent at once are counted one by one. No code is taken twice.
"""

from __future__ import annotations

import hmac
import re
import secrets
from dataclasses import dataclass
from datetime import datetime

import pyotp
from sqlalchemy import delete, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from bot.core import audit
from bot.core.clock import Clock
from bot.core.database import Database
from bot.core.encryption import Cipher, DecryptionFailed
from bot.core.keyed_hash import keyed_hash, keyed_hashes
from bot.settings import Settings
from bot.support.agents import AgentAccount, Agents, account_of
from bot.support.errors import NoSecondFactor, SecondFactorUnreadable, SignInFailed, SignInLocked, UnknownAgent
from bot.support.sign_in_limits import Attempt, SignInLimits
from bot.support.tables import AgentSession, RecoveryCodeRow, SupportAgent

STEP_SECONDS = 30
SKEW_STEPS = 1
"""Time steps that an agent's clock may be ahead or behind."""
RECOVERY_CODES = 10
KEYS = "keys of second factors"
"""What they are encrypted for (`Cipher`)."""
_ALPHABET = "abcdefghjkmnpqrstuvwxyz23456789"
"""Of recovery codes: no letters and digits that look alike. Twelve of them are 59 bits."""
ISSUER = "Poste SPHERE"
"""As an authenticator application names the desk."""


@dataclass(frozen=True)
class Enrolment:
    """A key that was made and is not asked for yet."""

    key: str
    """32 letters and digits (base32, 160 bits), to be typed where no QR code can be read."""
    uri: str
    """The same as an `otpauth` URI, for the QR code."""


@dataclass(frozen=True)
class FactorState:
    """The second factor of an agent: since when it is asked for (None: it is not), and how many recovery codes are left."""

    since: datetime | None
    recovery_codes: int


class SecondFactor:
    """Enrols agents, checks their codes, resets."""

    def __init__(self, database: Database, clock: Clock, settings: Settings, agents: Agents) -> None:
        self._database, self._clock, self._agents = database, clock, agents
        self._secret = settings.required("secret")
        self._limits = SignInLimits(self._secret, lifted=settings.lifts_limits)
        self._cipher = Cipher(self._secret, KEYS)

    async def state(self, agent_id: str) -> FactorState:
        """Return the state of an agent's second factor. Raise UnknownAgent."""
        async with self._database.reading() as session:
            row = await session.get(SupportAgent, agent_id)
            mine = select(func.count()).select_from(RecoveryCodeRow).where(RecoveryCodeRow.agent_id == agent_id)
            codes = await session.scalar(mine) or 0
        if row is None:
            raise UnknownAgent
        return FactorState(row.totp_since if row.totp_key is not None else None, codes)

    async def begin(self, agent: AgentAccount) -> Enrolment:
        """Return a key to be put into an authenticator application; the one that was shown before, if no code of it was given yet.

        Raise NoSecondFactor where there is a second factor already: it has to be reset first.
        """
        async with self._database.writing() as session:
            row = await self._row(session, agent.id)
            if row.totp_since is not None:
                raise NoSecondFactor
            try:
                key = self._cipher.decrypt(row.totp_key) if row.totp_key is not None else ""
            except DecryptionFailed:
                key = ""
            if not key:
                key = pyotp.random_base32()
                row.totp_key, row.totp_step = self._cipher.encrypt(key), 0
        return Enrolment(key, pyotp.TOTP(key).provisioning_uri(name=agent.login, issuer_name=ISSUER))

    async def confirm(self, agent: AgentAccount, code: str, session_token: str) -> list[str]:
        """Ask for the second factor from now on, the first code being right; return recovery codes, which are shown this once.

        Every other session of the agent ends. Raise SignInFailed, SignInLocked, NoSecondFactor, SecondFactorUnreadable.
        """
        await self._check(agent.id, code, enrolling=True)
        async with self._database.writing() as session:
            row = await self._row(session, agent.id)
            if row.totp_key is None or row.totp_since is not None:
                raise NoSecondFactor
            row.totp_since = self._clock.now()
            kept = self._agents.token_hashes(session_token)
            await session.execute(delete(AgentSession).where(AgentSession.agent_id == agent.id, AgentSession.token_hash.not_in(kept)))
            codes = await self._new_recovery_codes(session, agent.id)
            await self._audit(session, agent.id, agent.id, "on")
        return codes

    async def verify(self, agent_id: str, code: str) -> AgentAccount:
        """Return the agent whose code this is, of the application or a recovery code, which is used up.

        Raise SignInFailed (wrong, taken before, or the account is closed), SignInLocked, NoSecondFactor, SecondFactorUnreadable.
        """
        return await self._check(agent_id, code, enrolling=False)

    async def renew_recovery_codes(self, agent: AgentAccount, code: str) -> list[str]:
        """Return new recovery codes in the place of those that there were. Raise as `verify`."""
        await self.verify(agent.id, code)
        async with self._database.writing() as session:
            codes = await self._new_recovery_codes(session, agent.id)
            await self._audit(session, agent.id, agent.id, "recovery")
        return codes

    async def reset(self, agent_id: str, by: str) -> bool:
        """Ask for no second factor until there is a new one, and end every session; return False where there was none."""
        async with self._database.writing() as session:
            row = await self._row(session, agent_id)
            if row.totp_key is None:
                return False
            row.totp_key, row.totp_since, row.totp_step = None, None, 0
            await session.execute(delete(RecoveryCodeRow).where(RecoveryCodeRow.agent_id == agent_id))
            await session.execute(delete(AgentSession).where(AgentSession.agent_id == agent_id))
            await self._audit(session, by, agent_id, "reset")
        return True

    async def _check(self, agent_id: str, code: str, *, enrolling: bool) -> AgentAccount:
        attempt = await self._count_attempt(agent_id)
        async with self._database.writing() as session:
            row, now = await self._row(session, agent_id), self._clock.now()
            if row.totp_key is None or (row.totp_since is None) != enrolling:
                raise NoSecondFactor
            right = row.active and (
                self._take_step(row, code) or (not enrolling and await self._take_recovery_code(session, agent_id, code))
            )
            if right:
                await self._limits.succeed(session, attempt, now)
                return account_of(row)
            await self._audit(session, agent_id, agent_id, "wrong")
            until = await self._limits.locked_until(session, attempt, now)
        if until is not None:
            raise SignInLocked(until)
        raise SignInFailed

    async def _count_attempt(self, agent_id: str) -> Attempt:
        """Count a try before it is compared. Raise SignInLocked where none is looked at."""
        async with self._database.writing() as session:
            attempt = self._limits.second_factor((await self._row(session, agent_id)).login, agent_id)
            until = await self._limits.count(session, attempt, self._clock.now())
        if until is not None:
            raise SignInLocked(until)
        return attempt

    def _take_step(self, row: SupportAgent, code: str) -> bool:
        """Return whether it is the code of a time step around now that is later than the last one that was taken, and take it."""
        digits = re.sub(r"\s", "", code)
        if not re.fullmatch(r"[0-9]{6}", digits):
            return False
        try:
            totp = pyotp.TOTP(self._cipher.decrypt(row.totp_key or ""), interval=STEP_SECONDS)
        except DecryptionFailed:
            raise SecondFactorUnreadable from None
        present = int(self._clock.now().timestamp()) // STEP_SECONDS
        steps = range(present - SKEW_STEPS, present + SKEW_STEPS + 1)
        taken = [step for step in steps if hmac.compare_digest(totp.generate_otp(step), digits)]
        if not taken or taken[-1] <= row.totp_step:
            return False
        row.totp_step = taken[-1]
        return True

    async def _take_recovery_code(self, session: AsyncSession, agent_id: str, code: str) -> bool:
        hashes = keyed_hashes(self._secret, *_recovery_parts(agent_id, code))
        used = delete(RecoveryCodeRow).where(RecoveryCodeRow.code_hash.in_(hashes), RecoveryCodeRow.agent_id == agent_id)
        if await session.scalar(used.returning(RecoveryCodeRow.code_hash)) is None:
            return False
        await self._audit(session, agent_id, agent_id, "recovery_used")
        return True

    async def _new_recovery_codes(self, session: AsyncSession, agent_id: str) -> list[str]:
        codes = ["-".join("".join(secrets.choice(_ALPHABET) for _ in range(4)) for _ in range(3)) for _ in range(RECOVERY_CODES)]
        await session.execute(delete(RecoveryCodeRow).where(RecoveryCodeRow.agent_id == agent_id))
        session.add_all(RecoveryCodeRow(code_hash=self._recovery_hash(agent_id, code), agent_id=agent_id) for code in codes)
        return codes

    async def _row(self, session: AsyncSession, agent_id: str) -> SupportAgent:
        row = await session.scalar(select(SupportAgent).where(SupportAgent.id == agent_id).with_for_update())
        if row is None:
            raise UnknownAgent
        return row

    async def _audit(self, session: AsyncSession, by: str, agent_id: str, outcome: str) -> None:
        await audit.record(
            session, now=self._clock.now(), actor=f"agent:{by}", action="support.second_factor", subject=agent_id, outcome=outcome
        )

    def _recovery_hash(self, agent_id: str, code: str) -> str:
        return keyed_hash(self._secret, *_recovery_parts(agent_id, code))


def _recovery_parts(agent_id: str, code: str) -> tuple[str, ...]:
    return "desk-recovery", agent_id, re.sub(r"[\s-]", "", code).lower()[:40]
