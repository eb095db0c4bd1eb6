"""Names of members of a team as people type them: every word is there, typing errors allowed."""

from __future__ import annotations

from rapidfuzz import fuzz

from bot.core.text_folding import fold, word_set

MIN_SIMILARITY = 84
"""Similarity of two words, 0 to 100, from which one is the other with a typing error."""
_TITLES = word_set("m mr mme mlle monsieur madame mademoiselle dr docteur docteure pr professeur professeure")


def matching_name(typed: str, name: str) -> bool:
    """Return whether every word that was typed is in the name."""
    words = [word for word in fold(typed).split() if word not in _TITLES]
    return bool(words) and all(is_similar(word, fold(name).split()) for word in words)


def is_similar(word: str, others: list[str]) -> bool:
    """Return whether a word is one of the others, typing errors allowed."""
    return any(fuzz.ratio(word, other) >= MIN_SIMILARITY for other in others)
