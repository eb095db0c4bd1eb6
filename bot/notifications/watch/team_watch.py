"""Care teams as the platform has them, compared with what was last seen of them: what changed is told, once."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta

from sqlalchemy import delete, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from bot.core.clock import Clock
from bot.core.database import Database
from bot.core.upsert import insert_or_ignore
from bot.dossiers.care_teams import CareTeams
from bot.dossiers.dated_accesses import forget_dates, keep_dates
from bot.dossiers.members import search_ids
from bot.dossiers.period import instant_of, paris_day
from bot.dossiers.records import dossier_reference
from bot.dossiers.tables import DatedAccess
from bot.fhir.client import FhirClient
from bot.fhir.mapping import DEFAULT_MAPPING, PlatformMapping
from bot.fhir.resources import Resource
from bot.notifications.membership_events import ChangeSource, changes_of, lock_dossiers, store_change
from bot.notifications.own_acts import dated_change
from bot.notifications.watch.tables import KnownMember, KnownTeam
from bot.notifications.watch.team_states import Access, Difference, accesses_of, compare, infer, is_new, is_readable

SOURCE = "urn:sphere:platform"


class TeamWatch:
    """Remembers care teams, and makes events of what changes in them."""

    def __init__(
        self, database: Database, clock: Clock, fhir: FhirClient, notice_days: int, mapping: PlatformMapping = DEFAULT_MAPPING
    ) -> None:
        """Watch a platform; an end is announced `notice_days` days before the last day of an access anyway."""
        self._database, self._clock, self._fhir = database, clock, fhir
        self._mapping = mapping
        self._teams, self._notice = CareTeams(fhir, clock, mapping), timedelta(days=notice_days)

    async def learn(self, teams: Sequence[Resource]) -> None:
        """Remember teams that nobody is told of: those that there were before the platform was watched."""
        now = self._clock.now()
        active = [team for team in teams if _is_active(team) and self._is_readable(team)]
        rows = [self._team_row(team, now) for team in active]
        members = [_member_row(team, one) for team in active for one in self._accesses_of(team, {}, now)]
        async with self._database.writing() as session:
            if rows:
                await session.execute(insert_or_ignore(session, KnownTeam), rows)
            if members:
                await session.execute(insert_or_ignore(session, KnownMember), members)

    async def compare(self, teams: Sequence[Resource], since: datetime) -> int:
        """Tell of what changed in these teams; return how many had another version than the one known.

        Raises the errors of `bot.fhir.errors`. Teams that were never seen are judged by periods, from `since` on.
        """
        fresh = await self._unknown_versions([team for team in teams if self._is_readable(team)])
        if not fresh:
            return 0
        now = self._clock.now()
        members = {member for team in fresh for member in self._members_of(team)}
        async with self._database.reading() as session:
            ids, patients = [str(team["id"]) for team in fresh], [self._teams.subject_of(team) for team in fresh]
            of_teams = or_(KnownTeam.team_id.in_(ids), KnownTeam.patient.in_(patients))
            known = select(KnownMember.member).join(KnownTeam, KnownTeam.team_id == KnownMember.team_id).where(of_teams)
            members |= {*await session.scalars(known)}
        holders, dossiers = await self._teams.holders_of(members), await self._dossiers(fresh)
        groups: dict[str, list[Resource]] = {}
        for team in fresh:  # teams of one usager together: who went from one to another is still there
            groups.setdefault(self._teams.subject_of(team) or f"CareTeam/{team['id']}", []).append(team)
        for patient, group in groups.items():
            others = await self._others(patient, group) if await self._has_left(group, holders, now) else []
            found = await self._teams.holders_of({one for team in others for one in self._members_of(team)}) if others else {}
            await self._compare([*group, *others], holders | found, dossiers.get(patient), since, now)
        return len(fresh)

    def _members_of(self, team: Resource) -> set[str]:
        return {member for one in team.get("participant") or [] if (member := self._teams.key_of(team, one))}

    async def _has_left(self, teams: list[Resource], holders: dict[str, str], now: datetime) -> bool:
        """Return whether somebody is not any more where they were last seen."""
        async with self._database.reading() as session:
            before = await self._known_accesses(session, teams, holders)
        current = {str(team["id"]): {one.key for one in self._accesses_of(team, holders, now)} for team in teams}
        return any(one.key not in keys for team_id, keys in current.items() for one in before.get(team_id, []))

    async def _others(self, patient: str, teams: list[Resource]) -> list[Resource]:
        """Return the other teams of this usager as they are now: who left one may have come into another at the same time."""
        if self._teams.subject_of(teams[0]) is None:
            return []
        ids = {team["id"] for team in teams}
        found = await self._fhir.search("CareTeam", {"patient": f"Patient/{patient}", "status": "active"})
        mine = [team for team in found if team.get("id") not in ids and self._is_readable(team)]
        return [team for team in mine if self._teams.subject_of(team) == patient]

    async def _unknown_versions(self, teams: Sequence[Resource]) -> list[Resource]:
        ids = [str(team["id"]) for team in teams]
        async with self._database.reading() as session:
            known = {row.team_id: row for row in await session.scalars(select(KnownTeam).where(KnownTeam.team_id.in_(ids)))}
        return [team for team in teams if not _is_known(known.get(str(team["id"])), team)]

    async def _dossiers(self, teams: Iterable[Resource]) -> dict[str, str | None]:
        """Return the references of the dossiers of these teams, by the id of their Patient."""
        wanted = sorted({patient for team in teams if (patient := self._teams.subject_of(team))})
        patients = await search_ids(self._fhir, "Patient", wanted)
        return {str(patient["id"]): dossier_reference(patient, self._mapping.dossier) for patient in patients}

    async def _compare(self, teams: list[Resource], holders: dict[str, str], dossier: str | None, since: datetime, now: datetime) -> None:
        """Tell of what changed in teams of one usager, and remember them as they are."""
        async with self._database.writing() as session:
            await lock_dossiers(session, [dossier or str(team["id"]) for team in teams])
            rows = {str(team["id"]): await session.get(KnownTeam, str(team["id"])) for team in teams}
            fresh = {str(team["id"]): team for team in teams if not _is_known(rows[str(team["id"])], team)}
            before = await self._known_accesses(session, teams, holders)
            current = {key: self._accesses_of(team, holders, now) if _is_active(team) else [] for key, team in fresh.items()}
            told = set[tuple[Difference, str]]()
            for team_id, team in fresh.items():
                if dossier is None or not _is_active(team):
                    continue
                row = rows[team_id]
                seen_at, opened = row.seen_at if row is not None else since, row is None and is_new(team, since)
                if row is not None:
                    differences = compare(before.get(team_id, []), current[team_id], seen_at, now)
                else:
                    differences = infer(team, current[team_id], holders, since, now, self._teams.references)
                had, has = (_elsewhere(of, team_id, now) for of in (before, before | current))
                for difference, access in differences:
                    was_there = {Difference.JOINED: had, Difference.LEFT: has}.get(difference, frozenset())
                    if access.key in was_there or (difference, access.key) in told:
                        continue  # access to the dossier is what it was
                    if difference is not Difference.DATED:
                        told.add((difference, access.key))
                    await self._tell(session, team, dossier, difference, access, seen_at, now, opened=opened)
            for team_id, team in fresh.items():
                await session.execute(delete(KnownMember).where(KnownMember.team_id == team_id))
                await session.execute(delete(KnownTeam).where(KnownTeam.team_id == team_id))
                if _is_active(team):
                    await session.execute(insert_or_ignore(session, KnownTeam).values(**self._team_row(team, now), dossier=dossier))
                    if current[team_id]:
                        await session.execute(insert_or_ignore(session, KnownMember), [_member_row(team, one) for one in current[team_id]])

    async def _known_accesses(self, session: AsyncSession, teams: list[Resource], holders: dict[str, str]) -> dict[str, list[Access]]:
        """Return the accesses that were last seen in these teams of one usager, and in the other ones of the usager, by team."""
        ids, patient = [str(team["id"]) for team in teams], self._teams.subject_of(teams[0])
        of_patient = (KnownTeam.patient == patient,) if patient is not None else ()
        known = select(KnownMember).join(KnownTeam, KnownTeam.team_id == KnownMember.team_id)
        found: dict[str, list[Access]] = {}
        for one in await session.scalars(known.where(or_(KnownTeam.team_id.in_(ids), *of_patient))):
            found.setdefault(one.team_id, []).append(_access_of(one, holders))
        return found

    async def _tell(
        self,
        session: AsyncSession,
        team: Resource,
        dossier: str,
        difference: Difference,
        access: Access,
        seen_at: datetime,
        now: datetime,
        *,
        opened: bool,
    ) -> None:
        """Make the events of one difference, and have those of its dates made on their days."""
        meta = team.get("meta") or {}
        key = f"{team['id']}|{meta.get('versionId') or meta.get('lastUpdated') or now.isoformat()}"
        at = min(instant_of(meta.get("lastUpdated")) or now, now)
        if difference is Difference.DATED:
            if access.account_id and await self._keep_dates(session, dossier, access, now) and not access.planned(now):
                await self._tell_dates(session, key, dossier, access, at, now)
            return
        joined = difference is Difference.JOINED
        if access.account_id:
            if joined:
                await self._keep_dates(session, dossier, access, now)
            else:
                await forget_dates(session, dossier, access.account_id)
        author = access.added_by if joined else None
        for change in changes_of(
            ChangeSource.PLATFORM, SOURCE, key, dossier, access.key, joined=joined, at=at, author=author, since=seen_at
        ):
            if not (opened and change.kind == "team.joined"):
                await store_change(session, change, now)

    async def _tell_dates(self, session: AsyncSession, key: str, dossier: str, access: Access, at: datetime, now: datetime) -> None:
        last = access.period(now).end
        if last is not None and paris_day(now) >= last - self._notice:
            return  # its end is announced at once
        until = last.isoformat() if last is not None else None
        await store_change(session, dated_change(ChangeSource.PLATFORM, SOURCE, key, dossier, access.key, until, at), now)

    async def _keep_dates(self, session: AsyncSession, dossier: str, access: Access, now: datetime) -> bool:
        """Keep the dates of an access, so that they are told on their days; return False where they are kept already."""
        account_id, period = access.account_id or "", access.period(now)
        row = await session.get(DatedAccess, (dossier, account_id))
        if row is not None and (row.starts_on, row.ends_on) == (period.start, period.end):
            return False
        given_by = access.added_by or (row.added_by if row is not None else "")
        if row is not None:
            await session.delete(row)
            await session.flush()
        await keep_dates(session, dossier, account_id, given_by, period, now)
        return True

    def _is_readable(self, team: Resource) -> bool:
        return is_readable(team, self._clock.now(), self._teams.references)

    def _accesses_of(self, team: Resource, holders: dict[str, str], now: datetime) -> list[Access]:
        return accesses_of(team, holders, now, self._mapping.referent, self._teams.references)

    def _team_row(self, team: Resource, now: datetime) -> dict[str, object]:
        meta = team.get("meta") or {}
        version = str(meta["versionId"])[:64] if meta.get("versionId") is not None else None
        patient = self._teams.subject_of(team)
        values = {"team_id": str(team["id"]), "patient": patient[:64] if patient else None}
        return {**values, "version": version, "updated_at": instant_of(meta.get("lastUpdated")), "seen_at": now}


def _is_active(team: Resource) -> bool:
    return team.get("status") == "active"


def _elsewhere(accesses: Mapping[str, Iterable[Access]], team_id: str, now: datetime) -> frozenset[str]:
    """Return who has access by the other teams."""
    others = (one for other, of in accesses.items() if other != team_id for one in of)
    return frozenset(one.key for one in others if not one.over(now) and not one.planned(now))


def _is_known(row: KnownTeam | None, team: Resource) -> bool:
    """Return whether this version of a team, or a newer one, was seen."""
    if row is None:
        return False
    meta = team.get("meta") or {}
    updated, version = instant_of(meta.get("lastUpdated")), meta.get("versionId")
    if updated and row.updated_at and updated < row.updated_at:
        return True
    return version is not None and (row.version, row.updated_at) == (str(version)[:64], updated)


def _member_row(team: Resource, access: Access) -> dict[str, object]:
    values = {"member": access.member, "account_id": access.account_id, "starts": access.starts, "ends": access.ends}
    return {"team_id": str(team["id"]), **values}


def _access_of(row: KnownMember, holders: dict[str, str]) -> Access:
    return Access(row.member, row.account_id or holders.get(row.member), row.starts, row.ends)
