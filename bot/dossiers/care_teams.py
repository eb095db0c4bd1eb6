"""Care teams on the platform: reading who takes part in a dossier now, and changing a team.

Source: ANS "Cercle de soins" 2.0.1 (`ans.fhir.fr.cds`): each participant has a period of their own; leaving sets its end, coming back
is another participant.
"""

from __future__ import annotations

import asyncio
import copy
import hashlib
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from bot.dossiers.errors import NotAMember
from bot.dossiers.records import Partner, dossier_reference, normalize_reference, paris_date
from bot.fhir.client import FhirClient
from bot.fhir.errors import FhirNotFound
from bot.fhir.resources import Resource

TEAM_SYSTEM = "urn:sphere:team"
ROLE_SYSTEM = "urn:sphere:team-role"
REFERENT = "referent"
ENDED_BY = "urn:sphere:ended-by"
"""Extension of a participant that ended: the operation that ended it."""
_NOBODY = "none"
"""Id of no Patient, asked for in the place of one that does not exist."""


@dataclass(frozen=True)
class Participant:
    """A participant who has access now.

    `position` is the index in `CareTeam.participant`; `account_id` is the Practitioner, directly or behind the PractitionerRole.
    """

    position: int
    reference: str
    account_id: str | None
    display: str
    profession: str
    since: str | None
    is_referent: bool

    def partner(self) -> Partner:
        """Return the participant as others see them."""
        return Partner(self.account_id, self.reference, self.display, self.profession, paris_date(self.since), self.is_referent)


@dataclass(frozen=True)
class CareTeam:
    """A dossier and its active CareTeam as they are on the platform now."""

    reference: str
    patient: Resource
    resource: Resource
    participants: list[Participant]

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

    def __init__(self, fhir: FhirClient) -> None:
        self._fhir = fhir

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
        found = [p for batch in batches(patients) for p in await self._fhir.search("Patient", {"_id": ",".join(batch), "_count": "200"})]
        return {reference for patient in found if (reference := dossier_reference(patient))}

    async def _patient(self, reference: str) -> Resource | None:
        found = [p for p in await self._fhir.search("Patient", {"identifier": reference}) if dossier_reference(p) == reference]
        return min(found, key=lambda patient: str(patient["id"])) if found else None

    async def _active_team(self, reference: str, patient: Resource, found: list[Resource]) -> CareTeam:
        teams = [team for team in found if subject_id(team) == patient["id"] and team.get("status") == "active"]
        if not teams:
            raise NotAMember
        team = min(teams, key=_start_order)
        return CareTeam(reference, patient, team, participants_of(team, await self._practitioners([team])))

    async def is_active(self, account_id: str) -> bool:
        """Return whether there is an account of this id, and it is open."""
        try:
            practitioner, _ = await self._fhir.read("Practitioner", account_id)
        except FhirNotFound:
            return False
        return practitioner.get("active") is True

    async def _members_of(self, account_id: str) -> str:
        """Return what a search for the teams of this account has for `participant`: the Practitioner and its PractitionerRoles."""
        person = f"Practitioner/{account_id}"
        roles = await self._fhir.search("PractitionerRole", {"practitioner": person})
        return ",".join([person, *(f"PractitionerRole/{role['id']}" for role in roles)])

    async def of_account(self, account_id: str) -> list[tuple[Resource, list[Participant]]]:
        """Return every active team in which this account participates now, each with its participants."""
        members = await self._members_of(account_id)
        found = await self._fhir.search("CareTeam", {"participant": members, "status": "active", "_count": "200"})
        practitioners = await self._practitioners(found)
        teams = [(team, participants_of(team, practitioners)) for team in found if team.get("status") == "active"]
        return [(team, present) for team, present in teams if any(one.account_id == account_id for one in present)]

    async def _practitioners(self, teams: list[Resource]) -> dict[str, str]:
        """Return the account ids of the PractitionerRoles among the participants of these teams, by reference of the role."""
        wanted = {ref.partition("/")[2] for team in teams for ref in _present_members(team) if ref.startswith("PractitionerRole/")}
        practitioners: dict[str, str] = {}
        for batch in batches(sorted(wanted)):
            for role in await self._fhir.search("PractitionerRole", {"_id": ",".join(batch), "_count": "200"}):
                kind, _, account_id = str((role.get("practitioner") or {}).get("reference", "")).rpartition("/")
                if kind.endswith("Practitioner"):
                    practitioners[f"PractitionerRole/{role['id']}"] = account_id
        return practitioners


