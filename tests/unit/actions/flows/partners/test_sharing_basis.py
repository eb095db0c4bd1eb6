"""On what basis: nothing is ever taken for the usager's consent that is not."""

from __future__ import annotations

import pytest

from actions.flows.partners.sharing_basis import CARE_TEAM, CONSENT, NEITHER, parse_basis


@pytest.mark.parametrize(
    "text",
    [
        "accord de l’usager recueilli",
        "oui, avec son accord",
        "le patient est d'accord",
        "la patiente a donné son accord",
        "elle est d’accord",
        "j'ai recueilli le consentement de la patiente",
    ],
)
def test_consent(text: str) -> None:
    assert parse_basis(text) == CONSENT


@pytest.mark.parametrize("text", ["même équipe de soins, usager informé", "meme equipe", "on est de l'équipe de soins", "patient informé"])
def test_care_team(text: str) -> None:
    assert parse_basis(text) == CARE_TEAM


@pytest.mark.parametrize("text", ["ni l'un ni l'autre", "aucun des deux"])
def test_neither(text: str) -> None:
    assert parse_basis(text) == NEITHER


@pytest.mark.parametrize(
    "text",
    [
        "d'accord",
        "ok d’accord",
        "je suis d'accord",
        "pas d'accord",
        "sans son accord",
        "il n'est pas d'accord",
        "le patient n'a pas été informé",
        "elle refuse, pas d'accord de la patiente",
        "oui",
        "même équipe, et la patiente est d'accord",
        "faut-il un truc",
        "",
    ],
)
def test_not_beyond_doubt(text: str) -> None:
    assert parse_basis(text) is None


@pytest.mark.parametrize(
    "text",
    [
        "la dame est au courant de tout ca, ns sommes la mm equipe",
        "la patiente est prévenue",
        "l’usager a été averti",
        "mon patient est au courant",
        "c vu avec la patiente",
        "j’en ai parlé avec la dame",
        "les patients sont au courant tous les trois",
    ],
)
def test_an_usager_who_was_told(text: str) -> None:
    assert parse_basis(text) == CARE_TEAM


@pytest.mark.parametrize(
    "text", ["Mme Blondeau est prévenue", "c vu avec mme blondeau", "on a prévenu Odette Blondeau", "Odette est au courant"]
)
def test_the_usager_by_name(text: str) -> None:
    assert parse_basis(text, names=["odette", "blondeau"]) == CARE_TEAM
    assert parse_basis(text) is None
    assert parse_basis(text, names=["odette", "blondeau"], several=True) is None


def test_all_of_several_usagers_were_told() -> None:
    assert parse_basis("les patients sont au courant tous les trois", several=True) == CARE_TEAM
    assert parse_basis("la patiente est au courant", several=True) is None


@pytest.mark.parametrize(
    "text",
    [
        "la patiente n’est pas au courant",
        "la patiente sera prévenue",
        "elle est prévenue",
        "ma collègue est au courant",
        "la famille est au courant",
        "la patiente est au courant ?",
        "c’est vu avec le médecin",
        "il faut que la dame soit prévenue",
    ],
)
def test_nobody_was_told_for_sure(text: str) -> None:
    assert parse_basis(text) is None


@pytest.mark.parametrize(
    "text",
    [
        "le médecin a donné son accord",
        "sa fille, elle est d'accord",
        "je dois recueillir son accord",
        "demandez son accord",
        "j'aurai son accord demain",
        "elle a retiré son accord",
        "on a perdu son accord écrit",
        "accord de la mère",
        "j'ai l'accord du médecin traitant",
        "elle est d'accord avec le kiné",
        "il est d'accord pour créer le dossier",
        "elle fait partie de l'équipe du CHU",
        "le kiné est de la même équipe de foot",
        "équipe de soins palliatifs de Blois",
        "la patiente est au courant de rien",
    ],
)
def test_what_is_still_to_come_or_of_somebody_else_is_no_basis(text: str) -> None:
    assert parse_basis(text) is None


@pytest.mark.parametrize(
    "text",
    [
        "accord de l'usager recueilli",
        "j'ai recueilli le consentement de la patiente",
        "ajoute le kiné Paul Martin, la patiente est d'accord",
        "même équipe du 4 au 12",
        "elle fait partie de l'équipe",
    ],
)
def test_what_the_usager_gave_or_was_told_is_one(text: str) -> None:
    assert parse_basis(text) is not None
