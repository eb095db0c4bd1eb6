"""The invented directory: reproducible, with the demo people in it, and nobody who resembles them."""

from __future__ import annotations

from pathlib import Path

from bot.core.text_folding import fold
from bot.directory import Directory
from bot.directory.annuaire import Row, join_rows, read_rows
from bot.sandbox.demo_directory import DEMO_PEOPLE, is_reserved, write_demo_file
from tests.unit.directory.conftest import demo, demo_file

__all__ = ["demo", "demo_file"]


def test_the_same_seed_gives_the_same_file(tmp_path: Path) -> None:
    for name in ("a", "b"):
        write_demo_file(tmp_path / name, people=50)
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()


def test_everybody_named_is_there_once_and_nobody_like_them(demo_file: Path, demo: Directory) -> None:
    people: dict[str, list[Row]] = {}
    for _, row in read_rows(demo_file):
        assert isinstance(row, Row)
        people.setdefault(row.key, []).append(row)
    assert len(people) == demo.count() == 5_000
    known = {person.key for person in DEMO_PEOPLE.values()}
    assert all(join_rows(people[key]) == demo.get(key) for key in known)
    assert not [rows[0].family for key, rows in people.items() if key not in known and is_reserved(rows[0].family)]
    names = [fold(rows[0].family) for rows in people.values()]
    assert [names.count(name) for name in ("martin", "benali", "moreau", "leroux")] == [4, 2, 1, 1]


def test_what_others_rely_on() -> None:
    expected = {
        "Claire Moreau": ("Infirmier", "Tours", "claire.moreau@sphere.example"),
        "Karim Benali": ("Médecin", "Blois", "karim.benali@sphere.example"),
        "Leïla Benali": ("Médecin", "Tours", "leila.benali@cardio-tours.example"),
        "Paul Martin": ("Masseur-Kinésithérapeute", "Vierzon", "paul.martin@sphere.example"),
        "Sophie Leroux": ("Assistant de service social", "Châteauroux", "sophie.leroux@sphere.example"),
    }
    found = {name: (person.profession, person.city, person.email) for name, person in DEMO_PEOPLE.items() if name in expected}
    assert found == expected
    assert DEMO_PEOPLE["Sophie Leroux"].rpps == ""
    assert DEMO_PEOPLE["Sophie Leroux"].adeli
    martins = [person for person in DEMO_PEOPLE.values() if person.family == "MARTIN"]
    assert [person.city for person in martins if person.civility == "MME"] == ["Blois"]
    assert sum(person.profession_code == "70" for person in martins) == 2
