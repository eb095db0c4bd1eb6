"""Care teams on the platform: reading who takes part in a dossier now, and changing a team.

Source: ANS "Cercle de soins" 2.0.1 (`ans.fhir.fr.cds`): each participant has a period of their own; leaving sets its end, coming back
is another participant. Who takes part now is decided by both bounds of that period, at the instant at which the team is read.
"""

from __future__ import annotations

import asyncio
import copy
import hashlib
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from bot.core.clock import Clock
from bot.dossiers.errors import NotAMember
from bot.dossiers.period import ALWAYS, AccessPeriod, first_day, has_begun, is_over, last_day
from bot.dossiers.records import Partner, dossier_reference, normalize_reference
from bot.fhir.client import FhirClient
from bot.fhir.errors import FhirNotFound
from bot.fhir.mapping import DEFAULT_MAPPING, Code, PlatformMapping
from bot.fhir.resources import Resource

ENDED_BY = "urn:sphere:ended-by"
"""Extension of a participant that ended: the operation that ended it."""
DATED_BY = "urn:sphere:dated-by"
"""Extension of a participant: the operation that last changed its dates."""
ADDED_BY = "urn:sphere:added-by"
"""Extension of a participant: the account that added it, who may change its dates."""
_NOBODY = "none"
"""Id of no Patient, asked for in the place of one that does not exist."""


@dataclass(frozen=True)
class Participant:
    """A participant who has access now, or will (`planned`).

    `position` is the index in `CareTeam.participant`; `account_id` is the Practitioner, directly or behind the PractitionerRole; `since`
    and `until` are the bounds of the FHIR Period, as they are written.
    """

    position: int
    reference: str
    account_id: str | None
    display: str
    profession: str
    since: str | None
    is_referent: bool
    until: str | None = None
    planned: bool = False
    added_by: str | None = None
    """Account of who added them, where that is known."""

    @property
    def period(self) -> AccessPeriod:
        """First and last day; the first only where it is still to come."""
        return AccessPeriod(first_day(self.since) if self.planned else None, last_day(self.until))

    def partner(self) -> Partner:
        """Return the participant as others see them."""
        return Partner(
            self.account_id,
            self.reference,
            self.display,
            self.profession,
            first_day(self.since),
            self.is_referent,
            last_day(self.until),
            self.planned,
            self.added_by,
        )


@dataclass(frozen=True)
class CareTeam:
    """A dossier and its active CareTeam as they are on the platform now.

    `participants` have access now; `planned` are those whose access begins later, who see nothing yet.
    """

    reference: str
    patient: Resource
    resource: Resource
    participants: list[Participant]
    planned: list[Participant] = field(default_factory=list)

    def participant_of(self, account_id: str) -> Participant | None:
        """Return the participant of this account, or None where it has no access."""
        return next((participant for participant in self.participants if participant.account_id == account_id), None)

    @property
    def account_ids(self) -> frozenset[str]:
        """The accounts that have access now."""
        return frozenset(participant.account_id for participant in self.participants if participant.account_id)

    @property
    def referent_id(self) -> str | None:
        """Account id of the (first) referent."""
        return next((participant.account_id for participant in self.participants if participant.is_referent), None)


