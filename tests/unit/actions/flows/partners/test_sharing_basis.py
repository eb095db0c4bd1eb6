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
