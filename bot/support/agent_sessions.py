"""The browsers in which an agent is signed in: seen and ended by the agent."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, delete, select

from bot.core import audit
from bot.core.clock import Clock
from bot.core.database import Database
from bot.support.agents import AgentAccount, Agents
from bot.support.tables import AgentSession

ID_LENGTH = 16
"""Hexadecimal digits of a token's hash by which a session is called."""
_BROWSERS = (("Edge", "Edg"), ("Opera", "OPR/"), ("Firefox", "Firefox/"), ("Chrome", "Chrome/"), ("Safari", "Safari/"))
_SYSTEMS = (("Android", "Android"), ("iPhone", "iPhone"), ("iPad", "iPad"), ("Windows", "Windows"), ("macOS", "Mac OS"), ("Linux", "Linux"))


@dataclass(frozen=True)
class SessionEntry:
    """A session as its agent sees it."""

    id: str
    begun_at: datetime
    seen_at: datetime
    browser: str
    shared: bool
    mine: bool
    """Whether it is the session that asks."""


class AgentSessions:
    """Lists and ends the sessions of one agent."""

    def __init__(self, database: Database, clock: Clock, agents: Agents) -> None:
        self._database, self._clock, self._agents = database, clock, agents

    async def of(self, agent: AgentAccount, token: str) -> list[SessionEntry]:
        """Return the agent's open sessions, the last used first; `token` is that of the session that asks."""
        mine, now = self._agents.token_hashes(token), self._clock.now()
        wanted = select(AgentSession).where(AgentSession.agent_id == agent.id, AgentSession.expires_at > now)
        async with self._database.reading() as session:
            rows = list(await session.scalars(wanted.order_by(AgentSession.seen_at.desc())))
        return [
            SessionEntry(row.token_hash[:ID_LENGTH], row.created_at, row.seen_at, row.browser, row.shared, row.token_hash in mine)
            for row in rows
            if self._agents.is_fresh(row, now)
        ]

    async def end(self, agent: AgentAccount, session_id: str) -> bool:
        """End one session of the agent; return False where there is no such one."""
        if not re.fullmatch(rf"[0-9a-f]{{{ID_LENGTH}}}", session_id):
            return False
        return await self._end(agent, AgentSession.token_hash.startswith(session_id))

    async def end_others(self, agent: AgentAccount, token: str) -> None:
        """End every session of the agent but the one of this token."""
        await self._end(agent, AgentSession.token_hash.not_in(self._agents.token_hashes(token)))

    async def _end(self, agent: AgentAccount, which: ColumnElement[bool]) -> bool:
        ended = delete(AgentSession).where(AgentSession.agent_id == agent.id, which).returning(AgentSession.token_hash)
        async with self._database.writing() as session:
            found = list(await session.scalars(ended))
            if found:
                actor = f"agent:{agent.id}"
                await audit.record(session, now=self._clock.now(), actor=actor, action="support.sign_in", subject=agent.id, outcome="ended")
        return bool(found)


def browser_name(user_agent: str) -> str:
    """Return browser and system of a `User-Agent`, as people call them: « Firefox, Windows »; "" where neither is known."""
    named = [next((name for name, mark in marks if mark in user_agent), "") for marks in (_BROWSERS, _SYSTEMS)]
    return ", ".join(part for part in named if part)
