"""The resources of a new account, as they are written: Practitioner, PractitionerRole and Organization.

Sources: ANS "Annuaire Santé" 1.1 (`as-practitioner`, `as-practitionerrole`), "Cercle de soins" 2.0.1 (`cds-organization`), FR Core 2.1.
The national identifier (IDNPS) is never made up from another number: FR Core forbids it.
"""

from __future__ import annotations

import re
from typing import Any

from bot.accounts.directory_record import CODES, Fiche
from bot.directory.codes import MODES, PROFESSIONS, label_of, speciality_by_text
from bot.fhir.mapping import PlatformMapping
from bot.fhir.resources import Resource

FIRST_USE_URL = "urn:sphere:first-use-code"
"""Extension of an account that was just created: the salted hash of its first-use code (`bot.accounts.first_use_code`)."""
_SPECIALITIES = "TRE_R38"
_MODES = "TRE_R23"
_NUMBERS = {
    "finess": re.compile(r"\bfiness\b[^0-9]{0,20}([0-9][0-9AB][0-9]{7})(?![0-9])", re.IGNORECASE),
    "siret": re.compile(r"\bsiret\b[^0-9]{0,20}([0-9]{3} ?[0-9]{3} ?[0-9]{3} ?[0-9]{5})(?![0-9])", re.IGNORECASE),
}
"""Numbers of a structure that are named so beside its name: « CH de Blois (FINESS 410000020) »."""


def practitioner_of(fiche: Fiche, key: str, mapping: PlatformMapping, first_use_hash: str | None = None) -> Resource:
    """Return the `Practitioner` resource of a new account for the request `key`."""
    own = mapping.identifiers
    identifiers = [{"use": "secondary", "system": mapping.marks.account_request, "value": key}]
    if fiche.rpps:
        identifiers.append(mapping.identifier(own.rpps, fiche.rpps, "RPPS"))
    if fiche.adeli:
        identifiers.append(mapping.identifier(own.adeli, fiche.adeli, "ADELI"))
    if mapping.account.identifier_system:
        identifiers.append({"use": "secondary", "system": mapping.account.identifier_system, "value": key})
    telecom = [*([_email(fiche.email, mapping)] if fiche.email else [])]
    telecom += [{"system": "phone", "value": fiche.phone, "use": "work"}] if fiche.phone else []
    resource: Resource = {
        "resourceType": "Practitioner",
        **_account_meta(mapping),
        "active": True,
        "identifier": identifiers,
        "name": [_name(fiche)],
        "telecom": telecom,
        "qualification": [{"code": concept} for concept in (profession_concept(fiche, mapping), *speciality_concepts(fiche, mapping))],
    }
    if address := _address(fiche, with_organization=True):
        resource["address"] = [address]
    if first_use_hash:
        resource["extension"] = [{"url": FIRST_USE_URL, "valueString": first_use_hash}]
    return resource


def profession_concept(fiche: Fiche, mapping: PlatformMapping) -> Resource:
    """Return the profession as a CodeableConcept: coded under its list where its code is known; its words are those of the savoir-faire."""
    known = (entry for entry in PROFESSIONS if (entry.code, entry.label) == (fiche.profession_code, fiche.profession))
    system = next((mapping.code_systems[entry.system] for entry in known if entry.system in mapping.code_systems), None)
    coding = {"system": system, "code": fiche.profession_code, "display": fiche.profession}
    return ({"coding": [coding]} if system else {}) | {"text": fiche.speciality or fiche.profession}


def speciality_concepts(fiche: Fiche, mapping: PlatformMapping) -> list[Resource]:
    """Return the savoir-faire, coded where the words mean one; [] where there is none."""
    if not fiche.speciality:
        return []
    found = speciality_by_text(fiche.speciality)
    concept: Resource = {"text": fiche.speciality}
    if len(found) == 1 and _SPECIALITIES in mapping.code_systems:
        concept["coding"] = [{"system": mapping.code_systems[_SPECIALITIES], "code": found[0][0], "display": found[0][1]}]
    return [concept]


