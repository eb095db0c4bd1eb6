"""What a fiche takes a typed profession for: only what it surely means.

A search may guess (« sophrologue » is near « néphrologue »); an account may not be made with another profession than was typed.
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
    """The one profession that `text` names; None where it names none or several, or is only near to one."""
    professions, specialities = profession_by_text(text), speciality_by_text(text)
    if len(professions) != 1 or len(specialities) > 1 or not _named(text):
        return None
    return RecognizedProfession(*professions[0], specialities[0][1] if specialities else None)


def _named(text: str) -> bool:
    """Whether a word or phrase of the list stands in the text, one typing slip in a long one allowed."""
    folded = fold(text)
    labels = [label for entries in (PROFESSIONS, SPECIALITIES) for _, label, _ in entries]
    phrases = {fold(word) for trade in trades_by_text(text) for word in (*TRADES[trade].words, TRADES[trade].label)} | {*map(fold, labels)}
    standing = any(f" {phrase} " in f" {form} " for phrase in phrases for form in (folded, _singular(folded)))
    return standing or any(len(phrase) > 5 and phrase[0] == folded[:1] and OSA.distance(phrase, folded) <= 1 for phrase in phrases)


def _singular(text: str) -> str:
    return " ".join(word.removesuffix("s") for word in text.split())
