"""Makes every kind of call that the product makes to the platform, and says of each what came of it and what it is needed for.

What is asked for does not exist, so that a server which passes over a parameter that it does not know, and answers everything, is found
out. Nothing that the platform holds is part of an answer. Changes are made where they are asked for, to resources of the check's own,
which are left as inactive or entered in error: the product deletes nothing. Each line is explained in docs/integration.md.
"""

from __future__ import annotations

import secrets
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime

from bot.accounts.account_resources import practitioner_of
from bot.accounts.directory_record import Fiche
from bot.core.clock import SystemClock
from bot.dossiers.care_teams import fhir_instant, new_participant, operation_mark
from bot.dossiers.new_patient import new_patient
from bot.dossiers.practitioner_roles import AccountMember, PractitionerRoles
from bot.fhir.client import FhirClient
from bot.fhir.errors import FhirConflict, FhirError, FhirNotFound, FhirRejected, FhirUnauthorized
from bot.fhir.mapping import DEFAULT_MAPPING, PlatformMapping
from bot.fhir.resources import Resource, etag_of

GOOD, BAD, NOTE, SKIPPED = "ok", "non", "à savoir", "non essayé"
"""What came of a call: `NOTE`: not as it should be, and the product does without."""
NOBODY, NOTHING = "personne@verification.example", "verification-inexistante"
NO_DOSSIER, NO_RPPS = "SPH-0000-000000", "00000000000"
Call = Callable[[], Awaitable[str]]


@dataclass(frozen=True)
class Line:
    """A call, what came of it (`verdict`, and `answer` in words), and what it is needed for."""

    call: str
    verdict: str
    answer: str
    purpose: str


class _Wrong(Exception):
    """An answer came, and is not what the product needs."""


class _Remark(Exception):
    """The answer is not as it should be, and the product does without."""


