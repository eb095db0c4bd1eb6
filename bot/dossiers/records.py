"""Records of dossiers, usagers and partners, and their reading from the platform's resources."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Literal, Protocol

from bot.core.clock import PARIS
from bot.core.mail import render_text
from bot.fhir.human_names import PATIENT_USES, HumanName, current_names, past_names
from bot.fhir.mapping import DEFAULT_MAPPING, DossierMapping
from bot.fhir.resources import Resource

_REFERENCE = re.compile(r"SPH-\d{4}-\d{6}")
_PARTIAL_DATE = re.compile(r"\d{4}(?:-(?:0[1-9]|1[0-2]))?")

_PROFESSIONALS = ("Practitioner", "PractitionerRole", "Organization", "CareTeam", "HealthcareService")
"""Kinds of members who are professionals; whoever may be close to the usager is none of them."""
ELSEWHERE = "Elsewhere"
"""What stands in the place of the type of members whom another server has; the type stands behind it."""

Sex = Literal["male", "female", "other", "unknown"]


class Practitioner(Protocol):
    """The Practitioner who acts or is added: an account of the platform (`bot.accounts.registry.Account`)."""

    @property
    def id(self) -> str:
        """Id of the Practitioner."""

    @property
    def reference(self) -> str:
        """FHIR reference, "Practitioner/<id>"."""

    @property
    def name(self) -> str:
        """Given and family name."""

    @property
    def profession(self) -> str:
        """Profession in words, or ""."""


@dataclass(frozen=True)
class AccountReference:
    """An account of the platform of which little more than the id is known."""

    id: str
    name: str = ""
    profession: str = ""

    @property
    def reference(self) -> str:
        """The FHIR reference of the account."""
        return f"Practitioner/{self.id}"


@dataclass(frozen=True)
class Usager:
    """A patient: birth name, given names, birth date (None where the platform has no full one), administrative sex (FHIR codes).

    `partial_birth_date` is the FHIR date where only the year, or year and month, are known: "1948", "1948-03". `used` is the name of
    use, "" where it is the birth name; `used_given` is the given name of use, "" where it is the first one. `other_names` are
    further names, family and given each: all those of the birth certificate, a maiden name, one that was changed.
    """

    family: str
    given: str
    birth_date: date | None
    sex: Sex
    partial_birth_date: str = ""
    used: str = ""
    used_given: str = ""
    other_names: tuple[tuple[str, str], ...] = ()

    @property
    def born(self) -> str:
        """The FHIR date of birth, as precise as it is known; "" where it is not."""
        return self.birth_date.isoformat() if self.birth_date else self.partial_birth_date

    @property
    def name(self) -> str:
        """Given names, then birth name."""
        return f"{self.given} {self.family}".strip()

    @property
    def all_names(self) -> str:
        """Given names, birth name, then the names of use, and every other name, each word once."""
        others = (word for names in self.other_names for name in names for word in name.split())
        return " ".join(dict.fromkeys([*self.name.split(), *self.used.split(), *self.used_given.split(), *others]))

    @property
    def identities(self) -> tuple[Usager, ...]:
        """The usager under each name that they go by: whoever looks for their name in a text looks for both."""
        given = self.used_given or self.given
        used = [replace(self, family=self.used or self.family, given=given)] if self.used or self.used_given else []
        return (self, *used, *(replace(self, family=family or self.family, given=given) for family, given in self.other_names))


@dataclass(frozen=True)
class Dossier:
    """A dossier usager: the Patient and its active CareTeam. `referent_id` is an account id, or None where none is marked."""

    reference: str
    patient_id: str
    usager: Usager
    team_id: str
    referent_id: str | None


@dataclass(frozen=True)
class Partner:
    """Somebody who takes part in a dossier today, or will. `reference` is the member's, as `Partners.remove` takes it.

    Attributes:
        since: the first day, which is still to come where `planned`.
        until: the last day, included; None: no end was set.
        added_by: the account that gave the access; None where that is not known.
    """

    account_id: str | None
    reference: str
    display: str
    profession: str
    since: date | None
    is_referent: bool
    until: date | None = None
    planned: bool = False
    added_by: str | None = None

    def is_member(self, member: str) -> bool:
        """Tell whether a reference is theirs: the one that stands in the team, or that of their account."""
        return member in (self.reference, f"Practitioner/{self.account_id}")

    @property
    def elsewhere(self) -> bool:
        """Whether they are a resource of another server, whom the assistant shows and never changes."""
        return self.reference.startswith(f"{ELSEWHERE}/")

    @property
    def unnamed(self) -> Partner:
        """The partner as an external channel may show them: somebody close to the usager, whom their name would give away, without it."""
        if self.account_id or kind_of(self.reference) in _PROFESSIONALS:
            return self
        return replace(self, display=render_text("dossiers/member", kind="RelatedPerson", hidden=True))


def kind_of(member: str) -> str:
    """Return the type of resource that a member is, also of one on another server."""
    kind, _, key = member.partition("/")
    return key.partition(".")[0] if kind == ELSEWHERE else kind


def normalize_reference(text: str) -> str | None:
    """Return a dossier reference in its one form, or None for what cannot be one."""
    reference = text.strip().upper()
    return reference if _REFERENCE.fullmatch(reference) else None


def references_in(text: str) -> list[str]:
    """Return the references of dossiers that stand in a text, in their one form."""
    return _REFERENCE.findall(text.upper())


def dossier_reference(patient: Resource, dossiers: DossierMapping = DEFAULT_MAPPING.dossier) -> str | None:
    """Return the dossier's reference among a Patient's identifiers, or None: a Patient without one is no dossier. An old one is none."""
    current = [each for each in patient.get("identifier") or [] if each.get("use") != "old"]
    return next((reference for reference in map(dossiers.reference_of, current) if reference), None)


def usager_of(patient: Resource, now: datetime) -> Usager:
    """Return the patient's identity by the names that hold now: the official one is the birth name, the usual one the name of use."""
    current, past = current_names(patient, PATIENT_USES, now), past_names(patient, PATIENT_USES, now)
    name = next(iter([*current, *past]), HumanName())
    usual = next((other for other in current if other.use == "usual" and other.whole != name.whole), HumanName())
    gender = patient.get("gender")
    sex: Sex = gender if gender in ("male", "female", "other") else "unknown"
    used = usual.family if usual.family != name.family else ""
    usager = usager_born(name.family, name.given, str(patient.get("birthDate") or ""), sex, used)
    used_given = usual.given if usual.given != name.given else ""
    known = {(name.family, name.given), (used or name.family, used_given or name.given)}
    names = [*current, *past]
    written = [
        *((other.family, other.given) for other in names),
        *((other.family, other.birth_given) for other in names if other.birth_given),
    ]
    others = tuple(dict.fromkeys(each for each in written if each not in known and any(each)))
    return replace(usager, used_given=used_given, other_names=others)


def usager_born(family: str, given: str, born: str, sex: Sex, used: str = "") -> Usager:
    """Return an usager with a FHIR date of birth of whatever precision."""
    day = paris_date(born)
    return Usager(family, given, day, sex, born if day is None and _PARTIAL_DATE.fullmatch(born) else "", used)


def paris_date(text: str | None) -> date | None:
    """Return the day, in Paris, of a FHIR date or instant; None for a month or a year alone."""
    if not text or len(text) < 10:
        return None
    try:
        if len(text) == 10:
            return date.fromisoformat(text)
        return datetime.fromisoformat(text).astimezone(PARIS).date()
    except ValueError:
        return None
