"""Typing errors are corrected to known words; words and names are never changed."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nlu.components.analysis import analyse
from nlu.components.gazetteers import Gazetteers
from nlu.components.spelling_correction import MIN_DOCUMENT_FREQUENCY, SpellingCorrector, load_french_words

COUNTS = {"dossier": 90, "partenaire": 60, "ajoute": 50, "usager": 40, "retire": 30, "retirer": 8, "jarrete": 20, "chute": 9,
          "durant": 70, "monte": 50, "monde": 9}  # fmt: skip
CORRECTOR = SpellingCorrector(COUNTS)
GAZETTEERS = Gazetteers({"last": ["durand"], "city": ["tours"]})


@pytest.mark.parametrize(
    ("typed", "corrected"),
    [
        ("dossire", "dossier"),  # two letters swapped
        ("partenair", "partenaire"),  # one dropped
        ("ajjoute", "ajoute"),  # one too many
        ("uzagrr", None),  # two edits away
        ("usagez", "usager"),  # the next key
        ("lusager", "usager"),  # an apostrophe lost
        ("odssier", "dossier"),
        ("monue", "monte"),  # of two that are near, the more frequent
        ("retirre", "retirer"),  # the same letters in another order first
        ("husager", None),  # the first letter is rarely missed
    ],
)
def test_one_edit_from_a_known_word_is_that_word(typed: str, corrected: str | None) -> None:
    assert CORRECTOR.correct(typed) == corrected


@pytest.mark.parametrize("word", ["dossier", "dossiers", "retires", "chuter", "juste", "jute"])
def test_a_french_word_is_what_it_is(word: str) -> None:
    assert CORRECTOR.correct(word) is None


@pytest.mark.parametrize("word", ["ajot", "", "12345", "usager2", "u" * 4000, "привет", "<email>"])
def test_what_is_short_long_or_no_word_is_left_alone(word: str) -> None:
    assert CORRECTOR.correct(word) is None


def test_what_is_rare_or_no_french_word_is_nobodys_correction() -> None:
    assert SpellingCorrector({"dossier": MIN_DOCUMENT_FREQUENCY - 1, "jarrete": 50}).correct("dossire") is None
    assert CORRECTOR.correct("jarrette") is None


def test_listed_names_and_rule_matches_stay_and_offsets_are_those_of_the_text() -> None:
    text = "Ajotue Durand au DOSSIRE de Toursse, ajotue.durand@exemple.fr"
    corrected = CORRECTOR.correct_tokens(analyse(text, GAZETTEERS))
    assert [token.text for token in corrected] == ["Ajoute", "Durand", "au", "DOSSIER", "de", "Toursse", ",", "ajotue.durand@exemple.fr"]
    assert [text[token.start : token.end] for token in corrected][:4] == ["Ajotue", "Durand", "au", "DOSSIRE"]


def test_only_the_beginning_of_a_long_message_is_corrected() -> None:
    corrected = CORRECTOR.correct_tokens(analyse("dossire " * 500, GAZETTEERS))
    assert [corrected[0].form, corrected[-1].form, len(corrected)] == ["dossier", "dossire", 500]


@given(st.text(max_size=60))
def test_any_text_keeps_its_tokens(text: str) -> None:
    typed = analyse(text, GAZETTEERS)
    corrected = CORRECTOR.correct_tokens(typed)
    assert [(token.start, token.end, token.rule_entity) for token in corrected] == [
        (token.start, token.end, token.rule_entity) for token in typed
    ]
    assert all(one.form == other.form or other.form in COUNTS for one, other in zip(typed, corrected, strict=True))


def test_the_dictionary_is_french_and_folded() -> None:
    assert {"medecin", "infirmiere", "etre"} <= load_french_words()
    assert not {"médecin", "dossire"} & load_french_words()
