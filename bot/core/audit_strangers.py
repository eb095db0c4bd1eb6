"""What strangers are refused, in the audit trail: each of them while they are few, then how many they are.

Nobody may delete from the trail, so that a flood of wrong codes would fill it for ever. The first refusals from each source are recorded
one by one, and so are those around one account, wherever they come from; the account that somebody tries to get into keeps a count of its
own, which no flood around others uses up. Of what follows within the hour one event is recorded for each power of ten that it passes.
"""

from __future__ import annotations

import hashlib
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from bot.core import audit
from bot.core.limits import Hit, Limit, Scope, tally

_HOUR = timedelta(hours=1)
FROM_SOURCE = Limit("audit_source", Scope.SOURCE, 10, _HOUR)
"""Refusals of one kind, from one source, around one account that are recorded one by one."""
AROUND_ACCOUNT = Limit("audit_account", Scope.ACCOUNT, 100, _HOUR)
"""The same from all sources together; those around no account count together."""
MORE = "more_"
"""Outcome of an event that stands for many: more than so many since the hour began, as `more_1000`."""


async def record_stranger_refusal(
    session: AsyncSession, *, now: datetime, action: str, outcome: str, account: str | None, source: str, **values: Any
) -> None:
    """Record what a stranger was refused, in the caller's writing transaction and as its last lock; see `audit.record`.

    Args:
        session: the transaction.
        now: the instant.
        action: what they tried.
        outcome: what came of it.
        account: the account or agent that they tried to get into; None where there is none.
        source: where they come from: a keyed hash of their address, or their chat where no address is known.
        values: further columns of the event.
    """
    from_source, from_all = await count_stranger(session, now=now, action=action, outcome=outcome, account=account, source=source)
    if from_source <= FROM_SOURCE.amount and from_all <= AROUND_ACCOUNT.amount:
        await audit.record(session, now=now, action=action, outcome=outcome, **values)
        return
    of_source = _passed(from_source, FROM_SOURCE.amount) if from_all <= AROUND_ACCOUNT.amount else 0
    if many := max(of_source, _passed(from_all, AROUND_ACCOUNT.amount)):
        await audit.record(session, now=now, action=action, outcome=f"{MORE}{many}", **values)


async def count_stranger(
    session: AsyncSession, *, now: datetime, action: str, outcome: str, account: str | None, source: str
) -> tuple[int, int]:
    """Count one act of a stranger; return how many there were this hour from this source, and from all. See `record_stranger_refusal`."""
    around = _key(action, outcome, account)
    from_source, from_all = await tally(session, [Hit(FROM_SOURCE, _key(around, source)), Hit(AROUND_ACCOUNT, around)], now)
    return from_source, from_all


def _passed(count: int, least: int) -> int:
    """Return the power of ten, of at least `least`, that this count is the first one above; 0 for none."""
    before = count - 1
    return before if before >= least and before == 10 ** (len(str(before)) - 1) else 0


def _key(*parts: str | None) -> str:
    return hashlib.sha256("\0".join(part or "" for part in parts).encode()).hexdigest()
