"""Correction of typing errors where a message is read: « allmue » is read as « allume », « dossire » as « dossier ».

Only a word that is not French and in no word list is corrected, and only to a French word that is frequent in the training data
and one edit away (a letter deleted, inserted or replaced, or two neighbours swapped). The French dictionary and the edits are
pyspellchecker's. Messages are corrected when they are read, never in training: the models learn from the text as it was written.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import lru_cache

from spellchecker import SpellChecker

from nlu.components.analysis import Token
from nlu.components.folding import fold_word

MIN_DOCUMENT_FREQUENCY = 4
"""How many training sentences must hold a word for it to be frequent."""
_MIN_LENGTH, _MAX_LENGTH = 5, 20
# Words further on stay as typed, so that a message of 4,000 characters stays cheap.
_MAX_TOKENS = 60
# Clitics that stick to the next word when the apostrophe is left out: « lusager », « jajoute ».
_ELIDED = frozenset("cdjlmnqst")


@lru_cache(maxsize=1)
def load_french_words() -> frozenset[str]:
    """Return the words of pyspellchecker's French dictionary, folded."""
    return frozenset(map(fold_word, SpellChecker(language="fr").word_frequency.dictionary))


class SpellingCorrector:
    """Corrects words to those that are frequent in the training data."""

    def __init__(self, counts: Mapping[str, int]) -> None:
        """Build the corrector from `counts`: folded forms and how many training sentences hold each."""
        self._known = frozenset(counts)
        self._counts = {
            form: n for form, n in counts.items() if n >= MIN_DOCUMENT_FREQUENCY and _is_correctable(form) and form in load_french_words()
        }
        self._speller = SpellChecker(language=None, distance=1, case_sensitive=True)
        self._speller.word_frequency.load_json(self._counts)
        self._cached_nearest = lru_cache(maxsize=8192)(self._find_nearest)

    def correct_tokens(self, tokens: Sequence[Token]) -> list[Token]:
        """Return the tokens with `form` and `text` corrected; offsets are those of what was typed."""
        return [*map(self._correct_token, tokens[:_MAX_TOKENS]), *tokens[_MAX_TOKENS:]]

    def correct(self, form: str) -> str | None:
        """Return the word that a folded `form` is a misspelling of; None where it is none, or where no word is near."""
        return self._cached_nearest(form) if _is_correctable(form) and form not in self._known else None

    def _correct_token(self, token: Token) -> Token:
        is_listed = any(not name.startswith("~") for name in token.classes)
        if token.rule_entity or is_listed or (corrected := self.correct(token.form)) is None:
            return token
        return replace(token, form=corrected, text=_match_case(token.text, corrected))

    def _find_nearest(self, form: str) -> str | None:
        if not self._counts or form in load_french_words():
            return None
        near = [word for word in self._speller.candidates(form) or () if word in self._counts and _is_plausible_start(form, word)]
        return max(near, key=lambda word: (sorted(word) == sorted(form), word[0] == form[0], self._counts[word], word), default=None)


def _is_correctable(form: str) -> bool:
    return _MIN_LENGTH <= len(form) <= _MAX_LENGTH and form.isalpha()


def _is_plausible_start(form: str, word: str) -> bool:
    """Return whether `form` may be `word` misspelt: the first letter is rarely missed, but it may be swapped or a clitic's."""
    return form[0] == word[0] or sorted(form) == sorted(word) or (form[1:] == word and form[0] in _ELIDED)


def _match_case(typed: str, word: str) -> str:
    if len(typed) > 1 and typed.isupper():
        return word.upper()
    return word.capitalize() if typed[:1].isupper() else word
