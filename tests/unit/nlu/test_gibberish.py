"""Names that no list holds look like names; what fingers or other alphabets make does not."""

from __future__ import annotations

import pytest

from nlu.components.folding import fold_word
from nlu.components.gazetteers import Gazetteers
from nlu.components.gibberish import GibberishDetector

WORDS = ("ajoute", "dossier", "quelqu'un", "bonjour", "partenaire")


@pytest.fixture(scope="module")
def gazetteers() -> Gazetteers:
    return Gazetteers.collect()


@pytest.fixture(scope="module")
def spelling(gazetteers: Gazetteers) -> GibberishDetector:
    return GibberishDetector(WORDS, gazetteers)


@pytest.mark.parametrize("name", ["Kouyaté", "Oyelaran", "Rakotomalala", "Phommachanh", "Hakobyan", "Zwartkowski", "Xu", "Ng", "Krikorian"])
def test_a_name_that_no_list_holds_could_be_one(spelling: GibberishDetector, gazetteers: Gazetteers, name: str) -> None:
    assert gazetteers.classes([fold_word(name)]) == [frozenset()]
    assert spelling.is_plausible(fold_word(name))


@pytest.mark.parametrize("text", ["qsdfghjklm", "wxcvbn", "jkhkjh", "trgzqf", "vvvv", "z", "привет", "مرحبا", "你好", "γεια"])
def test_letters_that_follow_each_other_in_no_word_are_none(spelling: GibberishDetector, text: str) -> None:
    assert not spelling.is_plausible(text)


def test_the_words_of_the_training_are_known(gazetteers: Gazetteers) -> None:
    assert not GibberishDetector((), gazetteers).is_plausible("wzkvq")
    assert GibberishDetector(("wzkvq",), gazetteers).is_plausible("wzkvq")