def batches(ids: list[str], size: int = 100) -> list[list[str]]:
    """Split ids into batches that one search accepts."""
    return [ids[start : start + size] for start in range(0, len(ids), size)]


def subject_id(team: Resource) -> str | None:
    """Return the id of the Patient whose team it is."""
    kind, _, key = str((team.get("subject") or {}).get("reference", "")).rpartition("/")
    return key if kind.endswith("Patient") else None


def participants_of(team: Resource, practitioners: dict[str, str]) -> list[Participant]:
    """Return who has access now: the participants whose period has no end.

    Args:
        team: a CareTeam resource.
        practitioners: account ids by reference of a PractitionerRole.
    """
    present = []
    for position, participant in enumerate(team.get("participant") or []):
        reference = _member(participant)
        if reference is None or not _is_present(participant):
            continue
        kind, _, key = reference.partition("/")
        roles = participant.get("role") or []
        professions = [str(role["text"]) for role in roles if role.get("text") and not _is_referent_role(role)]
        present.append(
            Participant(
                position=position,
                reference=reference,
                account_id=key if kind == "Practitioner" else practitioners.get(reference),
                display=str((participant.get("member") or {}).get("display", "")),
                profession=professions[0] if professions else "",
                since=(participant.get("period") or {}).get("start"),
                is_referent=any(_is_referent_role(role) for role in roles),
            )
        )
    return present


def new_participant(reference: str, display: str, profession: str, since: datetime, *, mark: str, referent: bool = False) -> Resource:
    """Return a new entry of `CareTeam.participant`; `mark` says which operation made it."""
    roles: list[Resource] = []
    if referent:
        roles.append({"coding": [{"system": ROLE_SYSTEM, "code": REFERENT, "display": "Référent"}]})
    if profession:
        roles.append({"text": profession})
    entry: Resource = {"id": mark, "member": {"reference": reference, "display": display}, "period": {"start": fhir_instant(since)}}
    return entry | ({"role": roles} if roles else {})


def with_participant(team: Resource, entry: Resource) -> Resource:
    """Return a copy of the team with one more participant."""
    changed = copy.deepcopy(team)
    changed.setdefault("participant", []).append(entry)
    return changed


def with_participants_ended(team: Resource, positions: list[int], at: datetime, *, mark: str) -> Resource:
    """Return a copy of the team in which the participants at these positions have left."""
    changed = copy.deepcopy(team)
    for position in positions:
        participant = changed["participant"][position]
        participant.setdefault("period", {})["end"] = fhir_instant(at)
        participant.setdefault("extension", []).append({"url": ENDED_BY, "valueString": mark})
    return changed


def was_added_by(team: Resource, mark: str) -> bool:
    """Tell whether this very operation already added its participant (its answer was lost)."""
    return any(participant.get("id") == mark for participant in team.get("participant") or [])


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


def _present_members(team: Resource) -> list[str]:
    present = [participant for participant in team.get("participant") or [] if _is_present(participant)]
    return [reference for participant in present if (reference := _member(participant))]


def _member(participant: dict[str, Any]) -> str | None:
    """Return the member as "Type/id", whatever server the reference names in front of it."""
    parts = str((participant.get("member") or {}).get("reference", "")).split("/")
    return "/".join(parts[-2:]) if len(parts) > 1 and parts[-1] else None


def _is_present(participant: dict[str, Any]) -> bool:
    return not (participant.get("period") or {}).get("end")


def _is_referent_role(role: dict[str, Any]) -> bool:
    return any(coding.get("system") == ROLE_SYSTEM and coding.get("code") == REFERENT for coding in role.get("coding") or [])


def _start_order(team: Resource) -> tuple[str, str]:
    return str((team.get("period") or {}).get("start", "9")), str(team["id"])
