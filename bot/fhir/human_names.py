"""Names of people on FHIR resources: which of several holds now. Sources: FHIR R4, "HumanName"; FR Core; INS (RNIV).

In France `official` is the name of the civil register (of a Patient: the birth name, as the INS has it) and `usual` the name that somebody
goes by: of a professional the *nom d'exercice*, of a patient the *nom utilisé*.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from bot.core.person_names import split_name
from bot.fhir.periods import is_current

PATIENT_USES = ("official", "maiden", "", "usual", "temp", "nickname", "anonymous")
"""Uses of a name, that of the civil register first."""
PROFESSIONAL_USES = ("usual", "official", "", "temp", "nickname", "maiden", "anonymous")
"""Uses of a name, that under which somebody practises first."""
_TITLE = re.compile(r"(?:dr|pr|docteur|professeur)\.?\s+", re.IGNORECASE)
_BIRTH_LIST = "birth-list-given-name"
"""End of the extensions (FR Core's and its predecessor's) that hold every given name of the birth certificate."""


@dataclass(frozen=True)
class HumanName:
    """A name. `given` are the given names, `birth_given` all those of the birth certificate, "" where they are not told."""

    family: str = ""
    given: str = ""
    use: str = ""
    birth_given: str = ""
    prefix: str = ""
    suffix: str = ""

    @property
    def whole(self) -> str:
        """Given names, then the family name."""
        return f"{self.given} {self.family}".strip()


def read_name(name: Mapping[str, Any]) -> HumanName:
    """Return a FHIR HumanName; where it has only a text, the names that this comes to."""
    family, given = str(name.get("family") or "").strip(), _joined(name.get("given"))
    birth_given = next((_text(each) for each in name.get("extension") or [] if str(each.get("url", "")).endswith(_BIRTH_LIST)), "")
    if not family and not given and name.get("text"):
        split = split_name(_TITLE.sub("", str(name["text"]).strip()))
        family, given = split.birth, split.given
    given = given or birth_given.partition(" ")[0]
    return HumanName(family, given, str(name.get("use") or ""), birth_given, _joined(name.get("prefix")), _joined(name.get("suffix")))


def current_names(resource: Mapping[str, Any], uses: Sequence[str], now: datetime) -> list[HumanName]:
    """Return the names of a person that hold now, in the order of `uses`; without a family or a given name there is none."""
    return _ordered([name for name in _names_of(resource) if is_current(name, now)], uses)


def past_names(resource: Mapping[str, Any], uses: Sequence[str], now: datetime) -> list[HumanName]:
    """Return the names of a person that do not hold now: old ones, and those whose period is over or to come."""
    return _ordered([name for name in _names_of(resource) if not is_current(name, now)], uses)


def name_of(resource: Mapping[str, Any], uses: Sequence[str], now: datetime) -> HumanName:
    """Return the name that a person has now; one that does not hold any more only where there is no other; an empty one without any."""
    return next(iter([*current_names(resource, uses, now), *past_names(resource, uses, now)]), HumanName())


def _names_of(resource: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    names = resource.get("name")
    return [name for name in ([names] if isinstance(names, dict) else names or []) if isinstance(name, dict)]


def _ordered(names: Sequence[Mapping[str, Any]], uses: Sequence[str]) -> list[HumanName]:
    read = [name for name in map(read_name, names) if name.whole]
    return sorted(read, key=lambda name: uses.index(name.use) if name.use in uses else len(uses))


def _joined(words: object) -> str:
    return " ".join(str(word).strip() for word in words if word) if isinstance(words, list) else str(words or "")


def _text(extension: Mapping[str, Any]) -> str:
    return " ".join(str(extension.get("valueString") or "").split())
