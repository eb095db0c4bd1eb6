"""What is to be begun once in a period by one of several processes: whoever first writes its row does it."""

from __future__ import annotations

from datetime import timedelta

from bot.core.clock import Clock
from bot.core.database import Database
from bot.core.heartbeat import Heartbeat
from bot.core.upsert import upsert

HOURLY = timedelta(minutes=50)
"""What processes try once an hour, give or take some minutes (`bot.jobs.schedule.JITTER_SECONDS`)."""


async def begin_period(database: Database, clock: Clock, name: str, period: timedelta = HOURLY) -> bool:
    """Return whether the caller is to do it now: nobody began it within the last `period`.

    Where the process dies meanwhile, it is begun again a period later: for what goes on from where it was.

    Args:
        database: which all of them share.
        clock: tells now.
        name: of the task, at most 16 characters.
        period: less than the pause between two attempts.
    """
    now = clock.now()
    async with database.reading() as session:
        row = await session.get(Heartbeat, name)
        if row is not None and row.at > now - period:
            return False
    async with database.writing() as session:
        begun = upsert(session, Heartbeat).values(name=name, at=now)
        is_old = Heartbeat.at <= now - period
        begun = begun.on_conflict_do_update(index_elements=["name"], set_={"at": now}, where=is_old).returning(Heartbeat.name)
        return await session.scalar(begun) is not None
