"""Sessions of the desk that began before SECRET was changed go on under the hash of the new one."""

from __future__ import annotations

from sqlalchemy import update

from bot.core.database import Database
from bot.support.tables import AgentSession


async def rekey_session(database: Database, token_hash: str, renewed: str) -> None:
    """Keep a session under another hash of the same token; nothing is done where that happened meanwhile."""
    async with database.writing() as session:
        await session.execute(update(AgentSession).where(AgentSession.token_hash == token_hash).values(token_hash=renewed))
