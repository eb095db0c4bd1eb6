"""Similarity of usagers: whether two may be one person, with typing errors in names and dates."""

from __future__ import annotations

from datetime import date

from rapidfuzz.distance import OSA

from bot.core.text_folding import allowed_edits, name_words
from bot.dossiers.records import Usager


def name_matches(wanted: str, name: str) -> bool:
    """Tell whether each word of `wanted` is a word of `name` or begins one, in any order, with typing errors allowed."""
    words = name_words(name)
    wanted_words = name_words(wanted)
    return bool(wanted_words) and all(any(_same_word(word, other) for other in words) for word in wanted_words)


def may_be_same(one: Usager, other: Usager) -> bool:
    """Tell whether two usagers may be one person.

    They may if they share the birth date and have similar family or whole names, or if they have the same whole name and birth dates
    that are nearly equal or unknown.
    """
    if not name_matches(one.family, other.name) and not name_matches(other.family, one.name):
        return False
    same_whole_name = name_matches(one.name, other.name) or name_matches(other.name, one.name)
    if one.birth_date is None or other.birth_date is None:
        return same_whole_name and (not one.born or not other.born or partly_equal(one.born, other.born))
    if one.birth_date == other.birth_date:
        return same_whole_name or one.given[:1].casefold() == other.given[:1].casefold()
    return same_whole_name and dates_nearly_equal(one.birth_date, other.birth_date)


def born_agrees(one: str, other: str) -> bool:
    """Tell whether two FHIR dates may be one: the less precise one begins the other. An unknown one agrees with none."""
    return bool(one and other) and (one.startswith(other) or other.startswith(one))


def partly_equal(one: str, other: str) -> bool:
    """Tell whether two FHIR dates differ by at most one digit as far as both are known."""
    return sum(a != b for a, b in zip(one, other, strict=False)) <= 1


def dates_nearly_equal(one: date, other: date) -> bool:
    """Tell whether two dates differ by at most one digit, or by day and month exchanged."""
    if (one.year, one.month, one.day) == (other.year, other.day, other.month):
        return True
    return sum(a != b for a, b in zip(one.isoformat(), other.isoformat(), strict=True)) <= 1


def _same_word(wanted: str, word: str) -> bool:
    edits = allowed_edits(len(wanted))
    return (len(wanted) > 2 and word.startswith(wanted)) or OSA.distance(wanted, word, score_cutoff=edits) <= edits
