"""Slips of the thumb set right, for reading only: « allmue » is read as « allume », « dossire » as « dossier ».

Only what is no French word and in no word list is read otherwise, and only as a French word that the training data hold often and
that is one step away (a letter dropped, added, taken for another, or two swapped). The French dictionary and the steps are
pyspellchecker's. Words are only taken for others where a message is read, never in training: what was learnt stays as it was.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import lru_cache

from spellchecker import SpellChecker

from nlu.components.analysis import Token
from nlu.components.folding import fold_word

MIN_DOCUMENT_FREQUENCY = 4
_SHORTEST, _LONGEST = 5, 20
# Further on, words stay as typed, so that a message of 4,000 characters stays cheap.
_MOST_UNITS = 60
# What is glued to the next word when an apostrophe is left out: « lusager », « jajoute ».
_ELIDED = frozenset("cdjlmnqst")


@lru_cache(maxsize=1)
def french_words() -> frozenset[str]:
    """The words of pyspellchecker's French dictionary, folded."""
    return frozenset(map(fold_word, SpellChecker(language="fr").word_frequency.dictionary))


class SpellingCorrector:
    """Knows words by how many training sentences hold them."""

    def __init__(self, counts: Mapping[str, int]) -> None:
        """`counts`: folded forms and how many sentences hold each."""
        self._known = frozenset(counts)
        self._counts = {
            form: n for form, n in counts.items() if n >= MIN_DOCUMENT_FREQUENCY and _could_slip(form) and form in french_words()
        }
        self._speller = SpellChecker(language=None, distance=1, case_sensitive=True)
        self._speller.word_frequency.load_json(self._counts)
        self._nearest = lru_cache(maxsize=8192)(self._look_up)

    def correct_tokens(self, units: Sequence[Token]) -> list[Token]:
        """The units with slips set right in `form` and `text`; offsets are those of what was typed."""
        return [*map(self._unit, units[:_MOST_UNITS]), *units[_MOST_UNITS:]]

    def correct(self, form: str) -> str | None:
        """The word that a folded `form` is a slip of, or None where it is none or no word is near."""
        return self._nearest(form) if _could_slip(form) and form not in self._known else None

    def _unit(self, unit: Token) -> Token:
        if unit.rule_entity or any(not name.startswith("~") for name in unit.classes) or (right := self.correct(unit.form)) is None:
            return unit
        return replace(unit, form=right, text=_in_case_of(unit.text, right))

    def _look_up(self, form: str) -> str | None:
        if not self._counts or form in french_words():
            return None
        near = [word for word in self._speller.candidates(form) or () if word in self._counts and _begins_alike(form, word)]
        return max(near, key=lambda word: (sorted(word) == sorted(form), word[0] == form[0], self._counts[word], word), default=None)


def _could_slip(form: str) -> bool:
    return _SHORTEST <= len(form) <= _LONGEST and form.isalpha()


def _begins_alike(form: str, word: str) -> bool:
    """The first letter is rarely missed; it may have changed places or be an article's."""
    return form[0] == word[0] or sorted(form) == sorted(word) or (form[1:] == word and form[0] in _ELIDED)


def _in_case_of(typed: str, word: str) -> str:
    if len(typed) > 1 and typed.isupper():
        return word.upper()
    return word.capitalize() if typed[:1].isupper() else word
