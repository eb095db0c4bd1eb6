"""Care teams on the platform: reading who takes part in a dossier now, and changing a team.

Source: ANS "Cercle de soins" 2.0.1 (`ans.fhir.fr.cds`): each participant has a period of their own; leaving sets its end, coming back
is another participant. Who takes part now is decided by the team's status and period and by both bounds of the participant's, at the
instant at which the team is read. Participants are read in `participants.py`, who their members are in `members.py`.
"""

from __future__ import annotations

import asyncio
import copy
import hashlib
from dataclasses import dataclass, field
from datetime import UTC, datetime

from bot.core.clock import Clock
from bot.dossiers.errors import NotAMember
from bot.dossiers.members import Member, Members, search_ids
from bot.dossiers.participants import ADDED_BY, Participant, account_of, participants_of, told_name, with_labels
from bot.dossiers.period import ALWAYS, AccessPeriod, first_day, has_begun, is_over, last_day
from bot.dossiers.records import dossier_reference, normalize_reference
from bot.fhir.client import FhirClient
from bot.fhir.errors import FhirNotFound
from bot.fhir.mapping import DEFAULT_MAPPING, PlatformMapping
from bot.fhir.references import RELATIVE, References
from bot.fhir.resources import Resource

ENDED_BY = "urn:sphere:ended-by"
"""Extension of a participant that ended: the operation that ended it."""
DATED_BY = "urn:sphere:dated-by"
"""Extension of a participant: the operation that last changed its dates."""
WAS_PLANNED = "urn:sphere:was-planned"
"""Extension of a participant: the operation that ended or dated it while it was still to begin."""
_NOBODY = "none"
"""Id of no Patient, asked for in the place of one that does not exist."""


