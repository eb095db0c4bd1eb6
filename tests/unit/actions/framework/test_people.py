"""A wish for several people is taken apart: each keeps the facts that stand beside their name."""

from __future__ import annotations

import pytest

from actions.framework.people import split_people


def message(text: str, **entities: tuple[str, ...]) -> dict[str, object]:
    found = [
        {"entity": n, "value": v, "start": text.find(v), "end": text.find(v) + len(v)} for n, values in entities.items() for v in values
    ]
    return {"text": text, "entities": found}


def facts(text: str, **entities: tuple[str, ...]) -> list[dict[str, str]]:
    return [{e["entity"]: e["value"] for e in part["entities"]} for part in split_people(message(text, **entities))]


def test_facts_after_a_name_are_that_person_s() -> None:
    text = "ajoute Souleault, cardiologue, et Coutteret (kiné, Blois) au 142"
    people = {
        "partner_name": ("Souleault", "Coutteret"),
        "profession": ("cardiologue", "kiné"),
        "city": ("Blois",),
        "dossier_ref": ("142",),
    }
    assert facts(text, **people) == [
        {"partner_name": "Souleault", "profession": "cardiologue", "dossier_ref": "142"},
        {"partner_name": "Coutteret", "profession": "kiné", "city": "Blois", "dossier_ref": "142"},
    ]
    assert "Souleault" not in split_people(message(text, **people))[1]["text"]


def test_an_address_goes_to_nobody_else() -> None:
    text = "ajoute Blot blot@a.example et Faure faure@b.example"
    parts = split_people(message(text, partner_name=("Blot", "Faure"), email=("blot@a.example", "faure@b.example")))
    assert ["blot@a.example" in part["text"] for part in parts] == [True, False]
    assert ["faure@b.example" in part["text"] for part in parts] == [False, True]


@pytest.mark.parametrize(
    ("text", "people", "professions"),
    [
        ("mets Mme Rileseau et la diététicienne Adèle Blot", ("Rileseau", "Adèle Blot"), {"diététicienne": [1]}),
        ("mets le kiné Blot et l'ortho Faure", ("Blot", "Faure"), {"kiné": [0], "ortho": [1]}),
        ("mets les kinés Blot et Faure", ("Blot", "Faure"), {"kinés": [0, 1]}),
        ("blot idec, faure le chir", ("blot", "faure"), {"idec": [0], "chir": [1]}),
    ],
)
def test_whose_profession_it_is(text: str, people: tuple[str, ...], professions: dict[str, list[int]]) -> None:
    found = facts(text, partner_name=people, profession=tuple(professions))
    for profession, owners in professions.items():
        assert [number for number, one in enumerate(found) if one.get("profession") == profession] == owners


@pytest.mark.parametrize(
    ("text", "people", "number"),
    [
        ("ajoute Blot, pas Faure", ("Blot", "Faure"), 1),
        ("ajoute le Dr Blot … oui, Jeanne Blot", ("Blot", "Jeanne Blot"), 1),
        ("ajoute Blot, euh non, Faure", ("Blot", "Faure"), 1),
        ("ajoute Blot, Faure et Roy", ("Blot", "Faure", "Roy"), 3),
    ],
)
def test_who_is_meant(text: str, people: tuple[str, ...], number: int) -> None:
    assert len(split_people(message(text, partner_name=people))) == number
