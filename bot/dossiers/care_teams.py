"""Care teams on the platform: who takes part in a dossier at this moment, and how a team is changed.

Source: ANS "Cercle de soins" 2.0.1 (`ans.fhir.fr.cds`): each participant has their own period; leaving sets its end, coming back is
another participant.
"""

from __future__ import annotations

import copy
import hashlib
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from bot.dossiers.errors import NotAMember, UnknownDossier
from bot.dossiers.records import Partner, dossier_reference, normalize_reference, paris_date
from bot.fhir.client import FhirClient, Resource

TEAM_SYSTEM = "urn:sphere:team"
ROLE_SYSTEM = "urn:sphere:team-role"
REFERENT = "referent"
ENDED_BY = "urn:sphere:ended-by"
"""Extension of a participant that ended: which operation did it."""


@dataclass(frozen=True)
class Participant:
    """A participant of a team who has access now: `position` in `CareTeam.participant`, `account_id` behind the post or person."""

    position: int
    reference: str
    account_id: str | None
    display: str
    profession: str
    since: str | None
    is_referent: bool

    def partner(self) -> Partner:
        """The participant as others see them."""
        return Partner(self.account_id, self.reference, self.display, self.profession, paris_date(self.since), self.is_referent)


@dataclass(frozen=True)
class CareTeam:
    """A dossier as it is on the platform now."""

    reference: str
    patient: Resource
    resource: Resource
    seats: list[Participant]

    def seat_of(self, account_id: str) -> Participant | None:
        """Where this account sits."""
        return next((seat for seat in self.seats if seat.account_id == account_id), None)

    @property
    def referent_id(self) -> str | None:
        """Account of the (first) referent."""
        return next((seat.account_id for seat in self.seats if seat.is_referent), None)


class CareTeams:
    """Reads dossiers with their teams. Every method raises the errors of `bot.fhir.client`."""

    def __init__(self, fhir: FhirClient) -> None:
        self._fhir = fhir

    async def load(self, text: str, member_id: str) -> CareTeam:
        """The dossier of this reference, of which `member_id` is a member. Raises UnknownDossier, NotAMember."""
        loaded = await self.read(text)
        if loaded.seat_of(member_id) is None:
            raise NotAMember
        return loaded

    async def read(self, text: str) -> CareTeam:
        """The dossier of this reference, whoever asks. Raises UnknownDossier, and NotAMember where it has no active team."""
        reference = normalize_reference(text)
        if reference is None:
            raise UnknownDossier
        patients = [p for p in await self._fhir.search("Patient", {"identifier": reference}) if dossier_reference(p) == reference]
        if not patients:
            raise UnknownDossier
        patient = min(patients, key=lambda p: str(p["id"]))
        found = await self._fhir.search("CareTeam", {"patient": f"Patient/{patient['id']}", "status": "active"})
        teams = [team for team in found if subject_id(team) == patient["id"] and team.get("status") == "active"]
        if not teams:
            raise NotAMember
        team = min(teams, key=_age)
        return CareTeam(reference, patient, team, participants_of(team, await self._holders([team])))

    async def of_account(self, account_id: str) -> list[tuple[Resource, list[Participant]]]:
        """Every active team in which this account has a seat now."""
        person = f"Practitioner/{account_id}"
        roles = await self._fhir.search("PractitionerRole", {"practitioner": person})
        members = ",".join([person, *(f"PractitionerRole/{role['id']}" for role in roles)])
        found = await self._fhir.search("CareTeam", {"participant": members, "status": "active", "_count": "200"})
        holders = await self._holders(found)
        seated = [(team, participants_of(team, holders)) for team in found if team.get("status") == "active"]
        return [(team, seats) for team, seats in seated if any(seat.account_id == account_id for seat in seats)]

    async def _holders(self, teams: list[Resource]) -> dict[str, str]:
        """Whose posts the participants of these teams are: by reference of a PractitionerRole, an account id."""
        wanted = {ref.partition("/")[2] for team in teams for ref in _present_members(team) if ref.startswith("PractitionerRole/")}
        holders: dict[str, str] = {}
        for chunk in batches(sorted(wanted)):
            for role in await self._fhir.search("PractitionerRole", {"_id": ",".join(chunk), "_count": "200"}):
                kind, _, account_id = str((role.get("practitioner") or {}).get("reference", "")).rpartition("/")
                if kind.endswith("Practitioner"):
                    holders[f"PractitionerRole/{role['id']}"] = account_id
        return holders


