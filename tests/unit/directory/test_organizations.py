from __future__ import annotations

import pytest

from bot.directory.organizations import is_at
from bot.directory.records import Practice

EHPAD = Practice(structure="EHPAD LES TILLEULS", city="Blois", finess="410001234")
HOSPITAL = Practice(structure="CENTRE HOSPITALIER REGIONAL UNIVERSITAIRE BRETONNEAU", city="Tours")
PHARMACY = Practice(structure="Pharmacie de la Gare", city="Gien")


@pytest.mark.parametrize(
    ("asked", "practice"),
    [
        ("Les Tilleuls", EHPAD),
        ("EHPAD les tileuls", EHPAD),
        ("maison de retraite des Tilleuls", EHPAD),
        ("410001234", EHPAD),
        ("CHRU de Tours", HOSPITAL),
        ("hôpital Bretonneau", HOSPITAL),
        ("le CHU", HOSPITAL),
        ("pharmacie de la gare", PHARMACY),
    ],
)
def test_the_structure_meant(asked: str, practice: Practice) -> None:
    assert [held for held in (EHPAD, HOSPITAL, PHARMACY) if is_at(asked, held)] == [practice]


@pytest.mark.parametrize("asked", ["pharmacie des Tilleuls", "cabinet de Blois", "CHU de Blois", "", "de la"])
def test_none_of_them(asked: str) -> None:
    assert not any(is_at(asked, held) for held in (EHPAD, HOSPITAL, PHARMACY))
