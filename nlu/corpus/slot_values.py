"""What fills the slots of a template: invented names, communes, professions, structures, numbers, dates."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import TypeVar

from faker import Faker

from nlu.corpus.examples import Segment, read_yaml

T = TypeVar("T")

DATA = Path(__file__).resolve().parent / "data"

_MONTHS = ["janvier", "février", "mars", "avril", "mai", "juin", "juillet", "août", "septembre", "octobre", "novembre", "décembre"]
_ORDINALS = [
    "premier",
    "première",
    "deuxième",
    "troisième",
    "quatrième",
    "cinquième",
    "dernier",
    "dernière",
    "second",
    "seconde",
    "1er",
    "1ère",
    "2e",
    "2ème",
    "3e",
    "3ème",
    "4e",
    "2",
    "3",
    "4",
    "1",
    "5",
]
_STREETS = (
    "rue des Lilas",
    "rue Victor Hugo",
    "avenue de la République",
    "place du Marché",
    "rue de la Gare",
    "allée des Acacias",
    "chemin des Vignes",
    "boulevard Jean Jaurès",
    "rue du Bourg",
    "impasse des Roses",
    "quai de la Loire",
    "route de Blois",
    "rue Nationale",
    "square Pasteur",
)
_DOMAINS = (
    "cabinet-loire.example",
    "ch-val.example",
    "infirmiers-sologne.example",
    "sphere.example",
    "ssiad37.example",
    "kine-berry.example",
    "pharmacie-halles.example",
    "mspbeauce.example",
)


class SlotValues:
    """Draws a value for a slot; the same seed draws the same values in the same order."""

    def __init__(self, seed: str) -> None:
        self._random = random.Random(seed)
        self._faker = Faker("fr_FR")
        self._faker.seed_instance(seed)
        self._names: dict[str, list[list[str]]] = read_yaml(DATA / "names.yml")
        self._professions: dict[str, list[str]] = read_yaml(DATA / "professions.yml")
        self._structures = read_yaml(DATA / "organizations.yml")
        self._communes = read_yaml(DATA / "communes.yml")
        self._slots: dict[str, tuple[str | None, Callable[[], str]]] = {
            "partner_name": ("partner_name", self.person),
            "usager_name": ("usager_name", self.person),
            "given_name": ("partner_name", self.given_name),
            "city": ("city", self.commune),
            "home": (None, self.commune),  # where an usager lives is not labelled
            "city_hasty": ("city", lambda: self.commune().lower().replace("-", " ")),
            "dossier_ref": ("dossier_ref", self.dossier_ref),
            "dossier_number": ("dossier_ref", self.dossier_number),
            "bare_number": ("dossier_ref", lambda: str(self._random.randint(105, 960))),
            "rpps": ("rpps", self.rpps),
            "finess": ("finess", lambda: f"{self._pick(['18', '28', '36', '37', '41', '45'])}{self._digits(7)}"),
            "adeli": ("adeli", lambda: self._digits(9)),
            "email": ("email", self.email),
            "phone": ("phone", self.phone),
            "birth_date": ("birth_date", self.birth_date),
            "ordinal": ("ordinal", lambda: self._pick(_ORDINALS)),
            "postal_code": ("city", lambda: self._pick([c for c in self._communes["codes"] if len(c) == 5])),
            "department_code": ("city", lambda: self._pick([c for c in self._communes["codes"] if len(c) == 2])),
            "address": (
                None,
                lambda: f"{self._random.randint(1, 130)}{self._pick(['', '', ' bis'])} {self._pick(_STREETS)}",
            ),
            "code": (None, lambda: self._digits(6)),
            "six_digits": (None, lambda: f"{self._random.randint(1, 999):06d}"),
        }
        for gender in ("m", "f"):
            self._slots[f"organization_{gender}"] = ("organization", partial(self.structure, gender))
        for form in ("m", "f", "plural"):
            self._slots[f"profession_{form}"] = ("profession", partial(self._pick, self._professions[form]))
        for form, names in self._communes["departments"].items():
            self._slots[f"department_{form}"] = ("city", partial(self._pick, names))
        notices = read_yaml(DATA / "notifications.yml")
        labels = {"channel": "channel", "channel_plural": "channel"} | dict.fromkeys(("digest", "rhythm", "mode", "at_once"), "frequency")
        for slot, values in notices.items():
            self._slots[slot] = (labels.get(slot, "time"), partial(self._pick, values))

    def __contains__(self, slot: str) -> bool:
        return slot in self._slots

    def fill(self, slot: str) -> Segment:
        """A segment for `slot`, labelled where the slot is an entity. Raises KeyError for an unknown slot."""
        entity, draw = self._slots[slot]
        return Segment(draw(), entity)

    def person(self) -> str:
        """An invented person's name: given and family name, family name alone, family name first."""
        family, given = self._family(), self._given()
        shape = self._random.random()
        if shape < 0.5:
            return f"{given} {family}"
        if shape < 0.86:
            return family
        return f"{family.upper() if shape < 0.93 else family} {given}"

    def given_name(self) -> str:
        """A given name alone, at times without its capital."""
        name = self._given()
        return name.lower() if self._random.random() < 0.25 else name

    def _family(self) -> str:
        if self._random.random() < 0.35:
            return self._unheard_of()
        if self._random.random() < 0.35:
            return str(self._faker.last_name())
        return self._pick(self._pick(self._names["family"]))

    def _unheard_of(self) -> str:
        """The beginning of one name and the end of another: what is around must tell that it is a name."""
        one, other = str(self._faker.last_name()).split()[-1], str(self._faker.last_name()).split()[-1]
        return one[: len(one) // 2 + 1] + other[len(other) // 2 :].lower()

    def _given(self) -> str:
        if self._random.random() < 0.4:
            return str(self._faker.first_name())
        return self._pick(self._pick(self._names["given"]))

    def commune(self) -> str:
        """A commune, in full or as written in haste (« St », « s/ », no hyphens)."""
        where = self._random.random()
        name: str = self._compose() if where > 0.65 else self._pick(self._communes["centre" if where < 0.45 else "elsewhere"])
        haste = self._random.random()
        if haste < 0.2:
            name = name.replace("Saint-", "St ").replace("Sainte-", "Ste ").replace("-", " ")
        elif haste < 0.27:
            name = name.replace("Saint-", "St-").replace("-sur-", " s/ ")
        return name

    def _compose(self) -> str:
        """A commune that is on no list, put together as theirs are."""
        parts = self._communes["parts"]
        return str(self._pick(parts["patterns"])).format(
            saint=self._pick(parts["saints"]),
            place=self._pick(parts["beginnings"]) + self._pick(parts["endings"]),
            river=self._pick(parts["rivers"]),
        )

    def structure(self, gender: str) -> str:
        """A care structure whose name is of grammatical `gender` ("m" or "f"), named or not."""
        town = self._pick(self._communes["centre"])
        pattern: str = self._pick(self._structures[gender])
        text: str = pattern.format(name=self._pick(self._structures["names"]), town=town, family=self._family())
        return text.replace(" de A", " d'A").replace(" de O", " d'O").replace(" de I", " d'I").replace(" de É", " d'É")

    def dossier_ref(self) -> str:
        """A dossier's reference, mostly in its full form."""
        year, number = self._random.randint(2021, 2026), self._random.randint(1, 9999)
        forms = [f"SPH-{year}-{number:06d}"] * 5 + [
            f"sph-{year}-{number:06d}",
            f"sph {year} {number:06d}",
            f"SPH{year}{number:06d}",
        ]
        return self._pick(forms)

    def dossier_number(self) -> str:
        """The bare number that may follow the word « dossier »."""
        number = self._random.randint(1, 9999)
        return self._pick([str(number), f"{number:06d}"])

    def rpps(self) -> str:
        """Eleven digits as RPPS numbers are written."""
        digits = "10" + self._digits(9)
        return self._pick([digits, digits, digits, " ".join((digits[:2], digits[2:5], digits[5:8], digits[8:]))])

    def email(self) -> str:
        """A professional e-mail address of a reserved domain."""
        given, family = self._faker.first_name(), self._faker.last_name()
        local = f"{given[0]}.{family}" if self._random.random() < 0.5 else f"{given}.{family}"
        ascii_local = "".join(c for c in local.lower().replace(" ", "-").replace("é", "e").replace("è", "e") if c.isascii())
        return f"{ascii_local}@{self._pick(_DOMAINS)}"

    def phone(self) -> str:
        """A French telephone number, spaced in one of the usual ways."""
        digits = self._pick(["06", "07", "02"]) + self._digits(8)
        pairs = [digits[i : i + 2] for i in range(0, 10, 2)]
        return self._pick([" ".join(pairs), " ".join(pairs), digits, ".".join(pairs), "+33 " + " ".join([pairs[0][1], *pairs[1:]])])

    def birth_date(self) -> str:
        """A date of birth in digits or words."""
        day, month, year = self._random.randint(1, 28), self._random.randint(1, 12), self._random.randint(1925, 1999)
        words = f"{'1er' if day == 1 else day} {_MONTHS[month - 1]} {year}"
        return self._pick(
            [
                words,
                words,
                f"{day:02d}/{month:02d}/{year}",
                f"{day:02d}/{month:02d}/{year}",
                f"{day:02d}-{month:02d}-{year}",
                f"{day:02d}.{month:02d}.{year}",
                f"{day}/{month}/{year % 100:02d}",
                f"{day:02d} {month:02d} {year}",
            ]
        )

    def _digits(self, count: int) -> str:
        return "".join(self._random.choice("0123456789") for _ in range(count))

    def _pick(self, values: Sequence[T]) -> T:
        return self._random.choice(values)
