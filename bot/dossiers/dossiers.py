"""Dossiers usagers of a professional: listing, searching and opening them."""

from __future__ import annotations

import secrets
from datetime import date, datetime

from sqlalchemy.ext.asyncio import AsyncSession

from bot.core.audit import record
from bot.core.clock import PARIS, Clock
from bot.core.database import Database
from bot.core.mail import render_text
from bot.dossiers import errors
from bot.dossiers.access import READ, DossierAccess
from bot.dossiers.care_teams import CareTeams, fhir_instant, new_participant, operation_mark
from bot.dossiers.duplicates import COMPARE, compare_key
from bot.dossiers.errors import NotAMember
from bot.dossiers.members import search_ids
from bot.dossiers.new_patient import new_patient
from bot.dossiers.participants import Participant
from bot.dossiers.practitioner_roles import PractitionerRoles
from bot.dossiers.probing import Origin, ProbeLimits
from bot.dossiers.records import Dossier, Practitioner, Usager, usager_of
from bot.dossiers.similarity import born_agrees, may_be_same, name_matches
from bot.fhir.client import FhirClient
from bot.fhir.errors import FhirConflict, FhirUnavailable
from bot.fhir.mapping import DEFAULT_MAPPING, PlatformMapping
from bot.fhir.operations import Attempt, Kind, Operations, Payload, Pending, defer
from bot.fhir.resources import Resource

__all__ = ["Dossier", "Dossiers", "NotAMember", "Pending", "Usager"]

CREATE = "dossiers.create"
MAX_DRAWS = 20
"""References drawn for a new dossier before the platform is considered faulty."""


