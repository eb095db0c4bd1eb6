"""The records of the directory: a professional and the places where they practise."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, fields
from operator import attrgetter
from typing import Any, Self

_TITLES = {"DR": "Dr", "PR": "Pr", "MC": "Dr", "MG": "Dr", "PC": "Pr", "PG": "Pr"}
_CIVILITIES = {"M": "M.", "MME": "Mme"}
_WORD = re.compile(r"[^\W\d_]+")
_LOWER = frozenset({"de", "du", "des", "d"})


def proper_case(name: str) -> str:
    """Return a name as people write it: « BENALI » → « Benali », « DE LA ROCHE » → « de La Roche ».

    A name that already has lower-case letters is left alone: its writer knew better.
    """
    if name != name.upper():
        return name
    return _WORD.sub(lambda m: m[0].lower() if m[0].lower() in _LOWER else m[0].capitalize(), name)


@dataclass(frozen=True, slots=True)
class Practice:
    """One place of work. Empty strings where the directory says nothing.

    `departement` is the INSEE code ("37", "2A", "974"); `address` holds its lines without postal code and town;
    `mode` is a TRE_R23 code (L, S, B).
    """

    structure: str = ""
    finess: str = ""
    siret: str = ""
    address: tuple[str, ...] = ()
    postal_code: str = ""
    city: str = ""
    departement: str = ""
    phone: str = ""
    email: str = ""
    role: str = ""
    mode: str = ""

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Self:
        """Return the practice that `Professional.to_dict` wrote."""
        return cls(**{**data, "address": tuple(data.get("address", ()))})


@dataclass(frozen=True, slots=True)
class Professional:
    """A person of the directory, all their activities joined.

    `key` is the national identification (IDNPS): "8" + RPPS or "0" + ADELI; it never changes. `title` is a code of
    TRE_R11 (DR, PR, …) or empty, `civility` of TRE_R81 (M, MME), `profession_code` of TRE_G15, TRE_R94 or TRE_R95.
    `also` holds the labels of further professions and savoir-faire, `speciality_codes` the codes of every savoir-faire (TRE_R38), that of
    `speciality` first. `mss` are the person's own MSSanté addresses.
    """

    key: str
    family: str
    given: str = ""
    rpps: str = ""
    adeli: str = ""
    title: str = ""
    civility: str = ""
    profession_code: str = ""
    profession: str = ""
    speciality: str = ""
    mode: str = ""
    practices: tuple[Practice, ...] = ()
    also: tuple[str, ...] = ()
    speciality_codes: tuple[str, ...] = ()
    mss: tuple[str, ...] = ()

    @property
    def display(self) -> str:
        """The name for people: « Dr Leïla Benali », « Mme Claire Moreau »."""
        head = _TITLES.get(self.title) or _CIVILITIES.get(self.civility, "")
        return " ".join(part for part in (head, proper_case(self.given), proper_case(self.family)) if part)

    @property
    def practice(self) -> Practice:
        """The first place of work; an empty one where none is known."""
        return self.practices[0] if self.practices else Practice()

    @property
    def city(self) -> str:
        """The town of the first practice that has one, as people write it."""
        return next((proper_case(practice.city) for practice in self.practices if practice.city), "")

    @property
    def email(self) -> str:
        """The first MSSanté address or, where there is none, the first known professional e-mail; or ""."""
        return next(iter(self.mss), "") or next((practice.email for practice in self.practices if practice.email), "")

    @property
    def phone(self) -> str:
        """The first known phone, or ""."""
        return next((practice.phone for practice in self.practices if practice.phone), "")

    @property
    def labels(self) -> tuple[str, ...]:
        """Every label of profession, savoir-faire and role."""
        roles = (practice.role for practice in self.practices)
        return tuple(label for label in (self.profession, self.speciality, *self.also, *roles) if label)

    def to_dict(self) -> dict[str, Any]:
        """Return what `json` can write; empty fields are left out."""
        data = _filled(self, _PERSON_FIELDS)
        if self.practices:
            data["practices"] = [_filled(practice, _PRACTICE_FIELDS) for practice in self.practices]
        return data

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Self:
        """Return the person that `to_dict` wrote."""
        practices = tuple(Practice.from_dict(practice) for practice in data.get("practices", ()))
        lists = {name: tuple(data.get(name, ())) for name in ("also", "speciality_codes", "mss")}
        return cls(**{**data, **lists, "practices": practices})

    def packed(self) -> list[Any]:
        """Return what `json` can write, without names of fields: half as long as `to_dict`, and read in half the time."""
        values = list(_person_values(self))
        values[_PRACTICES] = [_practice_values(practice) for practice in self.practices]
        while values and not values[-1]:
            values.pop()
        return values

    @classmethod
    def unpacked(cls, values: list[Any]) -> Self:
        """Return the person that `packed` wrote."""
        values = [tuple(value) if isinstance(value, list) else value for value in values]
        if len(values) > _PRACTICES:
            values[_PRACTICES] = tuple(_practice_of(practice) for practice in values[_PRACTICES])
        return cls(*values)


def _practice_of(values: list[Any]) -> Practice:
    structure, finess, siret, address, *others = values
    return Practice(structure, finess, siret, tuple(address), *others)


_PRACTICE_FIELDS = tuple(field.name for field in fields(Practice))
_PERSON_FIELDS = tuple(field.name for field in fields(Professional))
_practice_values, _person_values = attrgetter(*_PRACTICE_FIELDS), attrgetter(*_PERSON_FIELDS)
_PRACTICES = _PERSON_FIELDS.index("practices")


def _filled(record: Practice | Professional, names: tuple[str, ...]) -> dict[str, Any]:
    """Return the fields that say something; `dataclasses.asdict` copies deeply and would take a third of an import."""
    return {name: value for name in names if (value := getattr(record, name))}


def rpps_luhn_ok(rpps: str) -> bool:
    """Return whether 11 digits end with their Luhn digit. A warning only: published examples fail it."""
    if len(rpps) != 11 or not (rpps.isascii() and rpps.isdigit()):
        return False
    doubled = (int(digit) * (2 if place % 2 else 1) for place, digit in enumerate(reversed(rpps)))
    return sum(value - 9 if value > 9 else value for value in doubled) % 10 == 0
