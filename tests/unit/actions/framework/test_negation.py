"""Which of several values a message affirms."""

from __future__ import annotations

import pytest

from actions.framework.negation import affirmed


def entities(text: str, *words: str) -> list[dict[str, object]]:
    """Return an entity for each of these words of a text."""
    return [{"value": each, "start": text.index(each), "end": text.index(each) + len(each)} for each in words]


def affirmed_values(text: str, *words: str, strict: bool = False) -> list[object]:
    """Return those of these words that the text affirms."""
    return [entity["value"] for entity in affirmed(text, entities(text, *words), strict=strict)]


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
def test_the_later_value_is_affirmed(text: str) -> None:
    assert affirmed_values(text, "Tours", "Blois") == ["Blois"]


@pytest.mark.parametrize(
    "text", ["Blois, pas Tours", "Blois et non Tours", "Blois au lieu de Tours", "Blois plutôt que Tours", "Blois, et pas à Tours"]
)
def test_the_earlier_value_is_affirmed(text: str) -> None:
    assert affirmed_values(text, "Blois", "Tours") == ["Blois"]


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
def test_words_between_the_negation_and_the_value(text: str, wrong: str, right: str) -> None:
    assert affirmed_values(text, wrong, right) == [right]


def test_two_values_side_by_side_are_both_affirmed() -> None:
    assert affirmed_values("Martin à Tours et Petit à Blois", "Tours", "Blois") == ["Tours", "Blois"]
    assert affirmed_values("pas Tours ni Blois mais Gien", "Tours", "Blois", "Gien") == ["Gien"]


def test_a_negation_alone_denies_in_a_correction_only() -> None:
    assert affirmed_values("tu n'as pas Martin ?", "Martin") == ["Martin"]
    assert affirmed_values("non, pas Martin", "Martin", strict=True) == []
    assert affirmed_values("je ne suis pas sûr que ce soit Martin", "Martin", strict=True) == ["Martin"]
