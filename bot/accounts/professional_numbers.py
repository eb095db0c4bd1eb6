"""The national numbers of professionals as they are written: RPPS, ADELI, and the national identifier (IDNPS) with its leading digit.

The IDNPS (ANS, *identifiant national des personnes*) is 8 and the RPPS, or 0 and the ADELI; the ROR has the bare RPPS under its system.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any, NamedTuple

from bot.fhir.mapping import DEFAULT_MAPPING, Identifiers
from bot.fhir.periods import is_current

RPPS_SYSTEM = "https://rpps.esante.gouv.fr"
ADELI_SYSTEM = "https://adeli.esante.gouv.fr"
IDNPS_SYSTEM = "urn:oid:1.2.250.1.71.4.2.1"
_GAP = re.compile(r"[ .\-/_]")
_LABEL = re.compile(
    r"\A(?:(?:mon|son|le|ce|un|est|c'est|numero|numéro|num|n[°o]|rpps|adeli|idnps|idnat(?:_?ps)?|:|=)[ .:=]*)+(?=\d)", re.IGNORECASE
)


class Numbers(NamedTuple):
    """The national numbers of somebody; "" for one that is not known."""

    rpps: str
    adeli: str


def numbers_of(practitioner: Mapping[str, Any], now: datetime, systems: Identifiers = DEFAULT_MAPPING.identifiers) -> Numbers:
    """Return the national numbers among the identifiers of a Practitioner, known by their system or by their type; old ones are none."""
    rpps = adeli = ""
    for identifier in practitioner.get("identifier") or []:
        kinds = _kinds_of(identifier, systems) if is_current(identifier, now) else set()
        value = "".join(str(identifier.get("value") or "").split())
        if kinds & {"RPPS", "IDNPS"}:
            rpps = rpps or read_rpps(value) or ""
        if "ADELI" in kinds or ("IDNPS" in kinds and re.fullmatch(r"0.{9}", value)):
            adeli = adeli or read_adeli(value) or ""
    return Numbers(rpps, adeli)


def _kinds_of(identifier: Mapping[str, Any], systems: Identifiers) -> set[str]:
    """Return which national numbers an identifier may be; its system says more than its type, which others use too."""
    if kind := {systems.rpps: "RPPS", systems.adeli: "ADELI", systems.idnps: "IDNPS"}.get(str(identifier.get("system") or "")):
        return {kind}
    codings = (identifier.get("type") or {}).get("coding") or []
    return {str(coding.get("code")) for coding in codings} & {"RPPS", "ADELI", "IDNPS"}


def rpps_under(system: str, value: str, systems: Identifiers = DEFAULT_MAPPING.identifiers) -> str | None:
    """Return the RPPS that an identifier is, by the platform's systems or the national ones; None where it is another number."""
    found = re.fullmatch(r"8?([0-9]{11})", value) if system in (systems.rpps, systems.idnps, RPPS_SYSTEM, IDNPS_SYSTEM) else None
    return found[1] if found else None


def rpps_tokens(rpps: str, systems: Identifiers = DEFAULT_MAPPING.identifiers) -> str:
    """Return what a search for an identifier gives to find this RPPS wherever a platform keeps it."""
    return f"{systems.rpps}|{rpps},{systems.idnps}|8{rpps},{systems.idnps}|{rpps},{rpps}"


def adeli_tokens(adeli: str, systems: Identifiers = DEFAULT_MAPPING.identifiers) -> str:
    """Return what a search for an identifier gives to find this ADELI wherever a platform keeps it."""
    return f"{systems.idnps}|0{adeli},{systems.adeli}|{adeli},{adeli}"


def read_rpps(text: str) -> str | None:
    """Return an RPPS in its one form, 11 digits, from a plain text that is one, with or without the 8 before it; None for any other."""
    digits = _number(text)
    found = re.fullmatch(r"8?([0-9]{11})", digits)
    return found[1] if found else None


def read_adeli(text: str) -> str | None:
    """Return an ADELI in its one form, 9 characters (Corsican ones begin with 2A and 2B), with or without the 0 before it; or None."""
    found = re.fullmatch(r"0?([0-9][0-9AB][0-9]{7})", _number(text))
    return found[1] if found else None


def _number(text: str) -> str:
    return _GAP.sub("", _LABEL.sub("", text.strip(" !?;,.«»\"'()"))).upper()
