"""Whose dossier a declared event is about: the usager found on the platform by identifier, without keeping any of it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from bot.dossiers.records import dossier_reference, normalize_reference
from bot.fhir.client import FhirClient
from bot.fhir.errors import FhirNotFound
from bot.fhir.mapping import DEFAULT_MAPPING, PlatformMapping
from bot.fhir.resources import Resource
from bot.notifications.fhir_values import Json, Resources, dicts, items, resolve

INS_NIR = "urn:oid:1.2.250.1.213.1.4.8"
MAX_IDENTIFIERS = 5
"""Of one usager, that are asked for."""
_SEARCHABLE = re.compile(r"[^\s,|$\\]{1,128}")
"""A system or value without the characters that have a meaning in a FHIR search."""
_PATIENT = re.compile(r"(?:(https?://.+)/)?Patient/([A-Za-z0-9.-]{1,64})(?:/_history/.*)?")


@dataclass(frozen=True)
class Subject:
    """What an event says of whose dossier it is about: the dossier itself, identifiers (system, value), or the platform's own id."""

    dossier: str | None = None
    identifiers: tuple[tuple[str, str], ...] = ()
    patient: str | None = None
    base: str | None = None
    """The server that `patient` is an id of; None: the platform."""


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
    return Subject(dossier, known, match[2] if match else None, match[1] if match else None)


class SubjectLookup:
    """Finds dossiers on the platform."""

    def __init__(self, fhir: FhirClient | None, base: str | None, mapping: PlatformMapping = DEFAULT_MAPPING) -> None:
        """Ask the platform `fhir`, where it can be asked; `base` is its address, by which absolute references to it are known."""
        self._fhir, self._base, self._dossiers = fhir, (base or "").rstrip("/"), mapping.dossier

    async def find(self, subject: Subject) -> str | None:
        """Return the reference of the one dossier; None: there is none, or more than one. Raises the errors of `bot.fhir.errors`."""
        if subject.dossier or self._fhir is None:
            return subject.dossier
        for pair in subject.identifiers:
            found = {reference for one in await self._search(*pair) if (reference := dossier_reference(one, self._dossiers))}
            if found:
                return found.pop() if len(found) == 1 else None
        if subject.patient and subject.base in (None, self._base):
            try:
                patient, _ = await self._fhir.read("Patient", subject.patient)
            except FhirNotFound:
                return None
            return dossier_reference(patient, self._dossiers)
        return None

    async def _search(self, system: str, value: str) -> list[Resource]:
        assert self._fhir is not None
        values = [value, value[:13]] if system == INS_NIR and len(value) == 15 else [value]  # with and without its key
        wanted = {(system, one) for one in values}
        found = await self._fhir.search("Patient", {"identifier": ",".join(f"{system}|{one}" for one in values)})
        return [patient for patient in found if wanted & _identifiers(patient)]


def _identifiers(patient: Mapping[str, object]) -> set[tuple[str, str]]:
    return {(str(one.get("system")), str(one.get("value"))) for one in dicts(patient.get("identifier"))}
