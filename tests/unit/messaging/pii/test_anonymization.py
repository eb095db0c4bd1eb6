"""What is put into a file for training tells of nobody."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date

import pytest

from bot.messaging.pii.anonymization import anonymize

TODAY = date(2026, 11, 25)


def given(words: Collection[str]) -> set[str]:
    return {word for word in words if word in {"leila", "jeanne", "claire"}}


@pytest.mark.parametrize(
    ("said", "kept"),
    [
        ("je veux virer le Dr Leïla Benali du dossier SPH-2024-000137", "je veux virer le Dr [nom] du dossier [nombre]"),
        ("Madame Durand a changé de kiné", "Madame [nom] a changé de kiné"),
        ("Madame, je ne comprends pas", "Madame, je ne comprends pas"),
        ("docteur benali ne répond plus", "docteur [nom] ne répond plus"),
        ("leïla ne répond plus", "[nom] ne répond plus"),
        ("Pouvez-vous prévenir Karim Benali ? Merci", "Pouvez-vous prévenir [nom] ? Merci"),
        ("elle sort le 12 mars 2026 ou le 3/4", "elle sort le [date] ou le [date]"),
        ("mon numéro est le 06 12 34 56 78", "mon numéro est le [nombre]"),
        ("écrivez à jeanne.durand@exemple.fr ou https://exemple.fr/x?y", "écrivez à [e-mail] ou [lien]"),
        ("la patiente Mme Jeanne DURAND née le 12/03/1948", "la patiente Mme [nom] née le [date]"),
        ("le ROR et SPHERE ne donnent pas la même chose", "le ROR et SPHERE ne donnent pas la même chose"),
        ("une   phrase\nsur deux lignes", "une phrase sur deux lignes"),
    ],
)
def test_what_tells_of_somebody_is_masked(said: str, kept: str) -> None:
    assert anonymize(said, TODAY, given) == kept
    assert anonymize(kept, TODAY, given).replace("Mme ", "") == kept.replace("Mme ", "")  # twice is no less
