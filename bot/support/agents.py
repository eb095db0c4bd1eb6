"""The agents of the support team: their accounts, signing in with a password, their sessions.

Guessing is limited (`bot.support.sign_in_limits`): five wrong passwords lock a login for 15 minutes, for where they came from.
"""

from __future__ import annotations

import builtins
import re
import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from sqlalchemy import delete, func, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from bot.core import audit
from bot.core.audit_strangers import record_stranger_refusal
from bot.core.clock import Clock
from bot.core.database import Database
from bot.core.keyed_hash import keyed_hash, keyed_hashes
from bot.core.mail import one_line
from bot.settings import Settings
from bot.support.errors import (
    LastSupervisor,
    LoginTaken,
    SecondFactorNeeded,
    SignInFailed,
    SignInLocked,
    UnknownAgent,
    UnusableLogin,
    UnusableName,
)
from bot.support.passwords import check_strength, hash_password, needs_rehash, verify_password
from bot.support.records import Agent
from bot.support.session_keys import keep_session, session_of
from bot.support.sign_in_limits import Attempt, SignInLimits
from bot.support.tables import AGENT, ROLES, SUPERVISOR, AgentSession, SupportAgent

SEEN_INTERVAL = timedelta(minutes=1)
"""The last use of a session is written at most this often: a write for each request would be many."""
PASSWORD, TOTP, OIDC = "password", "totp", "oidc"
"""How agents sign in: with a password, with a password and a second factor, with OpenID Connect."""
_LOGIN = re.compile(r"[^\s\x00-\x1f]{2,80}")


@dataclass(frozen=True)
class AgentAccount:
    """Somebody of the support team. `name` is what users read."""

    id: str
    login: str
    name: str
    role: str
    active: bool = True
    has_password: bool = True
    second_factor: bool = False
    """Whether a second factor is asked for after the password."""
    method: str = ""
    """How the session that this was read with was begun (`AgentSession.method`)."""
    on_shared: bool = False
    """Whether that session is on a machine that several people use."""

    @property
    def supervises(self) -> bool:
        """Whether they see figures and manage agents."""
        return self.role == SUPERVISOR

    @property
    def agent(self) -> Agent:
        """As tickets and the desk know them."""
        return Agent(self.id, self.name, self.supervises)


