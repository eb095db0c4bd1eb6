"""Sessions of the desk while SECRET is changed: found by the hash of either, and kept under that of the new one."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncSession

from bot.core.database import Database
from bot.support.tables import AgentSession


async def session_of(session: AsyncSession, hashes: Sequence[str]) -> AgentSession | None:
    """Return the session of a token by the hashes under which it may be kept."""
    return await session.scalar(select(AgentSession).where(AgentSession.token_hash.in_(hashes)))


async def keep_session(database: Database, hashes: Sequence[str], now: datetime) -> None:
    """Note that a session was used, and keep it under the first of its hashes.

    Said once in `SEEN_INTERVAL`: bots of which each has another SECRET as its own do not write it at every request.
    """
    used = update(AgentSession).where(AgentSession.token_hash.in_(hashes)).values(token_hash=hashes[0], seen_at=now)
    async with database.writing() as session:
        await session.execute(used.execution_options(synchronize_session=False))