def role_of(fiche: Fiche, mapping: PlatformMapping) -> Resource:
    """Return what a PractitionerRole says of a fiche: `code` (profession, mode), coded `specialty`, `telecom`."""
    codes = [profession_concept(fiche, mapping)]
    if fiche.mode in CODES["mode"] and _MODES in mapping.code_systems:
        code = CODES["mode"][fiche.mode]
        codes.append({"coding": [{"system": mapping.code_systems[_MODES], "code": code, "display": label_of(MODES, code)}]})
    # FR Core binds it: what has no code of the list is not written here, and stands among the qualifications in words.
    specialty = [concept for concept in speciality_concepts(fiche, mapping) if "coding" in concept]
    return {"code": codes} | ({"specialty": specialty} if specialty else {})


def organization_of(fiche: Fiche, account_id: str, mapping: PlatformMapping) -> Resource | None:
    """Return the `Organization` where the person of a fiche works; None where no structure is named.

    Its identifiers are the FINESS and SIRET that stand beside its name; without one, a mark of ours for this account.
    """
    if not fiche.organization:
        return None
    numbers = {name: found[1].replace(" ", "") for name, pattern in _NUMBERS.items() if (found := pattern.search(fiche.organization))}
    identifiers = []
    if "finess" in numbers:
        identifiers.append(mapping.identifier(mapping.identifiers.finess, numbers["finess"], "FINEG"))
    if "siret" in numbers:
        identifiers.append(mapping.identifier(mapping.identifiers.siret, numbers["siret"], "SIRET"))
    if not identifiers:
        identifiers.append({"use": "secondary", "system": mapping.marks.organization, "value": account_id})
    resource: Resource = {
        "resourceType": "Organization",
        **mapping.meta("organization"),
        "identifier": identifiers,
        "active": True,
        "name": _bare_name(fiche.organization),
    }
    if address := _address(fiche, with_organization=False):
        resource["address"] = [address]
    return resource


def _account_meta(mapping: PlatformMapping) -> Resource:
    """Return the `meta` of a Practitioner that is an account: its profiles, and what the mapping knows accounts by."""
    profiles = [*mapping.profiles["practitioner"], mapping.account.profile]
    system, _, code = mapping.account.tag.partition("|")
    meta: Resource = {"profile": list(dict.fromkeys(filter(None, profiles))), "tag": [{"system": system, "code": code}] if code else []}
    meta = {name: value for name, value in meta.items() if value}
    return {"meta": meta} if meta else {}


def _bare_name(text: str) -> str:
    """Return the name of a structure without the numbers that stand beside it."""
    for pattern in _NUMBERS.values():
        text = pattern.sub("", text)
    return " ".join(re.sub(r"\(\s*[,;/-]*\s*\)", "", text).split()).strip(" ,;/-") or text


def _name(fiche: Fiche) -> Resource:
    """Return the name of exercise: « Dr » is a suffix (JDV_J79), M and MME the prefix (JDV_J78)."""
    name: dict[str, Any] = {"use": "usual", "family": fiche.family, "given": [fiche.given]}
    if fiche.civility in CODES["civility"]:
        name["prefix"] = [CODES["civility"][fiche.civility]]
    if fiche.civility in CODES["title"]:
        name["suffix"] = [CODES["title"][fiche.civility]]
    return name


def _email(address: str, mapping: PlatformMapping) -> Resource:
    point: Resource = {"system": "email", "value": address, "use": "work"}
    if not mapping.email.is_mssante(address):
        return point
    kind = {"system": mapping.email.type_system, "code": mapping.email.mssante_code}
    return {"extension": [{"url": mapping.email.type_extension, "valueCoding": kind}], **point}


def _address(fiche: Fiche, *, with_organization: bool) -> Resource:
    parts = {"postalCode": fiche.postal_code, "city": fiche.city}
    lines = [line for line in (fiche.organization if with_organization else None, fiche.address) if line]
    address: Resource = {name: value for name, value in parts.items() if value}
    if lines:
        address["line"] = lines
    return {"use": "work", **address} if address else {}
