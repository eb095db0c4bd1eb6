"""Report of account requests by state and age."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import select

from bot.accounts.tables import OPEN, STATES, AccountRequest
from bot.core.clock import Clock
from bot.core.database import Database

AGES = (timedelta(days=1), timedelta(days=3), timedelta(days=7), timedelta(days=30))
"""Upper ends of the age classes; the last class has none."""


@dataclass(frozen=True)
class StateCount:
    """The requests in one state now."""

    state: str
    count: int
    by_age: tuple[int, ...]
    """How many are in each age class of `AGES`, then how many are older.

    An open request ages from when it was made, the others from when they were decided.
    """


async def requests_by_state(database: Database, clock: Clock) -> list[StateCount]:
    """Count the requests of every state, in the order of the process."""
    now = clock.now()
    ages: dict[str, list[timedelta]] = {state: [] for state in STATES}
    async with database.reading() as session:
        wanted = select(AccountRequest.state, AccountRequest.created_at, AccountRequest.state_since)
        for state, created_at, state_since in await session.execute(wanted):
            ages[state].append(now - (created_at if state in OPEN else state_since))
    return [StateCount(state, len(of_state), tuple(_by_age(of_state))) for state, of_state in ages.items()]


def _by_age(ages: list[timedelta]) -> list[int]:
    counts = [0] * (len(AGES) + 1)
    for age in ages:
        counts[sum(age >= end for end in AGES)] += 1
    return counts
