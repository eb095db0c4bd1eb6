"""Values for the tagger's training templates: invented names in many spellings, and what stands beside them."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TypeVar

from nlu.components.folding import strip_accents
from nlu.components.spelling_correction import load_french_words
from nlu.corpus.examples import read_yaml
from nlu.corpus.slot_values import SlotValues
from nlu.pii.template_expansion import Piece

T = TypeVar("T")
USAGER, PROFESSIONAL = "usager_name", "partner_name"
DATA = Path(__file__).resolve().parent / "data"
_PARTICLES = ("de ", "de la ", "du ", "d'", "Le ", "La ", "Ben ", "El ", "Van ", "Da ", "Di ", "Abd ", "Saint-", "De ")
_YEARS = (1921, 1999)


class TrainingValues:
    """Draws values; the same seed gives the same ones in the same order."""

    def __init__(self, seed: str) -> None:
        self._rng = random.Random(seed)
        self._values = SlotValues(seed)
        names = read_yaml(Path(__file__).resolve().parents[1] / "corpus" / "data" / "names.yml")
        self._given = [name for group in names["given"] for name in group]
        self._family = [name for group in names["family"] for name in group]
        self._words = sorted(word for word in load_french_words() if 4 <= len(word) <= 9 and word.isalpha())
        parts = read_yaml(DATA / "name_parts.yml")
        self._parts = {name: [part for line in lines for part in str(line).split()] for name, lines in parts.items()}
        self._free = read_yaml(DATA / "templates.yml")["free_phrases"]
        self._things = [word for line in read_yaml(DATA / "templates.yml")["things"] for word in line.split()]
        persons: dict[str, Callable[[], str]] = {
            "": self._any_name,
            "f": self.family,
            "F": lambda: self.family().upper(),
            "g": self.given,
            "1": lambda: self._pick([self.given, self.family, self.family])(),
            "i": self._initials,
            "init": lambda: f"{self.family()[0].upper()}.",
            "letter": lambda: self.family()[0].upper() + self._pick(["", "."]),
            "glued": self._glued,
            "digits": self._with_digits,
            "dotted": self._dotted,
        }
        self._persons = {f"u{form}": (USAGER, draw) for form, draw in persons.items()}
        self._persons |= {f"p{form}": (PROFESSIONAL, draw) for form, draw in persons.items()}
        self._persons["p"] = (PROFESSIONAL, self._professional)
        self._others: dict[str, Callable[[], str]] = {
            "town": lambda: self._value("city"),
            "job": lambda: self._value(self._pick(["profession_f", "profession_m"])),
            "org": lambda: self._value(self._pick(["organization_f", "organization_m"])),
            "ref": lambda: self._value("dossier_ref"),
            "mail": lambda: self._value("email"),
            "phone": lambda: self._value("phone"),
            "rpps": lambda: self._value("rpps"),
            "birth": lambda: self._value("birth_date"),
            "addr": lambda: self._value("address") + self._pick(["", ", " + self._value("city")]),
            "year": lambda: str(self._rng.randint(*_YEARS)),
            "age": lambda: str(self._rng.randint(2, 104)),
            "nir": self._nir,
            "thing": lambda: self._pick(self._things),
            "hour": lambda: f"{self._rng.randint(7, 20)}h{self._pick(['', '', '30', '15'])}",
            "free": lambda: self._pick(self._free),
        }

    def draw(self, slot: str) -> Piece:
        """Return a value for `slot`, labelled where it is a name. Raise KeyError for an unknown slot."""
        if slot in self._persons:
            label, draw = self._persons[slot]
            return draw(), label
        return self._others[slot](), None

    def given(self) -> str:
        """Return a given name, known or invented, at times a double one."""
        if self._rng.random() < 0.12:
            return f"{self._given_name()}{self._pick(['-', '-', ' '])}{self._given_name()}"
        return self._given_name()

    def family(self) -> str:
        """Return a family name: known, invented, a French word, with a particle, or a double one."""
        draw = self._rng.random()
        if draw < 0.07:
            return f"{self._family_name()}{self._pick(['-', '-', ' '])}{self._family_name()}"
        if draw < 0.13:
            return f"{self._pick(_PARTICLES)}{self._family_name()}"
        return self._family_name()

    def _given_name(self) -> str:
        draw = self._rng.random()
        if draw < 0.45:
            return self._invent("given_ends")
        return self._pick(self._given) if draw < 0.7 else self._value("given_name").title()

    def _family_name(self) -> str:
        draw = self._rng.random()
        if draw < 0.5:
            return self._invent("ends")
        if draw < 0.6:
            return self._pick(self._words).capitalize()
        return self._pick(self._family) if draw < 0.85 else self._value("partner_name").split()[-1].title()

    def _invent(self, ends: str) -> str:
        """Return some syllables and the end of a name."""
        syllables = self._rng.choices([0, 1, 2], [3, 6, 2])[0]
        body = "".join(self._pick(self._parts["onsets"]) + self._pick(self._parts["vowels"]) for _ in range(syllables))
        return (body + self._pick(self._parts["onsets"]) + self._pick(self._parts[ends])).capitalize()

    def _any_name(self) -> str:
        given, family = self.given(), self.family()
        forms = [f"{given} {family}"] * 4 + [f"{family} {given}"] * 2 + [f"{family.upper()} {given}"] * 2 + [family] * 3 + [given] * 3
        forms += [f"{given[0]}. {family}", f"{given} {family[0]}.", f"{given} {family[0]}", f"{family} {given[0]}.", f"{given}.{family}"]
        return self._pick(forms)

    def _professional(self) -> str:
        given, family = self.given(), self.family()
        forms = [f"{given} {family}"] * 6 + [f"{family} {given}", f"{family.upper()} {given}", f"{given} {family.upper()}"] + [family] * 4
        return self._pick([*forms, f"{given[0]}. {family}", f"{given}"])

    def _initials(self) -> str:
        one, other = self.given()[0], self.family()[0].upper()
        return self._pick([f"{one}.{other}.", f"{one}. {other}.", f"{one}{other}", f"{self.given()} {other}.", f"{one}. {self.family()}"])

    def _glued(self) -> str:
        return strip_accents(self._pick([self.given() + self.family(), self.family() + self.given()]).lower().replace(" ", ""))

    def _with_digits(self) -> str:
        number = self._pick([str(self._rng.randint(*_YEARS)), f"{self._rng.randint(1, 99):02d}", f"_{self._rng.randint(1, 99)}"])
        return strip_accents(self._pick([self.family(), self.given(), self._glued()]).replace(" ", "")) + number

    def _dotted(self) -> str:
        return f"{self.given()}{self._pick(['.', '_', '-', '/', '+'])}{self.family()}"

    def _nir(self) -> str:
        sex, year, month = self._rng.randint(1, 2), self._rng.randint(20, 99), self._rng.randint(1, 12)
        return f"{sex} {year} {month:02d} {self._rng.randint(1, 95):02d} {self._rng.randint(1, 900):03d} {self._rng.randint(1, 900):03d}"

    def _value(self, slot: str) -> str:
        return self._values.draw(slot).text

    def _pick(self, values: Sequence[T]) -> T:
        return self._rng.choice(values)
