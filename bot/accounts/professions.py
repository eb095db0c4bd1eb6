"""Recognition of the profession typed in a fiche: only what it certainly means.

A search may guess (« sophrologue » is near « néphrologue »); an account must not be created with another profession than was typed.
"""

from __future__ import annotations

from typing import NamedTuple

from rapidfuzz.distance import OSA

from bot.core.text_folding import fold
from bot.directory.codes import PROFESSIONS, SPECIALITIES, profession_by_text, speciality_by_text
from bot.directory.professions import TRADES, trades_by_text


class RecognizedProfession(NamedTuple):
    """A profession's code (TRE_G15, R94, R95, R85) and label, and the label of a speciality or None."""

    code: str
    label: str
    speciality: str | None


def recognize_profession(text: str) -> RecognizedProfession | None:
    """Return the one profession that `text` names; None where it names none or several, or only resembles one."""
    professions, specialities = profession_by_text(text), speciality_by_text(text)
    if len(professions) != 1 or len(specialities) > 1 or not _is_named(text):
        return None
    return RecognizedProfession(*professions[0], specialities[0][1] if specialities else None)


def _is_named(text: str) -> bool:
    """Tell whether a word or phrase of the list occurs in the text; a long one may have one typing error."""
    folded = fold(text)
    labels = [label for entries in (PROFESSIONS, SPECIALITIES) for _, label, _ in entries]
    phrases = {fold(word) for trade in trades_by_text(text) for word in (*TRADES[trade].words, TRADES[trade].label)} | {*map(fold, labels)}
    occurs = any(f" {phrase} " in f" {form} " for phrase in phrases for form in (folded, _singular(folded)))
    return occurs or any(len(phrase) > 5 and phrase[0] == folded[:1] and OSA.distance(phrase, folded) <= 1 for phrase in phrases)


def _singular(text: str) -> str:
    return " ".join(word.removesuffix("s") for word in text.split())