class PlatformCheck:
    """One run of the check. `lines` grows with each call."""

    def __init__(self, fhir: FhirClient, mapping: PlatformMapping = DEFAULT_MAPPING, *, write: bool) -> None:
        self._fhir, self._mapping, self._write = fhir, mapping, write
        self._mark = secrets.token_hex(8)
        self.lines: list[Line] = []

    @property
    def passed(self) -> bool:
        """Whether all that is needed works, as far as it was tried."""
        return all(line.verdict != BAD for line in self.lines)

    async def run(self) -> None:
        """Make the calls, one after the other. Where access is refused, or nothing answers, no more are made."""
        if not await self._line("GET Practitioner?_id=… (accès)", "tout", self._access):
            return
        await self._read()
        if self._write:
            await self._change()
        else:
            for call, purpose in _CHANGES:
                self.lines.append(Line(call, SKIPPED, "avec --write seulement", purpose))

    async def _line(self, call: str, purpose: str, work: Call) -> bool:
        try:
            verdict, answer = GOOD, await work()
        except _Remark as remark:
            verdict, answer = NOTE, str(remark)
        except _Wrong as wrong:
            verdict, answer = BAD, str(wrong)
        except FhirError as error:
            verdict, answer = BAD, _answer_of(error)
        self.lines.append(Line(call, verdict, answer, purpose))
        return verdict != BAD

    async def _access(self) -> str:
        await self._fhir.ping()
        return "accès accepté"

    async def _read(self) -> None:
        nobody, nothing = f"Practitioner/{NOTHING}", f"Patient/{NOTHING}"
        rpps, criteria = f"{self._mapping.identifiers.rpps}|{NO_RPPS}", self._mapping.account.criteria
        dossier, request = self._mapping.dossier.token(NO_DOSSIER), f"{self._mapping.marks.dossier_request}|{NOTHING}"
        searches: list[tuple[str, list[tuple[str, str]], str]] = [
            ("Practitioner", [("email", NOBODY), *criteria], "lier une conversation à un compte"),
            ("Practitioner", [("identifier", rpps), *criteria], "savoir si une personne a un compte"),
            ("Practitioner", [("_id", f"{NOTHING},{NOTHING}-2")], "noms et adresses des destinataires"),
            ("PractitionerRole", [("practitioner", nobody)], "dossiers d’un professionnel"),
            ("PractitionerRole", [("_id", f"{NOTHING},{NOTHING}-2")], "comptes des membres d’un cercle"),
            ("Patient", [("identifier", dossier)], "dossier par sa référence"),
            ("Patient", [("identifier", request)], "ne pas créer deux fois un dossier"),
            ("Patient", [("_id", f"{NOTHING},{NOTHING}-2")], "usagers des dossiers listés"),
            ("Patient", [("birthdate", "1801-01-01")], "doublons possibles"),
            ("Patient", [("family", NOTHING), ("given", NOTHING)], "doublons possibles"),
            ("CareTeam", [("participant", f"{nobody},{nobody}-2"), ("status", "active")], "« mes dossiers »"),
            ("CareTeam", [("patient", nothing), ("status", "active")], "destinataires des notifications"),
            ("CareTeam", [("patient", nothing), ("participant", nobody), ("status", "active")], "ouvrir un dossier"),
            ("Organization", [("name", NOTHING)], "structure d’un nouveau compte"),
        ]  # fmt: skip
        for kind, params, purpose in searches:
            await self._line(f"{kind}?{'&'.join(name for name, _ in params)}", purpose, lambda k=kind, p=params: self._search_nothing(k, p))  # type: ignore[misc]
        await self._line("POST …/_search", "noms et adresses hors des URL", self._search_method)
        await self._line("GET Practitioner/…", "compte de la personne qui écrit", self._read_absent)
        await self._line("page suivante", "recherches de plus d’une page", self._pages)
        await self._line("versions (ETag, meta.versionId)", "deux personnes changent un cercle en même temps", self._versions)

    async def _search_nothing(self, kind: str, params: list[tuple[str, str]]) -> str:
        found = await self._fhir.search(kind, [*params, ("_count", "5")])
        if found:
            raise _Wrong("des ressources qui ne correspondent pas\u00a0: un paramètre n’est pas pris en compte")
        return "aucun résultat, comme attendu"

    async def _search_method(self) -> str:
        if self._fhir.search_by == "get":
            raise _Remark("refusé\u00a0: les recherches passent par GET, noms et adresses dans les URL")
        return "accepté"

    async def _read_absent(self) -> str:
        try:
            await self._fhir.read("Practitioner", NOTHING)
        except FhirNotFound:
            return "404, comme attendu"
        raise _Wrong("une ressource pour un identifiant inexistant")

    async def _pages(self) -> str:
        first, further = await self._fhir.first_pages("Practitioner", [("active", "true"), ("_count", "1")])
        if not first:
            raise _Remark("aucun compte\u00a0: rien à lire")
        return "suivie" if further else "une seule page"

    async def _versions(self) -> str:
        found, _ = await self._fhir.first_pages("CareTeam", [("status", "active"), ("_count", "1")])
        if not found:
            raise _Remark("aucun cercle de soins\u00a0: rien à lire")
        if etag_of(found[0]):
            return "dans les recherches"
        if (await self._fhir.read("CareTeam", found[0]["id"]))[1]:
            return "à la lecture\u00a0: une lecture de plus avant chaque changement"
        raise _Remark("aucune\u00a0: de deux changements simultanés, l’un peut effacer l’autre")

    async def _change(self) -> None:
        made: dict[str, Resource] = {}

        async def create(resource: Resource, unique: str) -> str:
            stored, _ = await self._fhir.create(resource, if_none_exist=unique)
            again, _ = await self._fhir.create(resource, if_none_exist=unique)
            if again["id"] != stored["id"]:
                raise _Wrong("If-None-Exist est ignoré\u00a0: la même ressource a été créée deux fois")
            made[resource["resourceType"]] = stored
            return "créé une fois, et retrouvé" if self._fhir.takes_conditions else "créé\u00a0; If-None-Exist refusé, recherché avant"

        (
            (creating, for_account),
            (role, for_role),
            (patient, for_dossier),
            (team, for_team),
            (updating, for_update),
            (linkage, for_linkage),
        ) = _CHANGES
        marks = self._mapping.marks
        person, one = self._practitioner(), f"identifier={marks.account_request}|{self._mark}"
        if await self._line(creating, for_account, lambda: create(person, one)):
            await self._line(role, for_role, lambda: self._role(made["Practitioner"], create))
        mark = operation_mark(self._mark)
        same = f"identifier=VERIFICATION-{self._mark},{marks.dossier_request}|{mark}"  # either, as the product says it
        if await self._line(patient, for_dossier, lambda: create(self._patient(mark), same)):
            unique = f"identifier={marks.team}|{self._mark}"
            if await self._line(team, for_team, lambda: create(self._team(made, mark), unique)):
                await self._line(updating, for_update, lambda: self._update(made["CareTeam"]))
            await self._line(linkage, for_linkage, lambda: self._linkage(made["Patient"]))
            await self._line("PUT Patient (vérification close)", "fin de la vérification", lambda: self._close(made["Patient"]))

    async def _update(self, team: Resource) -> str:
        before, etag = await self._fhir.read("CareTeam", team["id"])
        after = {**before, "status": "entered-in-error"}
        await self._fhir.replace(before, after)
        stored, _ = await self._fhir.read("CareTeam", team["id"])
        if stored.get("status") != "entered-in-error":
            raise _Wrong("le changement n’est pas conservé")
        if not etag:
            raise _Remark("fait, sans version")
        try:
            await self._fhir.update({**before, "status": "entered-in-error"}, if_match=etag)
        except FhirConflict:
            return "fait\u00a0; une version ancienne est refusée"
        raise _Remark("fait\u00a0; If-Match n’est pas pris en compte\u00a0: de deux changements simultanés, l’un peut effacer l’autre")

    async def _role(self, person: Resource, create: Callable[[Resource, str], Awaitable[str]]) -> str:
        mark = {"system": self._mapping.marks.role, "value": self._mark}
        role = {
            "resourceType": "PractitionerRole",
            **self._mapping.meta("practitioner_role"),
            "identifier": [{"use": "secondary", **mark}],
            "active": False,
            "practitioner": {"reference": f"Practitioner/{person['id']}"},
        }
        try:
            return await create(role, f"identifier={mark['system']}|{mark['value']}")
        except FhirError as error:
            raise _Remark(f"{_answer_of(error)}\u00a0: le Practitioner est écrit comme membre") from None

    async def _linkage(self, patient: Resource) -> str:
        reference = f"Patient/{patient['id']}"
        item = [{"type": kind, "resource": {"reference": reference}} for kind in ("source", "alternate")]
        try:
            await self._fhir.create({"resourceType": "Linkage", "active": False, "item": item}, if_none_exist=f"source={reference}")
        except FhirUnauthorized:
            raise
        except FhirError as error:
            raise _Remark(f"{_answer_of(error)}\u00a0: les doublons possibles restent chez l’assistant") from None
        return "créé"

    async def _close(self, patient: Resource) -> str:
        before, _ = await self._fhir.read("Patient", patient["id"])
        await self._fhir.replace(before, {**before, "active": False})
        return "usager de la vérification inactif"

    def _practitioner(self) -> Resource:
        fiche = Fiche(family="VERIFICATION", given="Assistant", profession="Infirmier", email=NOBODY, organization="Vérification")
        return practitioner_of(fiche, self._mark, self._mapping) | {"active": False}

    def _patient(self, mark: str) -> Resource:
        told = {"family": "VERIFICATION", "given": "Assistant", "sex": "unknown", "birth_date": "1900-01-01"}
        patient = new_patient(told, NO_DOSSIER, mark, self._mapping)
        reference, *others = patient["identifier"]
        return {**patient, "identifier": [{**reference, "value": f"VERIFICATION-{self._mark}"}, *others]}

    def _team(self, made: dict[str, Resource], mark: str) -> Resource:
        now, person = datetime.now(UTC), made.get("Practitioner", {}).get("id", NOTHING)
        member = AccountMember(person, True, made.get("PractitionerRole", {}).get("id"))
        roles = PractitionerRoles(self._fhir, SystemClock(), self._mapping).roles_of(member, "Infirmier", referent=True)
        return {
            "resourceType": "CareTeam",
            **self._mapping.meta("care_team"),
            "identifier": [{"system": self._mapping.marks.team, "value": self._mark}],
            "status": "active",
            "name": f"Vérification {self._mark}",
            "subject": {"reference": f"Patient/{made['Patient']['id']}"},
            "period": {"start": fhir_instant(now)},
            "participant": [new_participant(member.reference, "Assistant VERIFICATION", roles, now, mark=mark)],
        }


_CHANGES = (
    ("POST Practitioner (If-None-Exist)", "créer un compte, une seule fois"),
    ("POST PractitionerRole (If-None-Exist)", "membre d’un cercle sans rôle encore (facultatif)"),
    ("POST Patient (If-None-Exist)", "créer un dossier, une seule fois"),
    ("POST CareTeam (If-None-Exist)", "créer le cercle de soins d’un dossier"),
    ("PUT CareTeam (If-Match)", "ajouter, retirer, dater un partenaire"),
    ("POST Linkage (If-None-Exist)", "dire à la plateforme deux dossiers semblables (facultatif)"),
)
"""Calls that change something, and what each is needed for."""


def _answer_of(error: FhirError) -> str:
    if isinstance(error, FhirUnauthorized):
        return f"accès refusé ({error.status})" if error.status else f"accès refusé\u00a0: {error}"
    if isinstance(error, FhirRejected):
        return f"refusé ({error.status} {', '.join(error.codes)})".replace(" )", ")")
    if isinstance(error, FhirNotFound):
        return "404"
    if isinstance(error, FhirConflict):
        return "conflit (409, 412), ou plusieurs ressources"
    return f"pas de réponse utilisable\u00a0: {error}"