class CareTeams:
    """Reads dossiers with their teams. Every method raises the errors of `bot.fhir.errors`."""

    def __init__(self, fhir: FhirClient, clock: Clock, mapping: PlatformMapping = DEFAULT_MAPPING) -> None:
        self._fhir, self._clock, self._mapping = fhir, clock, mapping

    async def load(self, text: str, member_id: str) -> CareTeam:
        """Return the care team of the dossier of this reference for its member `member_id`. Raises NotAMember."""
        team = await self.of_participant(text, member_id)
        if team.participant_of(member_id) is None:
            raise NotAMember
        return team

    async def of_participant(self, text: str, account_id: str) -> CareTeam:
        """Return the care team of the dossier of this reference for an account that takes part in it, or once did.

        Raises NotAMember for everybody else, and where there is no such dossier: the same calls are made and the same answers come, so
        that nobody outside learns whether it exists.
        """
        reference = normalize_reference(text)
        if reference is None:
            raise NotAMember
        patient, members = await asyncio.gather(self._patient(reference), self._members_of(account_id))
        criteria = {"patient": f"Patient/{patient['id'] if patient else _NOBODY}", "participant": members, "status": "active"}
        found = await self._fhir.search("CareTeam", criteria)
        if patient is None:
            raise NotAMember
        return await self._active_team(reference, patient, found)

    async def read(self, reference: str) -> CareTeam:
        """Return the care team of the dossier of this reference: for the service's own needs, never for an answer to somebody.

        Raises NotAMember where there is no such dossier, or it has no active team.
        """
        patient = await self._patient(reference)
        if patient is None:
            raise NotAMember
        found = await self._fhir.search("CareTeam", {"patient": f"Patient/{patient['id']}", "status": "active"})
        return await self._active_team(reference, patient, found)

    async def references_of(self, account_id: str) -> set[str]:
        """Return the references of the dossiers in which this account participates now."""
        patients = sorted({subject_id(team) or "" for team, _ in await self.of_account(account_id)} - {""})
        found = await search_ids(self._fhir, "Patient", patients)
        return {reference for patient in found if (reference := dossier_reference(patient, self._mapping.dossier))}

    async def _patient(self, reference: str) -> Resource | None:
        dossiers = self._mapping.dossier
        patients = await self._fhir.search("Patient", {"identifier": dossiers.token(reference)})
        found = [patient for patient in patients if dossier_reference(patient, dossiers) == reference]
        return min(found, key=lambda patient: str(patient["id"])) if found else None

    async def _active_team(self, reference: str, patient: Resource, found: list[Resource]) -> CareTeam:
        teams = [team for team in found if subject_id(team) == patient["id"] and team.get("status") == "active"]
        if not teams:
            raise NotAMember
        team, now = min(teams, key=_start_order), self._clock.now()
        members = participants_of(team, await self._practitioners([team]), now, self._mapping.referent)
        present, planned = ([one for one in members if one.planned is later] for later in (False, True))
        return CareTeam(reference, patient, team, present, planned)

    async def is_active(self, account_id: str) -> bool:
        """Return whether there is an account of this id, and it is open."""
        try:
            practitioner, _ = await self._fhir.read("Practitioner", account_id)
        except FhirNotFound:
            return False
        return self._mapping.account.accepts(practitioner)

    async def _members_of(self, account_id: str) -> str:
        """Return what a search for the teams of this account has for `participant`: the Practitioner and its PractitionerRoles."""
        person = f"Practitioner/{account_id}"
        roles = await self._fhir.search("PractitionerRole", {"practitioner": person})
        return ",".join([person, *(f"PractitionerRole/{role['id']}" for role in roles)])

    async def of_account(self, account_id: str) -> list[tuple[Resource, list[Participant]]]:
        """Return every active team in which this account participates now, each with its participants."""
        members = await self._members_of(account_id)
        found = await self._fhir.search("CareTeam", {"participant": members, "status": "active", "_count": "200"})
        practitioners, now = await self._practitioners(found), self._clock.now()
        read = [
            (team, participants_of(team, practitioners, now, self._mapping.referent)) for team in found if team.get("status") == "active"
        ]
        teams = [(team, [one for one in still if not one.planned]) for team, still in read]
        return [(team, present) for team, present in teams if any(one.account_id == account_id for one in present)]

    async def _practitioners(self, teams: list[Resource]) -> dict[str, str]:
        """Return the account ids of the PractitionerRoles among the participants of these teams, by reference of the role."""
        now = self._clock.now()
        return await self.holders_of({ref for team in teams for ref in _open_members(team, now)})

    async def holders_of(self, members: set[str]) -> dict[str, str]:
        """Return the account ids behind those of these members that are PractitionerRoles, by reference of the role."""
        wanted = sorted(ref.partition("/")[2] for ref in members if ref.startswith("PractitionerRole/"))
        practitioners: dict[str, str] = {}
        for role in await search_ids(self._fhir, "PractitionerRole", wanted):
            kind, _, account_id = str((role.get("practitioner") or {}).get("reference", "")).rpartition("/")
            if kind.endswith("Practitioner"):
                practitioners[f"PractitionerRole/{role['id']}"] = account_id
        return practitioners


async def search_ids(fhir: FhirClient, resource_type: str, ids: list[str], size: int = 100) -> list[Resource]:
    """Return the resources of these ids, asked for at once, in batches that one search accepts."""
    batches = [ids[start : start + size] for start in range(0, len(ids), size)]
    found = await asyncio.gather(*(fhir.search(resource_type, {"_id": ",".join(batch), "_count": "200"}) for batch in batches))
    return [resource for batch in found for resource in batch]


def subject_id(team: Resource) -> str | None:
    """Return the id of the Patient whose team it is."""
    kind, _, key = str((team.get("subject") or {}).get("reference", "")).rpartition("/")
    return key if kind.endswith("Patient") else None


def participants_of(
    team: Resource, practitioners: dict[str, str], now: datetime, referent: Code = DEFAULT_MAPPING.referent
) -> list[Participant]:
    """Return who has access now, or will: the participants whose period is not over.

    Args:
        team: a CareTeam resource.
        practitioners: account ids by reference of a PractitionerRole.
        now: the instant.
        referent: the role of the referent.
    """
    found = []
    for position, participant in enumerate(team.get("participant") or []):
        reference, period = member_of(participant), participant.get("period") or {}
        if reference is None or is_over(period, now):
            continue
        kind, _, key = reference.partition("/")
        roles = participant.get("role") or []
        professions = [str(role["text"]) for role in roles if role.get("text") and not referent.is_in(role)]
        found.append(
            Participant(
                position=position,
                reference=reference,
                account_id=key if kind == "Practitioner" else practitioners.get(reference),
                display=str((participant.get("member") or {}).get("display", "")),
                profession=professions[0] if professions else "",
                since=period.get("start"),
                is_referent=any(map(referent.is_in, roles)),
                until=period.get("end"),
                planned=not has_begun(period, now),
                added_by=added_by_of(participant),
            )
        )
    return found


