"""What the assistant itself changed in care teams, kept in the caller's transaction until it is told (`bot.notifications.own_acts`)."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from sqlalchemy.ext.asyncio import AsyncSession

from bot.core.database import announce
from bot.core.upsert import insert_or_ignore
from bot.dossiers.period import AccessPeriod, paris_day
from bot.dossiers.tables import TeamAct
from bot.fhir.operations import Payload

TOPIC = "team_acts"
"""What workers that tell of acts are woken by."""


class Act(StrEnum):
    """What became of somebody's access."""

    JOINED = "joined"
    LEFT = "left"
    DATED = "dated"


async def keep_act(session: AsyncSession, key: str, payload: Payload, result: Payload, period: AccessPeriod, now: datetime) -> None:
    """Keep what an operation did to a team until it is told; one with this key that is there already stays.

    Args:
        key: of the operation.
        payload: of the operation: `reference`, `actor`, and `account` or `member`.
        result: of the operation: `outcome`, and what it found: `account`, `member`, `was_planned`.
        period: the dates that the access has now.
        now: when the operation ended.
    """
    act = _act(str(result.get("outcome")), bool(result.get("was_planned")), period.begins_later(paris_day(now)))
    who = payload.get("account") or result.get("account") or payload.get("member") or result.get("member")
    if act is None or not who:
        return
    values = {"key": key, "act": act, "dossier": payload["reference"], "member": who, "actor": payload["actor"]}
    values |= {"ends_on": period.end, "at": now}
    await session.execute(insert_or_ignore(session, TeamAct).values(**values))
    announce(session, TOPIC)


def _act(outcome: str, was_planned: bool, later: bool) -> Act | None:
    """Return what an outcome means to the team; None: nothing. An access that is to begin later is told when it begins."""
    if outcome in ("added", "restored"):
        return None if later else Act.JOINED
    if outcome == "removed":
        return None if was_planned else Act.LEFT
    if outcome != "dated":
        return None
    if was_planned:
        return None if later else Act.JOINED
    return Act.LEFT if later else Act.DATED
