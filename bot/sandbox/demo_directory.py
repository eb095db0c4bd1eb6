"""Writes an invented directory in the format of the national one, so that the product's own importer reads it.

Numbers are from ranges reserved for tests and fiction: RPPS in 997…, phones in 02 61 91 …, e-mail addresses under `.example`.
"""

from __future__ import annotations

import random
import tomllib
from collections.abc import Iterator
from functools import lru_cache
from importlib.resources import files
from itertools import accumulate
from pathlib import Path
from typing import Any

from faker.providers.person.fr_FR import Provider as FrenchNames
from rapidfuzz.distance import OSA

from bot.core.text_folding import fold
from bot.directory.annuaire import Row
from bot.directory.columns import CELLS, COLUMNS
from bot.directory.places import DEPARTEMENTS, departement_code
from bot.directory.records import Practice, Professional, rpps_luhn_ok

SEED = 20240137

_DATA: dict[str, Any] = tomllib.loads(files(__package__).joinpath("demo.toml").read_text(encoding="utf-8"))


def invented_rpps(number: int) -> str:
    """Return the `number`-th RPPS of the range for tests, with its Luhn digit."""
    head = f"997{number:07d}"
    return next(head + digit for digit in "0123456789" if rpps_luhn_ok(head + digit))


def _known(
    number: int,
    given: str,
    family: str,
    profession: tuple[str, str],
    place: tuple[str, str, str],
    *,
    woman: bool,
    **more: str,
) -> Professional:
    """Build one of the people that tests and demonstrations name; `place` is structure, postal code and town."""
    rpps = "" if "adeli" in more else invented_rpps(number)
    structure, postal_code, city = place
    mode = more.get("mode", "L")
    return Professional(
        key=f"8{rpps}" if rpps else f"0{more['adeli']}",
        rpps=rpps,
        adeli=more.get("adeli", ""),
        family=family.upper(),
        given=given,
        title=more.get("title", ""),
        civility="MME" if woman else "M",
        profession_code=profession[0],
        profession=profession[1],
        speciality=more.get("speciality", ""),
        mode=mode,
        practices=(
            Practice(
                structure=structure,
                address=(f"{number} Rue de la République",),
                postal_code=postal_code,
                city=city,
                departement=departement_code("", postal_code),
                phone=f"02619100{number:02d}",
                email=more.get("email", ""),
                mode=mode,
            ),
        ),
    )


_DOCTOR, _NURSE, _KINE = ("10", "Médecin"), ("60", "Infirmier"), ("70", "Masseur-Kinésithérapeute")

_TOURS, _BLOIS = ("37000", "Tours"), ("41000", "Blois")

_KNOWN = (
    _known(
        1, "Claire", "Moreau", _NURSE, ("Cabinet infirmier des Halles", *_TOURS), woman=True,
        email="claire.moreau@sphere.example",
    ),
    _known(
        2, "Karim", "Benali", _DOCTOR, ("Cabinet médical du Beffroi", *_BLOIS), woman=False, title="DR",
        speciality="Médecine générale", email="karim.benali@sphere.example",
    ),
    _known(
        3, "Leïla", "Benali", _DOCTOR, ("Centre de cardiologie de la Rotonde", *_TOURS), woman=True, title="DR",
        speciality="Cardiologie et maladies vasculaires", email="leila.benali@cardio-tours.example",
    ),
    _known(
        4, "Paul", "Martin", _KINE, ("Cabinet de kinésithérapie du Cher", "18100", "Vierzon"), woman=False,
        email="paul.martin@sphere.example",
    ),
    _known(
        5, "Nathalie", "Martin", _NURSE, ("Cabinet infirmier du Château", *_BLOIS),
        woman=True, email="nathalie.martin@idel-blois.example",
    ),
    _known(
        6, "Hugues", "Martin", _KINE, ("Cabinet de kinésithérapie de la Cathédrale", "18000", "Bourges"), woman=False,
        email="hugues.martin@kine-bourges.example",
    ),
    _known(7, "Étienne", "Martin", ("21", "Pharmacien"), ("Pharmacie de la Loire", "45000", "Orléans"), woman=False),
    _known(
        8, "Sophie", "Leroux", ("41", "Assistant de service social"), ("CCAS de Châteauroux", "36000", "Châteauroux"),
        woman=True, adeli="369900018", mode="S", email="sophie.leroux@sphere.example",
    ),
)  # fmt: skip

