"""Resources of the Annuaire Santé (profiles `as-dp-…`, on fr-core) as people of the directory.

Only business identifiers are kept: RPPS or national identification, FINESS, SIRET. Codes come without a display: labels are those of
`bot.directory.codes`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, NamedTuple

from bot.core.text_folding import digits
from bot.directory.codes import CIVILITIES, MODES, PROFESSIONS, ROLES, SPECIALITIES, TITLES, Code, label_of
from bot.directory.live.ports import referred_id
from bot.directory.places import departement_code
from bot.directory.records import Practice, Professional
from bot.fhir.resources import Resource

RPPS_SYSTEM = "https://rpps.esante.gouv.fr"
IDNPS_SYSTEM = "urn:oid:1.2.250.1.71.4.2.1"
_FINESS_SYSTEM = "https://finess.esante.gouv.fr"
_PROFESSIONS = ("TRE_G15", "TRE_R94", "TRE_R95")
_SKILLS = ("TRE_R38", "TRE_R39", "TRE_R40", "TRE_R42", "TRE_R43", "TRE_R44", "TRE_R45", "TRE_R97")
"""Lists of savoir-faire, from the titles of specialists to the rights to practise."""
_FUNCTIONS = ("TRE_R85", "TRE_R96", "TRE_R21")
_MSS_TYPE = "fr-core-contact-point-email-type"
_CEDEX = re.compile(r"\bcedex\b.*", re.IGNORECASE)
_LONGEST_TOWN = 120
_STREET = ("houseNumber", "buildingNumberSuffix", "streetNameType", "streetNameBase")


class _Coding(NamedTuple):
    """A code, the ANS list that it is of (`TRE_G15`), and its label, which may be ""."""

    table: str
    code: str
    label: str


def key_of(practitioner: Resource) -> str:
    """Return the key that the directory has a person under, "" where the resource has no national number."""
    numbers = {_text(i, "system"): digits(_text(i, "value")) for i in _dicts(practitioner.get("identifier"))}
    rpps, national = numbers.get(RPPS_SYSTEM, ""), numbers.get(IDNPS_SYSTEM, "")
    if len(rpps) == 11:
        return f"8{rpps}"
    prefix = {11: "8", 9: "0"}.get(len(national), "")  # some write the bare RPPS or ADELI there
    return f"{prefix}{national}" if len(national) >= 9 else ""


def professional_of(practitioner: Resource, roles: Iterable[Resource], organizations: Mapping[str, Resource]) -> Professional | None:
    """Return the person that a `Practitioner`, their `PractitionerRole`s and the `Organization`s by id are.

    None where there is no national number, no name, or they are not active.
    """
    key, name = key_of(practitioner), _name(practitioner)
    if not key or not _text(name, "family") or practitioner.get("active") is not True:
        return None
    active = [role for role in roles if role.get("active") is True]
    mailboxes = _emails(practitioner)
    practices = [practice for role in active if (practice := _practice(role, organizations, mailboxes))]
    if not practices and mailboxes:
        practices = [Practice(email=mailboxes[0])]
    affixes = [affix.upper().rstrip(".") for affix in (*_texts(name.get("prefix")), *_texts(name.get("suffix")))]
    codings = list(_codings(qualification.get("code") for qualification in _dicts(practitioner.get("qualification"))))
    professions = [coding for coding in codings if coding.table in _PROFESSIONS]
    skills = [coding.label for coding in codings if coding.table in _SKILLS and coding.label]
    first = professions[0] if professions else _Coding("", "", "")
    also = dict.fromkeys(label for label in [*(p.label for p in professions[1:]), *skills[1:]] if label)
    return Professional(
        key=key,
        rpps=key[1:] if key[0] == "8" and len(key) == 12 else "",
        adeli=key[1:] if key[0] == "0" and len(key) == 10 else "",
        family=_text(name, "family"),
        given=" ".join(_texts(name.get("given"))),
        title=next((affix for affix in affixes if any(title.code == affix for title in TITLES)), ""),
        civility=next((affix for affix in affixes if any(civility.code == affix for civility in CIVILITIES)), ""),
        profession_code=first.code,
        profession=first.label,
        speciality=skills[0] if skills else "",
        mode=next((mode for role in active if (mode := _mode(role))), ""),
        practices=tuple(dict.fromkeys(practices)),
        also=tuple(also),
    )


def _practice(role: Resource, organizations: Mapping[str, Resource], mailboxes: list[str]) -> Practice | None:
    organization = organizations.get(referred_id(role.get("organization")), {})
    address = next(iter(_dicts(organization.get("address"))), {})
    postal_code = _text(address, "postalCode")
    numbers = [(_text(i, "system"), digits(_text(i, "value"))) for i in _dicts(organization.get("identifier"))]
    phones = [_text(t, "value") for t in _dicts(organization.get("telecom")) if t.get("system") == "phone"]
    emails = _emails(role) or mailboxes or _emails(organization)
    practice = Practice(
        structure=next(iter(_texts(organization.get("alias"))), "") or _text(organization, "name"),
        finess=next((value for system, value in numbers if system == _FINESS_SYSTEM and len(value) == 9), ""),
        siret=next((value for _, value in numbers if len(value) == 14), ""),
        address=tuple(_lines(address)),
        postal_code=postal_code,
        city=_CEDEX.sub("", _text(address, "city")[:_LONGEST_TOWN]).strip(),
        departement=departement_code("", postal_code),
        phone=next(iter(phones), ""),
        email=next(iter(emails), ""),
        role=next((coding.label for coding in _codings(_list(role.get("code"))) if coding.table in _FUNCTIONS and coding.label), ""),
        mode=_mode(role),
    )
    is_somewhere = any((practice.structure, practice.finess, practice.city, practice.phone, practice.email))
    return practice if is_somewhere else None


def _mode(role: Resource) -> str:
    codes = [coding.code for coding in _codings(_list(role.get("code"))) if coding.table == "TRE_R23"]
    return next((code for code in codes if any(mode.code == code for mode in MODES)), "")


def _name(practitioner: Resource) -> dict[str, Any]:
    """Return the name that the person practises under: not one of former times."""
    names = [name for name in _dicts(practitioner.get("name")) if name.get("use") != "old"]
    return next(iter(names), {})


def _emails(resource: Resource) -> list[str]:
    """Return the e-mail addresses of a resource, those of MSSanté first."""
    found = [t for t in _dicts(resource.get("telecom")) if t.get("system") == "email" and _text(t, "value") and t.get("use") != "old"]
    found.sort(key=lambda telecom: not any(_MSS_TYPE in _text(e, "url") for e in _dicts(telecom.get("extension"))))
    return [_text(telecom, "value") for telecom in found]


def _lines(address: Mapping[str, Any]) -> list[str]:
    """Return the lines of an address, which may be written, or only told in parts (`_line`, iso21090)."""
    written, parts = _list(address.get("line")), _list(address.get("_line"))
    lines = []
    for number in range(max(len(written), len(parts))):
        line = written[number] if number < len(written) else None
        told = parts[number] if number < len(parts) and isinstance(parts[number], dict) else {}
        values = {_text(e, "url").rpartition("-")[2]: _text(e, "valueString") for e in _dicts(told.get("extension"))}
        lines.append(line if isinstance(line, str) else " ".join(values[part] for part in _STREET if values.get(part)))
    return [line for line in lines if line]


def _codings(concepts: Iterable[object]) -> Iterator[_Coding]:
    for concept in concepts:
        for coding in _dicts(concept.get("coding") if isinstance(concept, dict) else None):
            table = next((part for part in _text(coding, "system").split("/") if part.startswith("TRE_")), "").partition("-")[0]
            code = _text(coding, "code")
            yield _Coding(table, code, _text(coding, "display") or _label(table, code))


def _label(table: str, code: str) -> str:
    if table in _SKILLS:
        return label_of(SPECIALITIES, code)
    known: tuple[Code, ...] = (*PROFESSIONS, *ROLES)
    return label_of(tuple(entry for entry in known if entry.system == table), code)


def _list(value: object) -> list[Any]:
    return value if isinstance(value, list) else []


def _dicts(value: object) -> list[dict[str, Any]]:
    return [entry for entry in _list(value) if isinstance(entry, dict)]


def _texts(value: object) -> list[str]:
    return [entry.strip() for entry in _list(value) if isinstance(entry, str) and entry.strip()]


def _text(resource: Mapping[str, Any], name: str) -> str:
    value = resource.get(name)
    return value.strip() if isinstance(value, str) else ""
