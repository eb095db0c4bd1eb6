"""Names of usagers of the user's own dossiers, told from those of professionals."""

from __future__ import annotations

import pytest

from actions.framework.usager_names import list_of_dossiers, says_same, says_usager, usager_mentions
from actions.framework.visible_dossiers import VisibleDossier

OWN = [
    VisibleDossier("SPH-1", "", "Colette", "Blot"),
    VisibleDossier("SPH-2", "", "Jeannine", "Berthelot"),
    VisibleDossier("SPH-3", "", "Pénélope", "Noël"),
    VisibleDossier("SPH-4", "", "Luc", "Martin"),
]


def listed(text: str, *partners: str, asked: bool = False, **others: str) -> list[str]:
    """The dossiers that a text with these professionals, or people taken for them, stands for."""
    named = {**dict.fromkeys(partners, "partner_name"), **{value: name for name, value in others.items()}}
    entities = [{"entity": kind, "value": v, "start": text.find(v), "end": text.find(v) + len(v)} for v, kind in named.items()]
    return [m.reference for m in list_of_dossiers({"text": text, "entities": entities}, OWN, asked=asked) if not m.left_out]


@pytest.mark.parametrize(
    ("text", "partners", "references"),
    [
        ("Paul Roux sur les dossiers de Jeannine Berthelot et Pénélope Noël", ("Paul Roux", "Jeannine Berthelot"), ["SPH-2", "SPH-3"]),
        ("ajoute Roux sur Blot, Berthelot et Noël", ("Roux", "Berthelot", "Noël"), ["SPH-1", "SPH-2", "SPH-3"]),
        ("ajoute Roux sur le dossier de Mme BLOT puis celui de noel", ("Roux",), ["SPH-1", "SPH-3"]),
        ("Roux pour Mme Blot et Mme Noël", ("Roux", "Blot", "Noël"), ["SPH-1", "SPH-3"]),
        ("pareil virgule Berthelot virgule Noël", (), ["SPH-2", "SPH-3"]),
        ("le même pour madame Noël et madame Blot", ("Noël et", "Blot"), ["SPH-3", "SPH-1"]),
        ("ajoute Paul Martin et Roux sur Blot et Noël", ("Paul Martin", "Roux"), ["SPH-1", "SPH-3"]),
        ("ajoute Roux sur tous mes dossiers sauf Mme Noël", ("Roux", "Noël"), []),
        ("ajoute le Dr Noël sur Blot", ("Noël",), ["SPH-1"]),
        ("Pour M. Noël, oui. Un kiné libéral à Vierzon, lesquels ?", ("Noël",), ["SPH-3"]),
        ("Non, aucun Noël kiné, c'est le patient", ("Noël",), ["SPH-3"]),
        ("un kiné pour le Dr Noël", ("Noël",), []),
        ("M. Noël, kiné à Vierzon", ("Noël",), []),
        ("ajoute Blot et Noël", ("Blot", "Noël"), []),
    ],
)
def test_what_stands_for_dossiers(text: str, partners: tuple[str, ...], references: list[str]) -> None:
    assert listed(text, *partners) == references


def test_beside_a_reference_a_name_is_a_professional_s() -> None:
    assert listed("ajoute Roux et Mme Noël au SPH-1", "Roux", "Noël", dossier_ref="SPH-1") == []


def test_an_answer_names_dossiers() -> None:
    assert listed("blot et noel tt les 2", asked=True) == ["SPH-1", "SPH-3"]


def test_a_name_of_two_dossiers_tells_neither() -> None:
    assert usager_mentions("Blot", [*OWN, VisibleDossier("SPH-5", "", "Aimé", "Blot")]) == []


@pytest.mark.parametrize("text", ["pareil pour Mme Noël", "idem", "La même chose pour Noël", "le même, mêmes dates", "mêmes conditions"])
def test_the_same_is_asked_for(text: str) -> None:
    assert says_same(text)


@pytest.mark.parametrize(
    "text", ["oui c'est la même équipe, elle est informée", "le même dossier", "même équipe de soins", "au même moment"]
)
def test_the_same_team_is_no_repetition(text: str) -> None:
    assert not says_same(text)


@pytest.mark.parametrize("text", ["C'est une patiente aussi, enlevez-la", "non, madame Lejeune c'est la patiente", "c'est l'usager"])
def test_somebody_is_the_usager(text: str) -> None:
    assert says_usager(text)


@pytest.mark.parametrize("text", ["le patient est d'accord", "l'usager est informé", "oui, la patiente le sait", "c'est un kiné"])
def test_what_is_said_of_the_usager_is_not(text: str) -> None:
    assert not says_usager(text)


def test_a_usager_without_a_name_that_can_be_read_is_named_by_nothing() -> None:
    own = [VisibleDossier("SPH-1", "", " ", "—"), VisibleDossier("SPH-2", "", " ", "Blot")]
    assert [m.reference for m in usager_mentions("pareil pour Blot, et les autres", own)] == ["SPH-2"]


def test_many_mentions_are_no_list() -> None:
    assert usager_mentions("blot noel " * 400, OWN) == []
