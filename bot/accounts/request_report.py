"""Account requests by state and age."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import select

from bot.accounts.tables import OPEN, STATES, AccountRequest
from bot.core.clock import Clock
from bot.core.database import Database

AGES = (timedelta(days=1), timedelta(days=3), timedelta(days=7), timedelta(days=30))
"""Ends of the age classes, the last of which has none."""


@dataclass(frozen=True)
class StateCount:
    """The requests in one state now."""

    state: str
    count: int
    by_age: tuple[int, ...]
    """How many are younger than each of `AGES` and not than the one before, then the rest: since they were made, where they are
    open; since they were decided, where they are not."""


async def requests_by_state(database: Database, clock: Clock) -> list[StateCount]:
    """Every state, in the order of the process."""
    now = clock.now()
    ages: dict[str, list[timedelta]] = {state: [] for state in STATES}
    async with database.reading() as session:
        for state, made, since in await session.execute(
            select(AccountRequest.state, AccountRequest.created_at, AccountRequest.state_since)
        ):
            ages[state].append(now - (made if state in OPEN else since))
    return [StateCount(state, len(found), tuple(_classes(found))) for state, found in ages.items()]


def _classes(ages: list[timedelta]) -> list[int]:
    counts = [0] * (len(AGES) + 1)
    for age in ages:
        counts[sum(age >= end for end in AGES)] += 1
    return counts