def new_participant(
    reference: str,
    display: str,
    roles: list[Resource],
    since: datetime,
    *,
    mark: str,
    period: AccessPeriod = ALWAYS,
    added_by: str | None = None,
) -> Resource:
    """Return a new entry of `CareTeam.participant`.

    Args:
        reference: the member.
        display: their name.
        roles: what they are in the team.
        since: since when, unless the period says a day.
        mark: which operation made it.
        period: the days that were asked for, which are written as days.
        added_by: account of who adds them.
    """
    entry: Resource = {"id": mark, "member": {"reference": reference, "display": display}, "period": fhir_period(period, since)}
    if added_by:
        entry["extension"] = [{"url": ADDED_BY, "valueReference": {"reference": f"Practitioner/{added_by}"}}]
    return entry | ({"role": roles} if roles else {})


def fhir_period(period: AccessPeriod, since: datetime) -> Resource:
    """Return a FHIR Period: days as days, and `since` where no first day was given."""
    start, end = period.iso
    return {"start": start or fhir_instant(since)} | ({"end": end} if end else {})


def with_participant(team: Resource, entry: Resource) -> Resource:
    """Return a copy of the team with one more participant."""
    changed = copy.deepcopy(team)
    changed.setdefault("participant", []).append(entry)
    return changed


def with_participants_ended(team: Resource, positions: list[int], at: datetime, *, mark: str) -> Resource:
    """Return a copy of the team in which the participants at these positions have left; one that had not begun never does."""
    changed = copy.deepcopy(team)
    for position in positions:
        participant = changed["participant"][position]
        period = participant.setdefault("period", {})
        if not has_begun(period, at):
            period["start"] = fhir_instant(at)
        period["end"] = fhir_instant(at)
        participant.setdefault("extension", []).append({"url": ENDED_BY, "valueString": mark})
    return changed


def with_participant_dated(team: Resource, one: Participant, period: AccessPeriod, at: datetime, *, mark: str) -> Resource | None:
    """Return a copy of the team in which a participant has these dates; None where they have them already.

    The start of an access that has begun stays. If it is to begin anew later, it ends now and comes back as another participant.
    """
    if one.period == period:
        return None
    changed = copy.deepcopy(team)
    entry = changed["participant"][one.position]
    extensions = entry.pop("extension", [])
    if period.start is not None and not one.planned:
        again = copy.deepcopy(entry) | {"id": mark, "period": fhir_period(period, at)}
        if added_by := [each for each in extensions if each.get("url") == ADDED_BY]:
            again["extension"] = added_by
        entry["extension"] = extensions
        changed = with_participants_ended(changed, [one.position], at, mark=mark)
        return with_participant(changed, again)
    dated = fhir_period(period, at)
    if not one.planned or first_day(one.since) == period.start:
        dated["start"] = one.since
    if one.until and last_day(one.until) == period.end:
        dated["end"] = one.until
    entry["period"] = {name: value for name, value in dated.items() if value}
    entry["extension"] = [*(each for each in extensions if each.get("url") != DATED_BY), {"url": DATED_BY, "valueString": mark}]
    return changed


def was_added_by(team: Resource, mark: str) -> bool:
    """Tell whether this very operation already added its participant (its answer was lost)."""
    return any(participant.get("id") == mark for participant in team.get("participant") or [])


def was_dated_by(team: Resource, mark: str) -> bool:
    """Tell whether this very operation already changed the dates of its participant."""
    wanted = {"url": DATED_BY, "valueString": mark}
    return was_added_by(team, mark) or any(wanted in (one.get("extension") or []) for one in team.get("participant") or [])


def was_ended_by(team: Resource, mark: str) -> bool:
    """Tell whether this very operation already ended its participant."""
    wanted = {"url": ENDED_BY, "valueString": mark}
    return any(wanted in (participant.get("extension") or []) for participant in team.get("participant") or [])


def operation_mark(key: str) -> str:
    """Return the mark by which an operation recognizes its own change on the platform; it means nothing to others."""
    return f"op-{hashlib.sha256(key.encode()).hexdigest()[:32]}"


def fhir_instant(at: datetime) -> str:
    """Return an instant as FHIR writes it, to the second, in UTC."""
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _open_members(team: Resource, now: datetime) -> list[str]:
    still = [one for one in team.get("participant") or [] if not is_over(one.get("period") or {}, now)]
    return [reference for one in still if (reference := member_of(one))]


def added_by_of(participant: Resource) -> str | None:
    """Return the account that added a participant."""
    found = (each.get("valueReference") or {} for each in participant.get("extension") or [] if each.get("url") == ADDED_BY)
    return next((str(reference.get("reference", "")).rpartition("/")[2] or None for reference in found), None)


def member_of(participant: dict[str, Any]) -> str | None:
    """Return the member as "Type/id", whatever server the reference names in front of it."""
    parts = str((participant.get("member") or {}).get("reference", "")).split("/")
    return "/".join(parts[-2:]) if len(parts) > 1 and parts[-1] else None


def _start_order(team: Resource) -> tuple[str, str]:
    return str((team.get("period") or {}).get("start", "9")), str(team["id"])