class Agents:
    """Accounts and sessions of the support team. Only a hash of a session's token is stored."""

    def __init__(self, database: Database, clock: Clock, settings: Settings) -> None:
        self._database, self._clock = database, clock
        self._secret = settings.required("secret")
        self._limits = SignInLimits(self._secret, lifted=settings.lifts_limits)
        self.all_shared = settings.shared_machines
        """Whether every browser is taken for one of a shared machine."""
        self._idle = {False: timedelta(minutes=settings.desk_idle_minutes), True: timedelta(minutes=settings.shared_idle_minutes)}
        self._life = {False: timedelta(hours=settings.desk_session_hours), True: timedelta(hours=settings.shared_session_hours)}

    async def add(self, login: str, name: str, role: str, password: str | None, by: str = "cli") -> AgentAccount:
        """Add an agent; without a password they sign in with the identity provider only.

        Args:
            login: 2 to 80 characters without spaces.
            name: 1 to 80 characters, which users read.
            role: one of `ROLES`.
            password: 12 to 200 characters, or None.
            by: who adds them, for the audit trail.

        Raises:
            LoginTaken: another agent has this login.
            UnusableLogin: it is not well formed.
            UnusableName: likewise.
            WeakPassword: it is too short, too long or holds the login.
            ValueError: there is no such role.
        """
        if role not in ROLES:
            raise ValueError(f"a role is one of {', '.join(ROLES)}")
        login, name = normalize_login(login), one_line(name)
        if not 1 <= len(name) <= 80:
            raise UnusableName
        if password is not None:
            check_strength(password, login)
        hashed = await hash_password(password) if password is not None else None
        async with self._database.writing() as session:
            return await self._insert(session, login, name, role, hashed, by)

    async def ensure_first(self, login: str, password: str) -> bool:
        """Add the first supervisor if there is no agent at all. Two processes that start at once add one."""
        async with self._database.reading() as session:
            if await session.scalar(select(SupportAgent.id).limit(1)) is not None:
                return False
        hashed = await hash_password(password)
        try:
            async with self._database.writing() as session:
                if await session.scalar(select(SupportAgent.id).limit(1)) is not None:
                    return False
                await self._insert(session, normalize_login(login), login[:1].upper() + login[1:], SUPERVISOR, hashed, "setup")
        except (IntegrityError, LoginTaken):  # another process added them at the same moment
            return False
        return True

    async def list(self) -> builtins.list[AgentAccount]:
        """Return everybody by name, including those who left."""
        async with self._database.reading() as session:
            return [account_of(row) for row in await session.scalars(select(SupportAgent).order_by(func.lower(SupportAgent.name)))]

    async def get(self, agent_id: str) -> AgentAccount | None:
        """Return the agent of this id, or None."""
        async with self._database.reading() as session:
            row = await session.get(SupportAgent, agent_id)
            return account_of(row) if row is not None else None

    async def set_role(self, agent_id: str, role: str, by: str) -> None:
        """Change the role. Raise UnknownAgent, LastSupervisor; ValueError for an unknown role."""
        if role not in ROLES:
            raise ValueError(f"a role is one of {', '.join(ROLES)}")
        async with self._database.writing() as session:
            row = await _row(session, agent_id)
            row.role = role
            await self._keep_a_supervisor(session)
            await self._audit(session, by, "support.agent_role", row.id, role)

    async def set_active(self, agent_id: str, active: bool, by: str) -> None:
        """Open or close an account; closing ends its sessions at once. Raise UnknownAgent, LastSupervisor."""
        async with self._database.writing() as session:
            row = await _row(session, agent_id)
            row.active = active
            await self._keep_a_supervisor(session)
            if not active:
                await _end_sessions(session, agent_id)
            await self._audit(session, by, "support.agent_active", row.id, "on" if active else "off")

    async def set_password(self, agent_id: str, password: str, by: str) -> None:
        """Set a new password, which ends every session of theirs and a lockout, not the second factor. Raise UnknownAgent, WeakPassword."""
        async with self._database.reading() as session:
            login = (await _row(session, agent_id)).login
        check_strength(password, login)
        hashed = await hash_password(password)
        async with self._database.writing() as session:
            row = await _row(session, agent_id)
            row.password_hash = hashed
            await _end_sessions(session, agent_id)
            await self._limits.forget(session, login)
            await self._audit(session, by, "support.agent_password", row.id, "set")

    async def change_password(self, agent: AgentAccount, old: str, new: str) -> None:
        """Change one's own password. Raise SignInFailed, SignInLocked, WeakPassword."""
        async with self._failures_recorded(agent.login, f"agent:{agent.id}"):
            await self._authenticate(agent.login, old, self._limits.signed_in(agent.login, agent.id))
        await self.set_password(agent.id, new, agent.id)

    async def sign_in(
        self, login: str, password: str, *, source: str = "", device: str | None = None, shared: bool = False, browser: str = ""
    ) -> tuple[AgentAccount, str]:
        """Return the agent, and the token for their browser's cookie. Raise SignInFailed, SignInLocked, SecondFactorNeeded.

        An unknown login, a closed account and a wrong password are answered alike, and take as long. A right password where a second
        factor is asked for (`bot.support.second_factor`) opens no session.

        Args:
            login: in whatever case.
            password: as it was typed.
            source: where on the network it comes from (`bot.http.rate_limit.source_of`).
            device: the token of a browser that somebody signed in with before (`device_token`).
            shared: whether several people use the machine.
            browser: as its agent recognises it.
        """
        login = login.strip().lower()[:80]
        async with self._failures_recorded(login, source):
            agent = await self._authenticate(login, password, self._limits.attempt(login, source, device))
        if agent.second_factor:
            raise SecondFactorNeeded(agent.id)
        return agent, await self.open_session(agent, shared=shared, browser=browser)

    def device_token(self, login: str) -> str:
        """Return a token for the cookie of a browser that this agent has just signed in with."""
        return self._limits.device_token(login)

    async def open_session(self, agent: AgentAccount, *, method: str = PASSWORD, shared: bool = False, browser: str = "") -> str:
        """Open a session for somebody whose identity is proven, and return the token for the cookie (256 bits)."""
        token, now, shared = secrets.token_urlsafe(32), self._clock.now(), shared or self.all_shared
        async with self._database.writing() as session:
            await session.execute(delete(AgentSession).where(AgentSession.expires_at <= now))
            row = AgentSession(
                token_hash=self.token_hashes(token)[0],
                agent_id=agent.id,
                created_at=now,
                seen_at=now,
                expires_at=now + self.lifetime(shared=shared),
                shared=shared,
                method=method,
                browser=browser[:60],
            )
            session.add(row)
            await self._audit(session, agent.id, "support.sign_in", agent.id, "in")
        return token

    def lifetime(self, *, shared: bool) -> timedelta:
        """Return how long a session lasts however much it is used."""
        return self._life[shared or self.all_shared]

    async def session(self, token: str, *, used: bool = True) -> AgentAccount | None:
        """Return whose session it is, or None where it is over.

        With `used` false the session is only looked at, as by a page that refreshes itself.
        """
        now, hashes = self._clock.now(), self.token_hashes(token)
        async with self._database.reading() as session:
            wanted = select(AgentSession, SupportAgent).join(SupportAgent, SupportAgent.id == AgentSession.agent_id)
            found = (await session.execute(wanted.where(AgentSession.token_hash.in_(hashes)))).first()
        if found is None or not found[1].active or not self.is_fresh(found[0], now):
            return None
        if used and found[0].seen_at + SEEN_INTERVAL <= now:
            await keep_session(self._database, hashes, now)
        return replace(account_of(found[1]), method=found[0].method, on_shared=found[0].shared)

    def is_fresh(self, row: AgentSession, now: datetime) -> bool:
        """Return whether a session is neither too old nor unused for too long."""
        return row.expires_at > now and row.seen_at + self._idle[row.shared] > now

    async def was_session(self, token: str) -> bool:
        """Return whether the token was that of a session which ended by itself a moment ago: its agent can be told so."""
        async with self._database.reading() as session:
            return await session_of(session, self.token_hashes(token)) is not None

    async def shorten_session(self, token: str) -> None:
        """Let a session end sooner, as it is on a machine that several people use."""
        async with self._database.writing() as session:
            row = await session_of(session, self.token_hashes(token))
            if row is not None and not row.shared:
                row.shared, row.expires_at = True, min(row.expires_at, self._clock.now() + self._life[True])

    async def sign_out(self, token: str) -> None:
        """End this session."""
        async with self._database.writing() as session:
            ended = delete(AgentSession).where(AgentSession.token_hash.in_(self.token_hashes(token)))
            agent_id = await session.scalar(ended.returning(AgentSession.agent_id))
            if agent_id is not None:
                await self._audit(session, agent_id, "support.sign_in", agent_id, "out")

    async def by_login(self, login: str) -> AgentAccount | None:
        """Return the active account of this login, in whatever case, or None."""
        async with self._database.reading() as session:
            row = await session.scalar(select(SupportAgent).where(SupportAgent.login == login.strip().lower()))
            return account_of(row) if row is not None and row.active else None

    async def record_failed_sign_in(self, login: str, outcome: str, source: str) -> None:
        """Record that somebody tried to sign in: as which agent, where there is one of this login; the login itself is not kept.

        Args:
            login: what was given.
            outcome: "failed", "locked".
            source: where on the network it comes from.
        """
        async with self._database.writing() as session:
            agent_id = await session.scalar(select(SupportAgent.id).where(SupportAgent.login == login.strip().lower()))
            await record_stranger_refusal(
                session,
                now=self._clock.now(),
                action="support.sign_in",
                outcome=outcome,
                account=agent_id,
                source=keyed_hash(self._secret, "source", source),
                actor=None,
                subject=agent_id,
                channel="desk",
            )

    async def record_refusal(self, agent_id: str, path: str) -> None:
        """Record that an agent asked for what their role does not allow; `path` is that of the route, not what was asked with it."""
        async with self._database.writing() as session:
            await self._audit(session, agent_id, "support.refused", path[:100], "not_allowed")

    @asynccontextmanager
    async def _failures_recorded(self, login: str, source: str) -> AsyncIterator[None]:
        """Record SignInFailed and SignInLocked that leave the context."""
        try:
            yield
        except (SignInFailed, SignInLocked) as error:
            await self.record_failed_sign_in(login, "locked" if isinstance(error, SignInLocked) else "failed", source)
            raise

    async def _authenticate(self, login: str, password: str, attempt: Attempt) -> AgentAccount:
        """Return the agent whose password this is.

        The attempt is counted before the password is compared, so that guesses sent at once are all counted.
        """
        async with self._database.writing() as session:
            until = await self._limits.count(session, attempt, self._clock.now())
        if until is not None:  # raised only now: an exception inside would undo the figures
            raise SignInLocked(until)
        async with self._database.reading() as session:
            row = await session.scalar(select(SupportAgent).where(SupportAgent.login == login))
        if not await verify_password(row.password_hash if row else None, password) or row is None or not row.active:
            async with self._database.reading() as session:
                if until := await self._limits.locked_until(session, attempt, self._clock.now()):
                    raise SignInLocked(until)
            raise SignInFailed
        renewed = await hash_password(password) if needs_rehash(row.password_hash or "") else None
        agent = account_of(row)
        async with self._database.writing() as session:
            await self._limits.succeed(session, attempt, self._clock.now())
            if renewed is not None:
                (await _row(session, row.id)).password_hash = renewed
        return agent

    async def _insert(self, session: AsyncSession, login: str, name: str, role: str, hashed: str | None, by: str) -> AgentAccount:
        if await session.scalar(select(SupportAgent.id).where(SupportAgent.login == login)) is not None:
            raise LoginTaken
        row = SupportAgent(login=login, name=name, role=role, password_hash=hashed, active=True, created_at=self._clock.now())
        session.add(row)
        await session.flush()
        await self._audit(session, by, "support.agent_add", row.id, role)
        return account_of(row)

    async def _keep_a_supervisor(self, session: AsyncSession) -> None:
        await session.flush()
        left = select(SupportAgent.id).where(SupportAgent.role == SUPERVISOR, SupportAgent.active.is_(True)).limit(1)
        if await session.scalar(left) is None:
            raise LastSupervisor

    async def _audit(self, session: AsyncSession, by: str, action: str, subject: str, outcome: str) -> None:
        await audit.record(session, now=self._clock.now(), actor=f"agent:{by}", action=action, subject=subject, outcome=outcome)

    def token_hashes(self, token: str) -> tuple[str, ...]:
        """Return how a session's token is stored: by the first, and by the other one while SECRET is changed."""
        return keyed_hashes(self._secret, "desk-session", token)


def normalize_login(login: str) -> str:
    """Return a login in its one form. Raise UnusableLogin."""
    login = login.strip().lower()
    if not _LOGIN.fullmatch(login):
        raise UnusableLogin
    return login


def account_of(row: SupportAgent) -> AgentAccount:
    """Return a row as what the desk knows of somebody."""
    return AgentAccount(
        row.id,
        row.login,
        row.name,
        row.role,
        row.active,
        row.password_hash is not None,
        row.totp_key is not None and row.totp_since is not None,
    )


async def _row(session: AsyncSession, agent_id: str) -> SupportAgent:
    found = await session.scalar(select(SupportAgent).where(SupportAgent.id == agent_id).with_for_update())
    if found is None:
        raise UnknownAgent
    return found


async def _end_sessions(session: AsyncSession, agent_id: str) -> None:
    await session.execute(delete(AgentSession).where(AgentSession.agent_id == agent_id))


__all__ = ["AGENT", "ROLES", "SUPERVISOR", "AgentAccount", "Agents", "normalize_login"]
