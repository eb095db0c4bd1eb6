"""Values for the slots of a template: invented names, communes, professions, organizations, numbers, dates."""

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
    """Draws values for slots; the same seed gives the same values in the same order."""

    def __init__(self, seed: str) -> None:
        self._random = random.Random(seed)
        self._faker = Faker("fr_FR")
        self._faker.seed_instance(seed)
        self._names: dict[str, list[list[str]]] = read_yaml(DATA / "names.yml")
        self._professions: dict[str, list[str]] = read_yaml(DATA / "professions.yml")
        self._organizations = read_yaml(DATA / "organizations.yml")
        self._communes = read_yaml(DATA / "communes.yml")
        self._slots: dict[str, tuple[str | None, Callable[[], str]]] = {
            "partner_name": ("partner_name", self._person),
            "usager_name": ("usager_name", self._person),
            "given_name": ("partner_name", self._given_name),
            "city": ("city", self._commune),
            "home": (None, self._commune),  # where an usager lives is not labelled
            "city_hasty": ("city", lambda: self._commune().lower().replace("-", " ")),
            "dossier_ref": ("dossier_ref", self._dossier_ref),
            "dossier_number": ("dossier_ref", self._dossier_number),
            "bare_number": ("dossier_ref", lambda: str(self._random.randint(105, 960))),
            "rpps": ("rpps", self._rpps),
            "finess": ("finess", lambda: f"{self._pick(['18', '28', '36', '37', '41', '45'])}{self._digits(7)}"),
            "adeli": ("adeli", lambda: self._digits(9)),
            "email": ("email", self._email),
            "phone": ("phone", self._phone),
            "birth_date": ("birth_date", self._birth_date),
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
            self._slots[f"organization_{gender}"] = ("organization", partial(self._organization, gender))
        for form in ("m", "f", "plural"):
            self._slots[f"profession_{form}"] = ("profession", partial(self._pick, self._professions[form]))
        for form, names in self._communes["departments"].items():
            self._slots[f"department_{form}"] = ("city", partial(self._pick, names))
        notifications = read_yaml(DATA / "notifications.yml")
        labels = {"channel": "channel", "channel_plural": "channel"} | dict.fromkeys(("digest", "rhythm", "mode", "at_once"), "frequency")
        for slot, values in notifications.items():
            self._slots[slot] = (labels.get(slot, "time"), partial(self._pick, values))

    def __contains__(self, slot: str) -> bool:
        return slot in self._slots

    def draw(self, slot: str) -> Segment:
        """Return a value for `slot`, labelled where the slot is an entity.

        Raises:
            KeyError: the slot is unknown.
        """
        entity, draw = self._slots[slot]
        return Segment(draw(), entity)

    def _person(self) -> str:
        """Return an invented name: given and family name, family name alone, or family name first."""
        family, given = self._family_name(), self._first_name()
        shape = self._random.random()
        if shape < 0.5:
            return f"{given} {family}"
        if shape < 0.86:
            return family
        return f"{family.upper() if shape < 0.93 else family} {given}"

    def _given_name(self) -> str:
        """Return a given name alone, at times without its capital."""
        name = self._first_name()
        return name.lower() if self._random.random() < 0.25 else name

    def _family_name(self) -> str:
        if self._random.random() < 0.35:
            return self._composed_family_name()
        if self._random.random() < 0.35:
            return str(self._faker.last_name())
        return self._pick(self._pick(self._names["family"]))

    def _composed_family_name(self) -> str:
        """Return the beginning of one name and the end of another, so that the model must recognise it by its context."""
        one, other = str(self._faker.last_name()).split()[-1], str(self._faker.last_name()).split()[-1]
        return one[: len(one) // 2 + 1] + other[len(other) // 2 :].lower()

    def _first_name(self) -> str:
        if self._random.random() < 0.4:
            return str(self._faker.first_name())
        return self._pick(self._pick(self._names["given"]))

    def _commune(self) -> str:
        """Return a commune, in full or as written in haste (« St », « s/ », no hyphens)."""
        where = self._random.random()
        name: str = self._composed_commune() if where > 0.65 else self._pick(self._communes["centre" if where < 0.45 else "elsewhere"])
        haste = self._random.random()
        if haste < 0.2:
            name = name.replace("Saint-", "St ").replace("Sainte-", "Ste ").replace("-", " ")
        elif haste < 0.27:
            name = name.replace("Saint-", "St-").replace("-sur-", " s/ ")
        return name

    def _composed_commune(self) -> str:
        """Return a commune that is in no list, composed as real names are."""
        parts = self._communes["parts"]
        return str(self._pick(parts["patterns"])).format(
            saint=self._pick(parts["saints"]),
            place=self._pick(parts["beginnings"]) + self._pick(parts["endings"]),
            river=self._pick(parts["rivers"]),
        )

    def _organization(self, gender: str) -> str:
        """Return a care organization of grammatical `gender` ("m" or "f"), with or without a proper name."""
        town = self._pick(self._communes["centre"])
        pattern: str = self._pick(self._organizations[gender])
        text: str = pattern.format(name=self._pick(self._organizations["names"]), town=town, family=self._family_name())
        return text.replace(" de A", " d'A").replace(" de O", " d'O").replace(" de I", " d'I").replace(" de É", " d'É")

    def _dossier_ref(self) -> str:
        """Return a dossier's reference, mostly in its standard form."""
        year, number = self._random.randint(2021, 2026), self._random.randint(1, 9999)
        forms = [f"SPH-{year}-{number:06d}"] * 5 + [
            f"sph-{year}-{number:06d}",
            f"sph {year} {number:06d}",
            f"SPH{year}{number:06d}",
        ]
        return self._pick(forms)

    def _dossier_number(self) -> str:
        """Return the bare number that may follow the word « dossier »."""
        number = self._random.randint(1, 9999)
        return self._pick([str(number), f"{number:06d}"])

    def _rpps(self) -> str:
        """Return eleven digits, with or without spaces, as RPPS numbers are written."""
        digits = "10" + self._digits(9)
        return self._pick([digits, digits, digits, " ".join((digits[:2], digits[2:5], digits[5:8], digits[8:]))])

    def _email(self) -> str:
        """Return a professional e-mail address of a reserved domain."""
        given, family = self._faker.first_name(), self._faker.last_name()
        local = f"{given[0]}.{family}" if self._random.random() < 0.5 else f"{given}.{family}"
        # Other accented letters are dropped, not folded: the bytes of the corpus depend on it.
        ascii_local = "".join(c for c in local.lower().replace(" ", "-").replace("é", "e").replace("è", "e") if c.isascii())
        return f"{ascii_local}@{self._pick(_DOMAINS)}"

    def _phone(self) -> str:
        """Return a French telephone number in one of the usual formats."""
        digits = self._pick(["06", "07", "02"]) + self._digits(8)
        pairs = [digits[i : i + 2] for i in range(0, 10, 2)]
        return self._pick([" ".join(pairs), " ".join(pairs), digits, ".".join(pairs), "+33 " + " ".join([pairs[0][1], *pairs[1:]])])

    def _birth_date(self) -> str:
        """Return a date of birth in digits or words."""
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
