"""Who added whom to a dossier, who ended whose access, when and on what basis: the care team and the audit trail, read together.

The care team says who takes part, or once did, and between which instants; the trail says whose act that was. The two are joined by the
mark that an operation leaves at its participant, so that nothing is guessed: of what was not done through the assistant only the team's
own dates are known.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

from sqlalchemy import select

from bot.core.audit import AuditEvent
from bot.core.clock import Clock
from bot.core.database import Database
from bot.dossiers.access import DossierAccess
from bot.dossiers.care_teams import ENDED_BY, CareTeam, CareTeams, operation_mark
from bot.dossiers.members import Member, display_of
from bot.dossiers.participants import account_of, added_by_of, role_words, unnamed_label
from bot.dossiers.period import instant_of, is_over, last_day
from bot.dossiers.probing import Origin, ProbeLimits
from bot.dossiers.records import Partner, Practitioner
from bot.fhir.client import FhirClient
from bot.fhir.mapping import DEFAULT_MAPPING, PlatformMapping
from bot.fhir.resources import Resource

HISTORY = "partners.history"
"""Action of the audit trail: the history of a dossier was read."""
ADD, REMOVE, RESTORE, CREATE = "partners.add", "partners.remove", "partners.restore", "dossiers.create"
_DONE = ("added", "removed", "restored", "created")
"""Outcomes of acts that changed something."""
OWN_ACTS_DAYS = 30
"""How far back one's own acts are looked for where no dossier is named."""
MAX_DOSSIERS = 5
"""Dossiers that are read for them, those of the latest acts."""
_OPERATION = "operation:"


@dataclass(frozen=True)
class Change:
    """A beginning or an end of an access.

    Attributes:
        at: when, in UTC; None where the platform does not say it.
        actor: the account that did it, or "agent:<name>"; None where nobody is known.
        basis: of an addition, the legal basis that was given; None where there is none.
        restored: whether it took a removal back.
        done: when that was done, in UTC; None where nobody is known. A beginning may be later than the act that planned it.
    """

    at: datetime | None
    actor: str | None = None
    basis: str | None = None
    restored: bool = False
    done: datetime | None = None


@dataclass(frozen=True)
class Participation:
    """One stay of somebody in a care team. `ended` is None while it goes on; `account_id` is None for who has no account.

    `until`: the last day of a stay that goes on, None where it has none.
    """

    dossier: str
    account_id: str | None
    member: str
    name: str
    profession: str
    is_referent: bool
    started: Change
    ended: Change | None
    until: date | None = None

    @property
    def unnamed(self) -> Participation:
        """The stay as an external channel may show it: that of somebody close to the usager without their name."""
        shown = Partner(None, self.member, self.name, self.profession, None, is_referent=False).unnamed
        return replace(self, name=shown.display)

    @property
    def latest(self) -> datetime | None:
        """When it last changed."""
        return self.ended.at if self.ended is not None else self.started.at