def batches(ids: list[str], size: int = 100) -> list[list[str]]:
    """Ids in portions that one search takes."""
    return [ids[start : start + size] for start in range(0, len(ids), size)]


def subject_id(team: Resource) -> str | None:
    """Id of the Patient whose team it is."""
    kind, _, key = str((team.get("subject") or {}).get("reference", "")).rpartition("/")
    return key if kind.endswith("Patient") else None


def participants_of(team: Resource, holders: dict[str, str]) -> list[Participant]:
    """Who has access now: participants whose period has no end."""
    seats = []
    for position, participant in enumerate(team.get("participant") or []):
        reference = _member(participant)
        if reference is None or not _is_present(participant):
            continue
        kind, _, key = reference.partition("/")
        roles = participant.get("role") or []
        professions = [str(role["text"]) for role in roles if role.get("text") and not _is_referent_role(role)]
        seats.append(
            Participant(
                position=position,
                reference=reference,
                account_id=key if kind == "Practitioner" else holders.get(reference),
                display=str((participant.get("member") or {}).get("display", "")),
                profession=professions[0] if professions else "",
                since=(participant.get("period") or {}).get("start"),
                is_referent=any(_is_referent_role(role) for role in roles),
            )
        )
    return seats


def new_participant(reference: str, display: str, profession: str, since: datetime, *, mark: str, referent: bool = False) -> Resource:
    """A participant entry; `mark` says which operation made it."""
    roles: list[Resource] = []
    if referent:
        roles.append({"coding": [{"system": ROLE_SYSTEM, "code": REFERENT, "display": "Référent"}]})
    if profession:
        roles.append({"text": profession})
    entry: Resource = {"id": mark, "member": {"reference": reference, "display": display}, "period": {"start": fhir_instant(since)}}
    return entry | ({"role": roles} if roles else {})


def with_participant(team: Resource, entry: Resource) -> Resource:
    """A copy of the team with one more participant."""
    changed = copy.deepcopy(team)
    changed.setdefault("participant", []).append(entry)
    return changed


def with_participants_ended(team: Resource, positions: list[int], at: datetime, *, mark: str) -> Resource:
    """A copy of the team in which these participants left."""
    changed = copy.deepcopy(team)
    for position in positions:
        participant = changed["participant"][position]
        participant.setdefault("period", {})["end"] = fhir_instant(at)
        participant.setdefault("extension", []).append({"url": ENDED_BY, "valueString": mark})
    return changed


def was_added_by(team: Resource, mark: str) -> bool:
    """Whether this very operation already added its participant (its answer was lost)."""
    return any(participant.get("id") == mark for participant in team.get("participant") or [])


def was_ended_by(team: Resource, mark: str) -> bool:
    """Whether this very operation already ended its participant."""
    wanted = {"url": ENDED_BY, "valueString": mark}
    return any(wanted in (participant.get("extension") or []) for participant in team.get("participant") or [])


def operation_mark(key: str) -> str:
    """What an operation leaves on the platform to know its own work by: says nothing to others."""
    return f"op-{hashlib.sha256(key.encode()).hexdigest()[:32]}"


def fhir_instant(at: datetime) -> str:
    """An instant as FHIR writes it, to the second, in UTC."""
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _present_members(team: Resource) -> list[str]:
    present = [participant for participant in team.get("participant") or [] if _is_present(participant)]
    return [reference for participant in present if (reference := _member(participant))]


def _member(participant: dict[str, Any]) -> str | None:
    """The member as "Type/id", whatever server the reference names in front."""
    parts = str((participant.get("member") or {}).get("reference", "")).split("/")
    return "/".join(parts[-2:]) if len(parts) > 1 and parts[-1] else None


def _is_present(participant: dict[str, Any]) -> bool:
    return not (participant.get("period") or {}).get("end")


def _is_referent_role(role: dict[str, Any]) -> bool:
    return any(coding.get("system") == ROLE_SYSTEM and coding.get("code") == REFERENT for coding in role.get("coding") or [])


def _age(team: Resource) -> tuple[str, str]:
    return str((team.get("period") or {}).get("start", "9")), str(team["id"])
