"""The Patient of a new dossier, as it is written.

Sources: FR Core 2.1 (`fr-core-patient`, and `fr-core-patient-ins`, whose INS only the platform's call of INSi may add), RNIV: what a
professional told is a provisional identity; `official` among the names is the birth name, among the identifiers the INS.
"""

from __future__ import annotations

from bot.fhir.mapping import PlatformMapping
from bot.fhir.operations import Payload
from bot.fhir.resources import Resource


def new_patient(payload: Payload, reference: str, mark: str, mapping: PlatformMapping) -> Resource:
    """Return the Patient of a new dossier.

    Args:
        payload: of the operation: `family`, `given`, `used`, `birth_date`, `sex`.
        reference: of the dossier.
        mark: of the operation, by which it finds the Patient again.
        mapping: what the platform calls things.
    """
    status = {"url": "identityStatus", "valueCoding": mapping.identity.coding}
    identifiers = [mapping.dossier.identifier(reference), {"use": "secondary", "system": mapping.marks.dossier_request, "value": mark}]
    return {
        "resourceType": "Patient",
        **mapping.meta("patient"),
        "extension": [{"url": mapping.identity.extension, "extension": [status]}],
        "identifier": identifiers,
        "active": True,
        "name": _names(payload, mapping),
        "gender": payload["sex"],
        "birthDate": payload["birth_date"],
    }


def _names(payload: Payload, mapping: PlatformMapping) -> list[Resource]:
    """Return the birth name, with the given names as they were told, and the name of use where there is one."""
    given = payload["given"]
    listed = {"url": mapping.identity.birth_given_names, "valueString": given}
    names: list[Resource] = [{"extension": [listed], "use": "official", "family": payload["family"], "given": [given]}]
    return names + ([{"use": "usual", "family": payload["used"], "given": [given]}] if payload.get("used") else [])