class PartnerHistory:
    """Tells members of a dossier who added or removed whom. Every method raises LimitReached and the errors of `bot.fhir.errors`."""

    def __init__(
        self,
        fhir: FhirClient,
        database: Database,
        clock: Clock,
        limits: ProbeLimits | None = None,
        mapping: PlatformMapping = DEFAULT_MAPPING,
    ) -> None:
        self._database, self._clock, self._mapping = database, clock, mapping
        self._teams = CareTeams(fhir, clock, mapping)
        self._access = DossierAccess(self._teams, database, clock, limits)

    async def of_dossier(self, reference: str, reader: Practitioner, origin: Origin | None) -> list[Participation]:
        """Return every stay in the care team of a dossier for one of its members of today, the last to change first.

        Raises NotAMember, the same where there is no such dossier.
        """
        team = await self._access.open(reference, reader.id, HISTORY, origin)
        return await self._participations(team)

    async def own_acts(self, actor: Practitioner, origin: Origin | None) -> list[Participation]:
        """Return the stays that the account began or ended in the last days, in dossiers to which it belongs today, the latest first."""
        since = self._clock.now() - timedelta(days=OWN_ACTS_DAYS)
        query = select(AuditEvent.dossier).where(
            AuditEvent.actor == actor.id,
            AuditEvent.action.in_((ADD, REMOVE, RESTORE)),
            AuditEvent.outcome.in_(_DONE),
            AuditEvent.at >= since,
        )
        async with self._database.reading() as session:
            acted_on = list(dict.fromkeys(await session.scalars(query.order_by(AuditEvent.id.desc()))))
        own = await self._teams.references_of(actor.id)
        read = [each for each in acted_on if each in own][:MAX_DOSSIERS]
        of_each = await asyncio.gather(*(self.of_dossier(reference, actor, origin) for reference in read))
        found = [stay for stays in of_each for stay in stays if _did_since(stay, actor.id, since)]
        return sorted(found, key=_order, reverse=True)

    async def _participations(self, team: CareTeam) -> list[Participation]:
        """Return the stays of a team that was opened for a member."""
        members = await self._teams.known_members(team.entries)
        acts, now = await self._acts_of(team.reference), self._clock.now()
        keyed = [(reference, entry) for one, entry in team.entries if (reference := self._teams.key_of(one, entry))]
        found = [self._read(team.reference, reference, entry, members, acts, now) for reference, entry in keyed]
        return sorted(found, key=_order, reverse=True)

    async def _acts_of(self, reference: str) -> dict[str, AuditEvent]:
        """Return the acts that changed the team of a dossier, by the mark that each left."""
        query = select(AuditEvent).where(
            AuditEvent.dossier == reference,
            AuditEvent.action.in_((ADD, REMOVE, RESTORE, CREATE)),
            AuditEvent.outcome.in_(_DONE),
        )
        async with self._database.reading() as session:
            events = [*await session.scalars(query)]
        return {operation_mark(event.key.removeprefix(_OPERATION)): event for event in events if event.key}

    def _read(
        self, dossier: str, reference: str, entry: Resource, members: dict[str, Member], acts: dict[str, AuditEvent], now: datetime
    ) -> Participation:
        """Return the entry of a member as a stay."""
        period, roles = entry.get("period") or {}, entry.get("role") or []
        member, referent = members.get(reference, Member()), self._mapping.referent
        started = _change(acts.get(str(entry.get("id"))), instant_of(period.get("start")))
        if started.actor is None:
            started = replace(started, actor=added_by_of(entry, self._teams.references))
        ended_by = next((str(each.get("valueString")) for each in entry.get("extension") or [] if each.get("url") == ENDED_BY), "")
        ended = _change(acts.get(ended_by), instant_of(period.get("end"))) if is_over(period, now) else None
        profession = role_words(roles, member.profession, referent)
        return Participation(
            dossier=dossier,
            account_id=account_of(reference, members),
            member=reference,
            name=display_of(entry) or member.name or unnamed_label(reference, profession),
            profession=profession,
            is_referent=any(referent.is_in(role) for role in roles),
            started=started,
            ended=ended,
            until=None if ended is not None else last_day(period.get("end")),
        )


def _change(act: AuditEvent | None, at: datetime | None) -> Change:
    """Return a change as the trail has it; without an act, as the platform dates it."""
    if act is None:
        return Change(at)
    return Change(at or act.at, act.actor, act.basis, act.action == RESTORE, act.at)


def _did_since(stay: Participation, account_id: str, since: datetime) -> bool:
    changes = [change for change in (stay.started, stay.ended) if change is not None]
    return any(change.actor == account_id and change.at is not None and change.at >= since for change in changes)


def _order(stay: Participation) -> tuple[float, float, bool]:
    """Return what stays are ordered by: the last change, then the start, then whether it goes on; what has no date is the oldest."""
    latest, started = stay.latest, stay.started.at
    return (latest.timestamp() if latest else 0.0, started.timestamp() if started else 0.0, stay.ended is None)
