"""Names of the imported directory help the tagger without retraining."""

from __future__ import annotations

import pytest

from nlu.components.crf_tagger import CrfTagger
from nlu.components.gazetteers import Gazetteers
from nlu.components.lexicon import Lexicon

# Each is in one sentence only, so that none is memorised.
NAMES = [f"{a}{b}{c}" for a in ("dur", "lef", "march", "poir", "bard", "col") for b in ("an", "ie", "ou", "el") for c in ("d", "t", "r")]
WORDS = [f"{a}{b}{c}" for a in ("rep", "cour", "rapp", "pan", "tabl", "bill") for b in ("as", "eau", "or", "et") for c in ("s", "t", "r")]
WHEN = ("demain", "ce soir", "lundi", "bientot", "souvent")


@pytest.fixture(scope="module")
def tagger(tmp_path_factory: pytest.TempPathFactory) -> CrfTagger:
    """Train a tagger for which words in a list of names are people and other words are not."""
    words = [word for pair in zip(NAMES, WORDS, strict=True) for word in pair]
    words += ["repas"] * len(WHEN)
    texts = [f"je vois {word} {WHEN[index % len(WHEN)]}" for index, word in enumerate(words)]
    spans = [[(8, 8 + len(word), "partner_name")] if word in NAMES else [] for word in words]
    path = tmp_path_factory.mktemp("tagger") / "sequence.crfsuite"
    return CrfTagger.train(texts, ["inform"] * len(texts), spans, Gazetteers({"first": [], "last": sorted(NAMES)}), path)


def test_a_name_that_only_the_directory_knows_is_found(tagger: CrfTagger) -> None:
    text = "je vois kpakpavi demain"
    assert tagger.extract(text) == []
    (match,) = tagger.extract(text, lexicon=Lexicon({"last": ["kpakpavi"]}))
    assert (match.entity, match.start, match.end) == ("partner_name", 8, 16)


def test_a_frequent_word_of_the_training_data_is_not_looked_up(tagger: CrfTagger) -> None:
    assert tagger.extract("je vois repas demain", lexicon=Lexicon({"last": ["repas"]})) == []
