"""Whose dossier a declared event is about: the usager found on the platform by identifier, without keeping any of it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from bot.dossiers.records import dossier_reference, normalize_reference
from bot.fhir.client import FhirClient
from bot.fhir.errors import FhirNotFound
from bot.fhir.mapping import DEFAULT_MAPPING, PlatformMapping
from bot.fhir.references import RELATIVE
from bot.fhir.resources import Resource
from bot.notifications.fhir_people import People
from bot.notifications.fhir_values import Json, Resources, dicts, items, resolve

INS_NIR, INS_NIA = "urn:oid:1.2.250.1.213.1.4.8", "urn:oid:1.2.250.1.213.1.4.9"
"""National systems of the INS, under which others declare it whatever the platform calls them."""
MAX_IDENTIFIERS = 5
"""Of one usager, that are asked for."""
_SEARCHABLE = re.compile(r"[^\s,|$\\]{1,128}")
"""A system or value without the characters that have a meaning in a FHIR search."""
_PATIENT = re.compile(r"(?:(https?://.+)/)?Patient/([A-Za-z0-9.-]{1,64})(?:/_history/.*)?")


@dataclass(frozen=True)
class Subject:
    """What an event says of whose dossier it is about: the dossier itself, identifiers (system, value), or a reference to a Patient."""

    dossier: str | None = None
    identifiers: tuple[tuple[str, str], ...] = ()
    patient: str | None = None


def subject_of(request: Json, others: Resources) -> Subject | None:
    """Return the subject of a CommunicationRequest; None where it names nobody. Raises ValueError for a reference that names nothing."""
    named = next(dicts([request.get("subject")]), None)
    if named is None:
        return None
    resource = resolve(request, named, others)
    if resource is not None and resource.get("resourceType") != "Patient":
        raise ValueError("subject: must be a Patient")
    said = [*dicts([named.get("identifier")]), *dicts(items((resource or {}).get("identifier")))]
    pairs = [(str(one.get("system") or ""), str(one.get("value") or "")) for one in said]
    dossier = next((found for _, value in pairs if value.isascii() and (found := normalize_reference(value))), None)
    known = tuple(dict.fromkeys(pair for pair in pairs if all(map(_SEARCHABLE.fullmatch, pair))))[:MAX_IDENTIFIERS]
    reference = named.get("reference")
    match = _PATIENT.fullmatch(reference) if isinstance(reference, str) and resource is None else None
    if resource is None and match is None and not said:
        return None
    return Subject(dossier, known, reference if match else None)


class SubjectLookup:
    """Finds dossiers on the platform."""

    def __init__(self, fhir: FhirClient | None, mapping: PlatformMapping = DEFAULT_MAPPING) -> None:
        """Ask the platform `fhir`, where it can be asked."""
        self._fhir, self._dossiers, self._systems = fhir, mapping.dossier, mapping.identifiers
        self.references = fhir.references if fhir is not None else RELATIVE
        self.people = People(self.references, mapping.identifiers)
        """Reads the professionals of such events."""

    async def find(self, subject: Subject) -> str | None:
        """Return the reference of the one dossier; None: there is none, or more than one. Raises the errors of `bot.fhir.errors`."""
        if subject.dossier or self._fhir is None:
            return subject.dossier
        for pair in subject.identifiers:
            found = {reference for one in await self._search(*pair) if (reference := dossier_reference(one, self._dossiers))}
            if found:
                return found.pop() if len(found) == 1 else None
        patient_id = self.references.id_of({"reference": subject.patient}, "Patient")
        if patient_id:
            try:
                patient, _ = await self._fhir.read("Patient", patient_id)
            except FhirNotFound:
                return None
            return dossier_reference(patient, self._dossiers)
        return None

    async def _search(self, system: str, value: str) -> list[Resource]:
        assert self._fhir is not None
        ins = ((INS_NIR, self._systems.ins_nir), (INS_NIA, self._systems.ins_nia))
        systems = next((pair for pair in ins if system in pair), (system,))
        values = [value, value[:13]] if len(systems) == 2 and len(value) == 15 else [value]  # with and without its key
        wanted = dict.fromkeys((each, one) for each in systems for one in values)
        found = await self._fhir.search("Patient", {"identifier": ",".join(f"{each}|{one}" for each, one in wanted)})
        return [patient for patient in found if wanted.keys() & _identifiers(patient)]


def _identifiers(patient: Mapping[str, object]) -> set[tuple[str, str]]:
    return {(str(one.get("system")), str(one.get("value"))) for one in dicts(patient.get("identifier"))}
