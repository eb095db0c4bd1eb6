"""Which of several values a sentence means."""

from __future__ import annotations

import pytest

from actions.framework.answers import find_email
from actions.framework.negation import affirmed


def values(text: str, *said: str) -> list[dict[str, object]]:
    return [{"value": each, "start": text.index(each), "end": text.index(each) + len(each)} for each in said]


def found(text: str, *said: str, strict: bool = False) -> list[object]:
    return [value["value"] for value in affirmed(text, values(text, *said), strict=strict)]


@pytest.mark.parametrize(
    "text",
    [
        "pas Tours, Blois",
        "pas à Tours mais à Blois",
        "ce n'est pas Tours, c'est Blois",
        "Tours, euh non, Blois",
        "à Tours… pardon, Blois",
        "Tours, enfin plutôt Blois",
        "Tours. Non, Blois.",
    ],
)
def test_the_later_one_is_meant(text: str) -> None:
    assert found(text, "Tours", "Blois") == ["Blois"]


@pytest.mark.parametrize(
    "text", ["Blois, pas Tours", "Blois et non Tours", "Blois au lieu de Tours", "Blois plutôt que Tours", "Blois, et pas à Tours"]
)
def test_the_earlier_one_is_meant(text: str) -> None:
    assert found(text, "Blois", "Tours") == ["Blois"]


@pytest.mark.parametrize(
    ("text", "wrong", "right"),
    [
        ("pas le dossier de Mme Durand, celui de M. Garnier", "Durand", "Garnier"),
        ("pas le Dr Benali, le Dr Haddad", "Benali", "Haddad"),
        ("pas l’infirmière, la sage-femme", "infirmière", "sage-femme"),
        ("pas le 137, le 142", "137", "142"),
        ("pas Hugues mais Nathalie", "Hugues", "Nathalie"),
    ],
)
def test_words_between_the_denial_and_the_value(text: str, wrong: str, right: str) -> None:
    assert found(text, wrong, right) == [right]


def test_two_that_stand_side_by_side_are_both_meant() -> None:
    assert found("Martin à Tours et Petit à Blois", "Tours", "Blois") == ["Tours", "Blois"]
    assert found("pas Tours ni Blois mais Gien", "Tours", "Blois", "Gien") == ["Gien"]


def test_a_denial_alone_says_nothing_but_in_a_correction() -> None:
    assert found("tu n'as pas Martin ?", "Martin") == ["Martin"]
    assert found("non, pas Martin", "Martin", strict=True) == []
    assert found("je ne suis pas sûr que ce soit Martin", "Martin", strict=True) == ["Martin"]


def test_the_address_that_is_meant() -> None:
    assert find_email("c'est a@b.example") == "a@b.example"
    assert find_email("a@b.example, non, <c@d.example>.") == "c@d.example"
    assert find_email("pas a@b.example mais c@d.example") == "c@d.example"
    assert find_email("c@d.example, pas a@b.example") == "c@d.example"
    assert find_email("aucune adresse") is None
