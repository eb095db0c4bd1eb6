"""Names that are in no list are plausible; keyboard mash and other alphabets are not."""

from __future__ import annotations

import pytest

from nlu.components.folding import fold_word
from nlu.components.gazetteers import Gazetteers
from nlu.components.gibberish import GibberishDetector

WORDS = ("ajoute", "dossier", "quelqu'un", "bonjour", "partenaire")


@pytest.fixture(scope="module")
def gazetteers() -> Gazetteers:
    """Return all word lists."""
    return Gazetteers.collect()


@pytest.fixture(scope="module")
def detector(gazetteers: Gazetteers) -> GibberishDetector:
    """Return a detector that knows the lists and a few words."""
    return GibberishDetector(WORDS, gazetteers)


@pytest.mark.parametrize("name", ["Kouyaté", "Oyelaran", "Rakotomalala", "Phommachanh", "Hakobyan", "Zwartkowski", "Xu", "Ng", "Krikorian"])
def test_a_name_that_is_in_no_list_is_plausible(detector: GibberishDetector, gazetteers: Gazetteers, name: str) -> None:
    assert gazetteers.lookup([fold_word(name)]) == [frozenset()]
    assert detector.is_plausible(fold_word(name))


@pytest.mark.parametrize("text", ["qsdfghjklm", "wxcvbn", "jkhkjh", "trgzqf", "vvvv", "z", "привет", "مرحبا", "你好", "γεια"])
def test_gibberish_is_not_plausible(detector: GibberishDetector, text: str) -> None:
    assert not detector.is_plausible(text)


def test_the_words_of_the_training_data_are_plausible(gazetteers: Gazetteers) -> None:
    assert not GibberishDetector((), gazetteers).is_plausible("wzkvq")
    assert GibberishDetector(("wzkvq",), gazetteers).is_plausible("wzkvq")