@dataclass(frozen=True)
class CareTeam:
    """A dossier and its care team as they are on the platform now: every CareTeam of the usager that is in force.

    `participants` have access now; `planned` are those whose access begins later, who see nothing yet. `resource` is the team that
    whoever asks takes part in, to which partners are added; `others` are the other ones.
    """

    reference: str
    patient: Resource
    resource: Resource
    participants: list[Participant]
    planned: list[Participant] = field(default_factory=list)
    others: tuple[Resource, ...] = ()

    @property
    def resources(self) -> tuple[Resource, ...]:
        """Every team, that of whoever asks first."""
        return (self.resource, *self.others)

    @property
    def entries(self) -> list[tuple[Resource, Resource]]:
        """Every participant of every team, with the team, those whose access is over too."""
        return [(team, entry) for team in self.resources for entry in team.get("participant") or []]

    def team_of(self, participant: Participant) -> Resource:
        """Return the team that a participant is of."""
        return next((team for team in self.resources if team.get("id") == participant.team_id), self.resource)

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
        self._members, self.references = Members(fhir, clock), fhir.references

    def key_of(self, team: Resource, entry: Resource) -> str | None:
        """Return who the member of a participant of this team is, as `Partner.reference`; None where nobody is meant."""
        return self._members.key_of(team, entry)

    async def load(self, text: str, member_id: str) -> CareTeam:
        """Return the care team of the dossier of this reference for its member `member_id`. Raises NotAMember."""
        team = await self.of_participant(text, member_id)
        if team.participant_of(member_id) is None:
            raise NotAMember
        return team

    async def of_participant(self, text: str, account_id: str) -> CareTeam:
        """Return the care team of the dossier of this reference for an account that takes part in it, or once did.

        Raises NotAMember for everybody else, where there is no such dossier, and where its teams are not in force: the same calls are made
        and the same answers come, so that nobody outside learns whether it exists. Teams of others are read for members of today alone.
        """
        reference = normalize_reference(text)
        if reference is None:
            raise NotAMember
        patient, members = await asyncio.gather(self._patient(reference), self._members_of(account_id))
        criteria = {"patient": f"Patient/{patient['id'] if patient else _NOBODY}", "participant": ",".join(members), "status": "active"}
        found = await self._fhir.search("CareTeam", criteria)
        teams = self._in_force(found, patient)
        if patient is None or not teams:
            raise NotAMember
        now = self._clock.now()
        own = [team for team in teams if any(self._takes_part(entry, members, now) for entry in team.get("participant") or [])]
        if not own:
            return await self._care_team(reference, patient, teams)
        holders, every = await asyncio.gather(self._holders(teams), self._teams_of(patient))
        first = {team["id"]: team for team in (*own, *teams)}
        rest = [team for team in self._in_force(every, patient) if team["id"] not in first]
        return await self._care_team(reference, patient, [*first.values(), *rest], holders)

    async def read(self, reference: str) -> CareTeam:
        """Return the care team of the dossier of this reference: for the service's own needs, never for an answer to somebody.

        Raises NotAMember where there is no such dossier, or it has no team in force.
        """
        patient = await self._patient(reference)
        if patient is None:
            raise NotAMember
        teams = self._in_force(await self._teams_of(patient), patient)
        if not teams:
            raise NotAMember
        return await self._care_team(reference, patient, teams)

    async def references_of(self, account_id: str) -> set[str]:
        """Return the references of the dossiers in which this account participates now."""
        patients = sorted({self.subject_of(team) or "" for team, _ in await self.of_account(account_id)} - {""})
        found = await search_ids(self._fhir, "Patient", patients)
        return {reference for patient in found if (reference := self.reference_of(patient))}

    def reference_of(self, patient: Resource) -> str | None:
        """Return the reference of the dossier that a Patient is; None for a Patient who is none."""
        return dossier_reference(patient, self._mapping.dossier)

    async def patient_of(self, reference: str) -> Resource | None:
        """Return the Patient of the dossier of this reference; None where there is no such dossier."""
        found = await self._fhir.search("Patient", {"identifier": self._mapping.dossier.token(reference)})
        patients = [patient for patient in found if self.reference_of(patient) == reference]
        return min(patients, key=lambda patient: str(patient["id"])) if patients else None

    async def _patient(self, reference: str) -> Resource | None:
        return await self.patient_of(reference)

    async def _teams_of(self, patient: Resource) -> list[Resource]:
        return await self._fhir.search("CareTeam", {"patient": f"Patient/{patient['id']}", "status": "active"})

    def _in_force(self, found: list[Resource], patient: Resource | None) -> list[Resource]:
        """Return the teams of this patient that are active and whose period holds now: that of the assistant first, then the oldest."""
        now, patient_id = self._clock.now(), patient["id"] if patient else None
        return sorted((team for team in found if self.subject_of(team) == patient_id and is_in_force(team, now)), key=self._order)

    def subject_of(self, team: Resource) -> str | None:
        """Return the id of the Patient whose team it is."""
        return subject_id(team, self.references)

    def _order(self, team: Resource) -> tuple[bool, str, str]:
        """Return what orders the teams of a dossier: the assistant's own first, then the oldest."""
        own = any(identifier.get("system") == self._mapping.marks.team for identifier in team.get("identifier") or [])
        return not own, str((team.get("period") or {}).get("start", "9")), str(team.get("id"))

    async def _holders(self, teams: list[Resource]) -> dict[str, Member]:
        """Return the PractitionerRoles among the participants of these teams whose access is not over."""
        return await self._members.holders(ref for team, entry in self._open(teams) if (ref := self.key_of(team, entry)))

    def _open(self, teams: list[Resource]) -> list[tuple[Resource, Resource]]:
        now = self._clock.now()
        return [(team, one) for team in teams for one in team.get("participant") or [] if not is_over(one.get("period") or {}, now)]

    async def _care_team(
        self, reference: str, patient: Resource, teams: list[Resource], holders: dict[str, Member] | None = None
    ) -> CareTeam:
        """Return the dossier with these teams, each member with a name where one can be read; some `holders` may be known."""
        known = dict(holders or {})
        unknown = [ref for team, entry in self._open(teams) if (ref := self.key_of(team, entry)) and ref not in known]
        known |= await self._members.holders(unknown)
        known = await self._members.complete(self._open(teams), known)
        members = with_labels(one for team in teams for one in self._participants(team, known))
        present, planned = ([one for one in members if one.planned is later] for later in (False, True))
        return CareTeam(reference, patient, teams[0], present, planned, tuple(teams[1:]))

    def _participants(self, team: Resource, members: dict[str, Member]) -> list[Participant]:
        return participants_of(team, members, self._clock.now(), self._mapping.referent, self.references)

    def _takes_part(self, entry: Resource, members: list[str], now: datetime) -> bool:
        period = entry.get("period") or {}
        return self.references.of(entry.get("member")) in members and has_begun(period, now) and not is_over(period, now)

    async def is_active(self, account_id: str) -> bool:
        """Return whether there is an account of this id, and it is open."""
        try:
            practitioner, _ = await self._fhir.read("Practitioner", account_id)
        except FhirNotFound:
            return False
        return self._mapping.account.accepts(practitioner)

    async def _members_of(self, account_id: str) -> list[str]:
        """Return what the participants of this account may name as their member: the Practitioner and its PractitionerRoles."""
        person = f"Practitioner/{account_id}"
        roles = await self._fhir.search("PractitionerRole", {"practitioner": person})
        return [person, *(f"PractitionerRole/{role['id']}" for role in roles if self.references.of(role.get("practitioner")) == person)]

    async def of_account(self, account_id: str) -> list[tuple[Resource, list[Participant]]]:
        """Return every team in force in which this account participates now, each with its participants; they may have no names."""
        members = ",".join(await self._members_of(account_id))
        found = await self._fhir.search("CareTeam", {"participant": members, "status": "active", "_count": "200"})
        now = self._clock.now()
        teams = sorted((team for team in found if is_in_force(team, now)), key=self._order)
        holders = await self._holders(teams)
        read = [(team, self._participants(team, holders)) for team in teams]
        present = [(team, [one for one in still if not one.planned]) for team, still in read]
        return [(team, those) for team, those in present if any(one.account_id == account_id for one in those)]

    async def holders_of(self, members: set[str]) -> dict[str, str]:
        """Return the account ids behind those of these members that are PractitionerRoles, by reference of the role."""
        found = await self._members.holders(members)
        return {ref: account_id for ref in found if (account_id := account_of(ref, found))}

    async def ended_by(self, reference: str, actor_id: str, mark: str) -> tuple[str, str | None, bool]:
        """Return of whom an operation removed the name, as any channel may be told it, the account, and whether they were still to come.

        "" for nobody.
        """
        team = await self.of_participant(reference, actor_id)
        ended = {"url": ENDED_BY, "valueString": mark}
        gone = [(self.key_of(one, entry) or "", one, entry) for one, entry in team.entries if ended in (entry.get("extension") or [])]
        if not gone:
            return "", None, False
        members = await self.known_members([(one, entry) for _, one, entry in gone])
        accounts = (account_of(reference, members) for reference, _, _ in gone)
        reference, _, entry = gone[-1]
        account_id = next((account_id for account_id in accounts if account_id), None)
        return told_name(reference, entry, members), account_id, all(was_planned(each, mark) for _, _, each in gone)

    async def known_members(self, entries: list[tuple[Resource, Resource]]) -> dict[str, Member]:
        """Return what is known of the members of these participants, each with its team, whether or not their access is over."""
        holders = await self._members.holders(ref for team, entry in entries if (ref := self.key_of(team, entry)))
        return await self._members.complete(entries, holders)


