"""Care teams compared: who came, who went, whose dates changed since they were last seen."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from bot.dossiers.care_teams import subject_id
from bot.dossiers.members import member_of
from bot.dossiers.participants import added_by_of
from bot.dossiers.period import AccessPeriod, first_day, has_begun, instant_of, is_over, last_day, paris_day
from bot.dossiers.records import kind_of
from bot.fhir.mapping import DEFAULT_MAPPING, Code
from bot.fhir.references import RELATIVE, References
from bot.fhir.resources import Resource

_NOT_TOLD = ("RelatedPerson", "Patient", "CareTeam")
"""Members who are no partners."""


@dataclass(frozen=True)
class Access:
    """An access of a member; the bounds are as they are written."""

    member: str
    account_id: str | None
    starts: str | None
    ends: str | None
    referent: bool = False
    added_by: str | None = None

    @property
    def key(self) -> str:
        """The account, or the member where there is none."""
        return self.account_id or self.member

    def planned(self, now: datetime) -> bool:
        """Return whether it is to begin later."""
        return not has_begun({"start": self.starts}, now)

    def over(self, now: datetime) -> bool:
        """Return whether its end has come."""
        return is_over({"end": self.ends}, now)

    def period(self, now: datetime) -> AccessPeriod:
        """Return its dates: the first day only where it is to come."""
        return AccessPeriod(first_day(self.starts) if self.planned(now) else None, last_day(self.ends))


class Difference(StrEnum):
    """What became of an access."""

    JOINED = "joined"
    LEFT = "left"
    DATED = "dated"
    """It is to begin later, or its end is another one."""


def is_readable(team: Resource, now: datetime, references: References = RELATIVE) -> bool:
    """Return whether a team has the form that is read: one that has not must not keep the others from being seen."""
    try:
        infer(team, accesses_of(team, {}, now, references=references), {}, now, now, references)
        instant_of((team.get("meta") or {}).get("lastUpdated"))
        subject_id(team, references)
        is_new(team, now)
        return isinstance(team["id"], str) and 0 < len(team["id"]) <= 64
    except (AttributeError, KeyError, TypeError, ValueError):
        return False


def account_of(member: str, holders: Mapping[str, str]) -> str | None:
    """Return the account of a member: a Practitioner's own id, or who holds the PractitionerRole."""
    kind, _, key = member.partition("/")
    return key if kind == "Practitioner" else holders.get(member)


def accesses_of(
    team: Resource,
    holders: Mapping[str, str],
    now: datetime,
    referent_role: Code = DEFAULT_MAPPING.referent,
    references: References = RELATIVE,
) -> list[Access]:
    """Return who has access now, or will, each person once: the access that holds, else the first to come."""
    found: dict[str, Access] = {}
    for participant in team.get("participant") or []:
        member, period = member_of(participant, references, str(team.get("id", ""))), participant.get("period") or {}
        if member is None or len(member) > 100 or kind_of(member) in _NOT_TOLD or is_over(period, now):
            continue
        referent = any(map(referent_role.is_in, participant.get("role") or []))
        starts, ends = (str(period[name])[:40] if period.get(name) else None for name in ("start", "end"))
        access = Access(member, account_of(member, holders), starts, ends, referent, added_by_of(participant, references))
        other = found.get(access.key)
        if other is None or (other.planned(now), other.starts or "") > (access.planned(now), access.starts or ""):
            found[access.key] = access
    return list(found.values())


def compare(known: Iterable[Access], current: Iterable[Access], seen_at: datetime, now: datetime) -> list[tuple[Difference, Access]]:
    """Return what changed since a team was seen. What came by itself, on a day that had been given, is no change of the team."""
    before, after = {one.key: one for one in known}, {one.key: one for one in current}
    found: list[tuple[Difference, Access]] = []
    for key, access in after.items():
        former = before.get(key)
        planned = access.planned(now)
        if former is None or former.planned(now):  # was not there, and would not be yet
            if not planned:
                found.append((Difference.JOINED, access))
            elif former is None or access.period(now) != former.period(now):
                found.append((Difference.DATED, access))
        elif planned:
            found += (
                [(Difference.LEFT, former), (Difference.DATED, access)] if not former.planned(seen_at) else [(Difference.DATED, access)]
            )
        elif last_day(access.ends) != last_day(former.ends):
            found.append((Difference.DATED, access))
    gone = (former for key, former in before.items() if key not in after)
    found += [(Difference.LEFT, former) for former in gone if not former.over(now) and not former.planned(now)]
    return found


def infer(
    team: Resource,
    current: Iterable[Access],
    holders: Mapping[str, str],
    since: datetime,
    now: datetime,
    references: References = RELATIVE,
) -> list[tuple[Difference, Access]]:
    """Return what changed in a team that was never seen, by the periods of its participants.

    Who began on the day of `since` or later has come; who ended after it, to the second, has gone. Of a team that is new itself the
    referent opened it, and has not come.
    """
    day = paris_day(since)
    found: list[tuple[Difference, Access]] = []
    for access in current:
        if access.planned(now):
            found.append((Difference.DATED, access))
        elif not access.referent and (begun := first_day(access.starts)) is not None and begun >= day:
            found.append((Difference.JOINED, access))
    staying = {access.key for access in current}
    for participant in team.get("participant") or []:
        member, end = member_of(participant, references, str(team.get("id", ""))), str((participant.get("period") or {}).get("end") or "")
        at = instant_of(end) if "T" in end else None
        if member is None or at is None or not since <= at <= now or kind_of(member) in _NOT_TOLD:
            continue
        gone = Access(member, account_of(member, holders), None, end)
        if gone.key not in staying:
            found.append((Difference.LEFT, gone))
    return found


def is_new(team: Resource, since: datetime) -> bool:
    """Return whether a team was opened on the day of `since` or later."""
    begun = first_day(str((team.get("period") or {}).get("start") or "") or None)
    return begun is not None and begun >= paris_day(since)