class Dossiers:
    """Reads and opens dossiers for a professional, as the platform has them at that moment.

    With an `origin`, the turn in which the professional asks, what is read is recorded; without, the service reads for its own needs.
    Every method raises FhirUnavailable and the other errors of `bot.fhir.errors`, except where it says otherwise.
    """

    def __init__(
        self,
        fhir: FhirClient,
        database: Database,
        clock: Clock,
        operations: Operations,
        limits: ProbeLimits | None = None,
        mapping: PlatformMapping = DEFAULT_MAPPING,
    ) -> None:
        self._fhir = fhir
        self._clock = clock
        self._mapping = mapping
        self._teams = CareTeams(fhir, clock, mapping)
        self._roles = PractitionerRoles(fhir, clock, mapping)
        self._access = DossierAccess(self._teams, database, clock, limits)
        self._operations = operations
        self._operations.register(CREATE, Kind(self._attempt_create, _settle_create, _create_text, errors.ALL))

    async def of_member(self, account: Practitioner, origin: Origin | None = None) -> list[Dossier]:
        """Return the dossiers that this account takes part in now, the newest team first."""
        own = await self._of_member(account)
        await self._access.listed(account.id, origin)
        return own

    async def get(self, reference: str, actor: Practitioner, origin: Origin | None = None) -> Dossier:
        """Return the dossier of this reference. Raises NotAMember, the same where there is none, and LimitReached."""
        team = await self._access.open(reference, actor.id, READ, origin)
        return self._dossier(team.patient, team.resource, team.participants)

    async def usager(self, reference: str) -> Usager | None:
        """Return whom a dossier is about, whoever asks: for redaction, never for showing. None where there is no such dossier."""
        patient = await self._teams.patient_of(reference)
        return usager_of(patient, self._clock.now()) if patient is not None else None

    async def search(
        self, actor: Practitioner, *, name: str | None = None, birth_date: date | str | None = None, origin: Origin | None = None
    ) -> list[Dossier]:
        """Return the actor's own dossiers whose usager matches; accents, order and typing errors in the name do not matter.

        A `birth_date` is a day or a FHIR date; it matches one that is known less, or more, precisely.
        Raises LimitReached.
        """
        own = await self._of_member(actor)
        if name:
            own = [dossier for dossier in own if name_matches(name, dossier.usager.all_names)]
        born = birth_date.isoformat() if isinstance(birth_date, date) else birth_date
        found = [dossier for dossier in own if born is None or born_agrees(born, dossier.usager.born)]
        await self._access.searched(actor.id, origin, found=bool(found))
        return found

    async def possible_duplicates(self, actor: Practitioner, usager: Usager, origin: Origin | None = None) -> list[Dossier]:
        """Return the actor's own dossiers that may be about the same usager. Nothing is asked about those of others."""
        found = [dossier for dossier in await self._of_member(actor) if may_be_same(usager, dossier.usager)]
        await self._access.searched(actor.id, origin, found=bool(found), counted=False)
        return found

    async def create(
        self, usager: Usager, actor: Practitioner, key: str, *, channel: str | None = None, conversation_id: str | None = None
    ) -> Dossier:
        """Open a dossier, with the actor as its referent. The same `key` again returns the same dossier.

        Other dossiers that may be about the same usager change nothing here, neither the answer nor what is asked before it: they are
        looked for afterwards (`bot.dossiers.duplicates`).

        Raises Pending (kept and retried: `conversation_id` is notified of the result), OperationFailed, NotAMember for a closed
        account, and LimitReached; ValueError for an usager without birth date.
        """
        if not usager.born:
            raise ValueError("a new dossier needs a birth date")
        payload = {
            "family": usager.family,
            "given": usager.given,
            "used": usager.used,
            "birth_date": usager.born,
            "sex": usager.sex,
            "actor": actor.id,
            "name": actor.name,
            "profession": actor.profession,
            "channel": channel,
            "conversation": conversation_id,
        }
        if not await self._operations.exists(key):
            await self._access.count_creation(actor.id, Origin(conversation_id, key, channel) if conversation_id else None)
        result = await self._operations.run(CREATE, key, payload, conversation_id=conversation_id)
        return Dossier(result["reference"], result["patient_id"], usager, result["team_id"], actor.id)

    async def _of_member(self, account: Practitioner) -> list[Dossier]:
        teams: dict[str | None, tuple[Resource, list[Participant]]] = {}
        for team, participants in await self._teams.of_account(account.id):
            teams.setdefault(
                self._teams.subject_of(team), (team, participants)
            )  # of several teams of one usager the first is the assistant's
        found = []
        for patient in await search_ids(self._fhir, "Patient", sorted(patient_id for patient_id in teams if patient_id)):
            team, participants = teams.get(patient["id"], ({}, []))
            if team and self._teams.reference_of(patient):
                started = str((team.get("period") or {}).get("start", ""))
                found.append((started, self._dossier(patient, team, participants)))
        found.sort(key=lambda pair: (pair[0], pair[1].reference), reverse=True)
        return [dossier for _, dossier in found]

    def _dossier(self, patient: Resource, team: Resource, participants: list[Participant]) -> Dossier:
        referent = next((participant.account_id for participant in participants if participant.is_referent), None)
        usager = usager_of(patient, self._clock.now())
        return Dossier(self._teams.reference_of(patient) or "", patient["id"], usager, team["id"], referent)

    async def _attempt_create(self, attempt: Attempt) -> Payload:
        payload, mark, marks = attempt.payload, operation_mark(attempt.key), self._mapping.marks
        member = await self._roles.member_of(payload["actor"])
        if not member.is_open:
            raise NotAMember
        existing = await self._fhir.search("Patient", {"identifier": f"{marks.dossier_request}|{mark}"})
        patient = existing[0] if existing else await self._create_patient(payload, mark)
        reference = self._teams.reference_of(patient)
        if reference is None:
            raise FhirUnavailable("The platform did not keep the reference of a new dossier.")
        member = await self._roles.with_role(member, payload["name"], payload["profession"])
        now, roles = self._clock.now(), self._roles.roles_of(member, payload["profession"], referent=True)
        team, _ = await self._fhir.create(
            {
                "resourceType": "CareTeam",
                **self._mapping.meta("care_team"),
                "identifier": [{"system": marks.team, "value": reference}],
                "status": "active",
                "name": f"Cercle de soins {reference}",
                "subject": {"reference": f"Patient/{patient['id']}"},
                "period": {"start": fhir_instant(now)},
                "participant": [new_participant(member.reference, payload["name"], roles, now, mark=mark)],
            },
            if_none_exist=f"identifier={marks.team}|{reference}",
            author=f"Practitioner/{payload['actor']}",
        )
        return {"outcome": "created", "reference": reference, "patient_id": patient["id"], "team_id": team["id"]}

    async def _create_patient(self, payload: Payload, mark: str) -> Resource:
        """Create the Patient under a reference that is drawn, only if neither the reference nor this operation's dossier exists."""
        for _ in range(MAX_DRAWS):
            reference = f"SPH-{self._clock.now().astimezone(PARIS).year}-{secrets.randbelow(1_000_000):06d}"
            own = {"system": self._mapping.marks.dossier_request, "value": mark}
            tokens = f"{self._mapping.dossier.token(reference)},{own['system']}|{mark}"
            try:
                patient, _ = await self._fhir.create(
                    new_patient(payload, reference, mark, self._mapping), if_none_exist=f"identifier={tokens}"
                )
            except FhirConflict:
                continue
            if any(own.items() <= identifier.items() for identifier in patient.get("identifier") or []):
                return patient
        raise FhirUnavailable("The platform gives no free reference for a dossier.")


async def _settle_create(session: AsyncSession, attempt: Attempt, now: datetime, result: Payload) -> None:
    await record(
        session,
        now=now,
        actor=attempt.payload["actor"],
        action=CREATE,
        dossier=result.get("reference"),
        channel=attempt.payload["channel"],
        conversation=attempt.payload.get("conversation"),
        outcome=result.get("outcome") or result["refused"],
        key=f"operation:{attempt.key}",
    )
    if "reference" in result:  # whether or not there is another: the answer must not take longer for one of the two
        await defer(session, COMPARE, compare_key(result["reference"], attempt.key), {"reference": result["reference"]}, now)


def _create_text(_payload: Payload, result: Payload) -> str:
    outcome = result.get("outcome") or result["refused"]
    return render_text("dossiers/dossier_created", outcome=outcome, reference=result.get("reference"), error_id=result.get("error_id"))
