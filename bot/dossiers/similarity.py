"""Whether two usagers may be one person: names with typing errors, dates with a slip."""

from __future__ import annotations

from datetime import date

from rapidfuzz.distance import OSA

from bot.core.text_folding import allowed_edits, name_words
from bot.dossiers.records import Usager


def name_matches(wanted: str, name: str) -> bool:
    """Whether each word of `wanted` is a word of `name`, or begins one, typing errors allowed, in whatever order."""
    words = name_words(name)
    asked = name_words(wanted)
    return bool(asked) and all(any(_same_word(word, other) for other in words) for word in asked)


def may_be_same(one: Usager, other: Usager) -> bool:
    """Same day of birth and a like family or whole name; or the same whole name and a birth date with a slip, or none."""
    if not name_matches(one.family, other.name) and not name_matches(other.family, one.name):
        return False
    whole = name_matches(one.name, other.name) or name_matches(other.name, one.name)
    if one.birth_date is None or other.birth_date is None:
        return whole
    if one.birth_date == other.birth_date:
        return whole or one.given[:1].casefold() == other.given[:1].casefold()
    return whole and dates_nearly_equal(one.birth_date, other.birth_date)


def dates_nearly_equal(one: date, other: date) -> bool:
    """Whether two dates differ by one digit, or by day and month exchanged."""
    if (one.year, one.month, one.day) == (other.year, other.day, other.month):
        return True
    return sum(a != b for a, b in zip(one.isoformat(), other.isoformat(), strict=True)) <= 1


def _same_word(wanted: str, word: str) -> bool:
    edits = allowed_edits(len(wanted))
    return (len(wanted) > 2 and word.startswith(wanted)) or OSA.distance(wanted, word, score_cutoff=edits) <= edits