def is_in_force(team: Resource, now: datetime) -> bool:
    """Return whether a CareTeam gives access: its status is `active` (not proposed, suspended, …) and its own period holds now."""
    period = team.get("period") or {}
    return team.get("status") == "active" and has_begun(period, now) and not is_over(period, now)


def subject_id(team: Resource, references: References = RELATIVE) -> str | None:
    """Return the id of the Patient whose team it is, on the server whose `references` these are."""
    return references.id_of(team.get("subject"), "Patient")


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
        extension = participant.setdefault("extension", [])
        if not has_begun(period, at):
            period["start"] = fhir_instant(at)
            extension.append({"url": WAS_PLANNED, "valueString": mark})
        period["end"] = fhir_instant(at)
        extension.append({"url": ENDED_BY, "valueString": mark})
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
    marks = [{"url": url, "valueString": mark} for url in (DATED_BY, *([WAS_PLANNED] if one.planned else []))]
    entry["extension"] = [*(each for each in extensions if each.get("url") not in (DATED_BY, WAS_PLANNED)), *marks]
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


def was_planned(entry: Resource, mark: str) -> bool:
    """Tell whether this very operation ended or dated a participant whose access was still to begin."""
    return {"url": WAS_PLANNED, "valueString": mark} in (entry.get("extension") or [])


def operation_mark(key: str) -> str:
    """Return the mark by which an operation recognizes its own change on the platform; it means nothing to others."""
    return f"op-{hashlib.sha256(key.encode()).hexdigest()[:32]}"


def fhir_instant(at: datetime) -> str:
    """Return an instant as FHIR writes it, to the second, in UTC."""
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