DEMO_PEOPLE: dict[str, Professional] = {f"{person.given} {person.family.title()}": person for person in _KNOWN}
"""The people that every demo directory holds, by name (« Leïla Benali »); others use their `.key` and `.rpps`."""

# No invented name may resemble these: those of the demo people, and the one that must not be found.
_RESERVED = ("martin", "benali", "moreau", "leroux", "zwartkowski")


def write_demo_file(path: Path, *, people: int = 5_000, seed: int = SEED, encoding: str = "utf-8") -> None:
    """Write an invented directory of `people` persons (at least 8), some with two or three activities.

    The same arguments give the same file. `encoding` is "utf-8", "utf-8-sig" or "cp1252", as in the editions of the real file.
    """
    with path.open("w", encoding=encoding, newline="\n") as file:
        file.write("|".join(COLUMNS) + "\n")
        for row in demo_rows(people, seed):
            file.write("|".join(_cells(row)) + "\n")


def demo_rows(people: int, seed: int = SEED) -> Iterator[Row]:
    """Yield the activities of the invented directory; rows of one person are not always adjacent."""
    rng = random.Random(seed)
    known = [row for person in _KNOWN for row in _rows_of_known(person)]
    delayed: list[Row] = []
    places = set(rng.sample(range(people), len(known))) if people > len(known) else set(range(people))
    generator = _PersonGenerator(rng)
    for number in range(people):
        if number in places and known:
            yield known.pop(0)
            continue
        first, *others = generator.person(number)
        yield first
        delayed += others
        if delayed and rng.random() < 0.3:
            yield delayed.pop(0)
    yield from delayed


def _rows_of_known(person: Professional) -> Iterator[Row]:
    for practice in person.practices:
        yield Row(
            key=person.key, family=person.family, given=person.given, title=person.title, civility=person.civility,
            profession_code=person.profession_code, profession=person.profession, speciality=person.speciality,
            mode=practice.mode, structure=practice.structure, finess="", siret="", address="\n".join(practice.address),
            postal_code=practice.postal_code, city=practice.city, departement=practice.departement,
            phone=practice.phone, email=practice.email, role="",
        )  # fmt: skip


def _cells(row: Row) -> list[str]:
    """Return the 56 cells of an activity."""
    values = dict.fromkeys(COLUMNS, "")
    kept = row._asdict()
    for name, value in kept.items():
        if name in CELLS:
            values[CELLS[name]] = value
    values |= {
        CELLS["id_type"]: row.key[0],
        CELLS["identifier"]: row.key[1:],
        CELLS["national"]: row.key,
        CELLS["company"]: row.structure,
        CELLS["way"]: row.address.replace("\n", " "),
        "Libellé Département (structure)": DEPARTEMENTS.get(row.departement, ""),
        "Libellé mode exercice": {"L": "Lib,indép,artis,com", "S": "Salarié", "B": "Bénévole"}.get(row.mode, ""),
        "Libellé civilité": {"M": "Monsieur", "MME": "Madame"}.get(row.civility, ""),
        "Libellé civilité d'exercice": "Docteur" if row.title == "DR" else "",
        "Code catégorie professionnelle": "C",
        "Libellé catégorie professionnelle": "Civil",
    }
    return list(values.values())


class _Weighted:
    """A weighted choice that is fast to repeat."""

    def __init__(self, values: list[Any], weights: list[float]) -> None:
        self._values, self._weights = values, list(accumulate(weights))

    def pick(self, rng: random.Random) -> Any:
        return rng.choices(self._values, cum_weights=self._weights)[0]


