"""Table of the last write that the health report made: it writes for real, for a database that reads may refuse every write."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import String
from sqlalchemy.orm import Mapped, mapped_column

from bot.core.clock import Clock
from bot.core.database import Database, Table
from bot.core.upsert import upsert


class Heartbeat(Table):
    """When something last wrote; one row for each writer."""

    __tablename__ = "heartbeats"

    name: Mapped[str] = mapped_column(String(16), primary_key=True)
    at: Mapped[datetime]


async def beat(database: Database, clock: Clock, name: str) -> None:
    """Write the present instant. Raises what a database that cannot be written raises."""
    now = clock.now()
    async with database.writing() as session:
        wanted = upsert(session, Heartbeat).values(name=name, at=now)
        await session.execute(wanted.on_conflict_do_update(index_elements=["name"], set_={"at": now}))
