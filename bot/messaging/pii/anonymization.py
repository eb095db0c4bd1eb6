"""Anonymizes sentences: masks names, numbers, dates and addresses.

Coarse on purpose: a needless mask costs a sentence, a missing one costs somebody's secret. A person reads what is left before it is kept
(docs/dev/desk.md, Figures).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection
from datetime import date

from bot.core.text_folding import fold
from bot.messaging.pii.detection import detect_pii
from bot.messaging.pii.spans import BIRTH, MASKS, mask_text
from bot.messaging.pii.spans import NAME as USAGER

NAME, NUMBER, DATE, MAIL, LINK = "[nom]", "[nombre]", "[date]", "[e-mail]", "[lien]"
GivenNames = Callable[[Collection[str]], Collection[str]]
"""Returns those of some folded words that are given names."""
_UPPER = "A-ZÀ-ÖØ-ÞŒ"
_MONTHS = "janvier|février|fevrier|mars|avril|mai|juin|juillet|août|aout|septembre|octobre|novembre|décembre|decembre"
_PATTERNS: tuple[tuple[re.Pattern[str], str], ...] = (
    (re.compile(r"(?:https?://|www\.)\S+", re.IGNORECASE), LINK),
    (re.compile(r"\S+@\S+"), MAIL),
    (re.compile(rf"\b\d{{1,2}}(?:er)?\s+(?:{_MONTHS})\b\.?(?:\s+\d{{2,4}})?", re.IGNORECASE), DATE),
    (re.compile(r"\b\d{1,2}\s?[/.\-]\s?\d{1,2}(?:\s?[/.\-]\s?\d{2,4})?\b|\b\d{4}-\d{2}-\d{2}\b"), DATE),
    (re.compile(r"\b[\w-]*\d[\w-]*(?:[ .\u00a0]\d[\w-]*)*"), NUMBER),
)
_PHONE = re.compile(r"(?<![\d+])(?:\+33[ .]?|0)\d(?:[ .\-]?\d\d){4}(?!\d)")
"""Looked for first: pairs of digits look like dates."""
_TITLE = r"(?:dr|docteure?|pr|professeure?|mr?|mme|mlle|madame|monsieur|mademoiselle|me|ma[iî]tre)"
_NOT_NAMES = r"(?:je|j|le|la|les|un|une|des|qui|que|est|et|ou|pour|dans|sur|vous|il|elle|on|ne|n|a|au|aux|en|ce|mon|ma|mes|son|sa)"
_LOWER = r"[^\W\d_]+(?:['’\-][^\W\d_]+)*"
_TITLED = re.compile(
    rf"\b({_TITLE}\.?[ \u00a0]+)(?!{_NOT_NAMES}\b)({_LOWER}(?:[ \u00a0-]+(?-i:[{_UPPER}])[^\W\d_]*(?:['’\-][^\W\d_]+)*)*)", re.IGNORECASE
)
"""A title, and the name that follows it in whatever case, with the capitalised words after that."""
_CAPITAL = re.compile(rf"(?<![^\W_])[{_UPPER}][^\W\d_]*(?:['’\-][{_UPPER}]?[^\W\d_]+)*")
_WORD = re.compile(r"[^\W\d_]+(?:-[^\W\d_]+)*")
_REPEATED = re.compile(r"(\[[^\[\]]+\])(?:[ \u00a0-]+\1)+")
_KNOWN = frozenset(("sphere", "ror", "rpps", "adeli", "mss", "mssante", "finess", "dmp", "psc", "teams", "telegram", "ide", "ehpad", "had"))
"""Words that may be written with a capital and name nobody."""
_KNOWN |= {"dr", "docteur", "pr", "professeur", "mme", "madame", "m", "monsieur"}
"""Words that may be written with a capital and name nobody."""


def anonymize(text: str, today: date, given_names: GivenNames = lambda words: ()) -> str:
    """Return the sentence on one line, with every name, number, date and address masked.

    Args:
        text: the sentence.
        today: in Paris; dates of birth are told from appointments by it.
        given_names: tells which words are given names; none by default.
    """
    text = _PHONE.sub(NUMBER, " ".join(text.split()))
    text = mask_text(text, detect_pii(text, (), today)).replace(MASKS[USAGER], NAME).replace(MASKS[BIRTH], DATE)
    for pattern, mask in _PATTERNS:
        text = pattern.sub(mask, text)
    text = _TITLED.sub(lambda found: found[1] + NAME, text)
    text = _masked_words(text, _CAPITAL, lambda found: not _begins_sentence(text, found.start()) and fold(found[0]) not in _KNOWN)
    known = frozenset(given_names({fold(word) for word in _WORD.findall(text)}))
    text = _masked_words(text, _WORD, lambda found: fold(found[0]) in known)
    return _REPEATED.sub(r"\1", text)


def _masked_words(text: str, pattern: re.Pattern[str], is_name: Callable[[re.Match[str]], bool]) -> str:
    def mask(found: re.Match[str]) -> str:
        inside = text[found.start() - 1 : found.start()] == "[" and text[found.end() : found.end() + 1] == "]"
        return NAME if not inside and is_name(found) else found[0]

    return pattern.sub(mask, text)


def _begins_sentence(text: str, at: int) -> bool:
    """Return whether a sentence begins there: a capital says nothing then."""
    before = text[:at].rstrip(" \u00a0«\"'’(-")
    return not before or before[-1] in ".!?…:\n"