class _PersonGenerator:
    """Generator of all people who are not known by name."""

    def __init__(self, rng: random.Random) -> None:
        self._rng = rng
        self._professions = _Weighted(_DATA["profession"], [entry["weight"] for entry in _DATA["profession"]])
        self._specialities = {
            entry["code"]: _Weighted(entry["specialities"], [weight for _, _, weight in entry["specialities"]])
            for entry in _DATA["profession"]
            if "specialities" in entry
        }
        self._towns = {name: _Weighted(towns, [town[2] for town in towns]) for name, towns in _DATA["towns"].items()}
        common = [name for name in dict.fromkeys(FrenchNames.last_names) if not is_reserved(name)]
        # Zipf, flattened: some 3 of 1,000 people have the most common name.
        self._common = _Weighted(common, [1 / (rank + 15) for rank in range(len(common))])
        self._given = {woman: _given_names(woman) for woman in (True, False)}

    def person(self, number: int) -> list[Row]:
        """Return the rows of one invented person; `number` makes their identifiers unique."""
        rng = self._rng
        profession = self._professions.pick(rng)
        woman = rng.random() < profession["women"]
        family, given = self._family(), self._given[woman].pick(rng)
        if rng.random() < 0.08:
            given = f"{given}-{self._given[woman].pick(rng)}"
        adeli = profession.get("adeli") and rng.random() < 0.5
        _, speciality, _ = self._specialities[profession["code"]].pick(rng) if profession["code"] in self._specialities else ("", "", 0)
        key = f"0{99_0000000 + number:09d}" if adeli else f"8{invented_rpps(1000 + number)}"
        return [
            Row(
                key=key, family=family.upper(), given=given, title=profession.get("title", ""),
                civility="MME" if woman else "M", profession_code=profession["code"], profession=profession["label"],
                speciality=speciality, **self._practice(profession, given, family),
            )
            for _ in range(rng.choices((1, 2, 3), (85, 12, 3))[0])
        ]  # fmt: skip

    def _family(self) -> str:
        rng = self._rng
        draw = rng.random()
        if draw < 0.45:
            return str(self._common.pick(rng))
        if draw < 0.50:
            return f"{self._common.pick(rng)}-{self._common.pick(rng)}"
        while True:
            names = _DATA["names"]
            name = rng.choice(names["starts"]) + rng.choice(names["middles"]) + rng.choice(names["ends"])
            if not is_reserved(name):
                return f"{rng.choice(names['particles']) if draw < 0.54 else ''}{name}"

    def _practice(self, profession: dict[str, Any], given: str, family: str) -> dict[str, str]:
        rng = self._rng
        town, postal_code, _ = self._towns["region" if rng.random() < _DATA["weights"]["region"] else "elsewhere"].pick(rng)
        words = _DATA["words"]
        kind = rng.choice(profession["structures"])
        structure = rng.choice(_DATA["structures"][kind]).format(place=rng.choice(words["places"]), of_town=_with_preposition(town))
        site = fold(f"{kind} {town}").replace(" ", "-").replace("_", "-")
        person = f"{fold(given)}.{fold(family)}".replace(" ", "-")
        return {
            "mode": rng.choice(profession["modes"]),
            "structure": structure,
            "finess": f"{postal_code[:2]}99{rng.randrange(100_000):05d}" if kind in ("hospital", "ehpad", "pharmacie") else "",
            "siret": "",
            "address": f"{rng.randrange(1, 140)} {rng.choice(words['ways'])} {rng.choice(words['way_names'])}",
            "postal_code": postal_code,
            "city": town,
            "departement": departement_code("", postal_code),
            "phone": f"026191{rng.randrange(1_000, 10_000)}" if rng.random() < 0.8 else "",
            "email": f"{person}@{site}.example" if rng.random() < 0.25 else "",
            "role": "",
        }


def _with_preposition(town: str) -> str:
    """Return « de Tours », « d'Orléans », « du Blanc »."""
    if town.startswith("Le "):
        return f"du {town[3:]}"
    return f"d'{town}" if fold(town)[0] in "aeiou" else f"de {town}"


def _given_names(woman: bool) -> _Weighted:
    names = FrenchNames.first_names_female if woman else FrenchNames.first_names_male
    free = [name for name in dict.fromkeys(names) if all(OSA.distance(fold(name), reserved) > 1 for reserved in _RESERVED)]
    return _Weighted(free, [1 / (rank + 20) for rank in range(len(free))])


@lru_cache(maxsize=200_000)
def is_reserved(name: str) -> bool:
    """Return whether a name resembles, typing errors included, one of the demo people's or the one that nobody has."""
    words = fold(name).split()
    return any(
        OSA.distance(form, reserved, score_cutoff=2) <= 2 or form.startswith(reserved) or reserved.startswith(form)
        for form in (*words, "".join(words))
        for reserved in _RESERVED
        if len(form) > 3
    )
