"""A day without a month after an end with one: « X jusqu'au 15 janvier, puis Y à partir du 16 » is the 16 January, not the next 16."""

from __future__ import annotations

import re

from bot.core.text_folding import fold
from bot.notifications.preference_parser.dates import MONTHS

_MONTH = r"(?:janvier|f[ée]vrier|mars|avril|mai|juin|juillet|ao[uû]t|septembre|octobre|novembre|d[ée]cembre)"
_END = re.compile(
    r"\b(?:jusqu['’ ]?(?:au|a|à)|s['’ ]?arr[êe]te(?:ra)? le|finit le|se termine(?:ra)? le|fin le)"
    rf"\s{{1,2}}(\d{{1,2}})(?:er)?\s{{1,2}}({_MONTH})\b",
    re.IGNORECASE,
)
_START = re.compile(
    r"\b(?:partir du|compter du|d[èe]s le|commence(?:ra)? le|d[ée]marre(?:ra)? le|puis du)\s{1,2}(\d{1,2})(?:er)?\b"
    rf"(?!\s{{0,2}}(?:/|h\b|heures?\b|jours?\b|semaines?\b|mois\b|{_MONTH}\b|au\b))",
    re.IGNORECASE,
)


def with_month_of_end(text: str, before: str = "") -> str:
    """Return a text in which a bare day of a start has the month of the end told before it, or the next one where the day is no later.

    Args:
        text: the words that are read.
        before: what stands before them in the message.
    """
    whole, out, last = before + text, [], 0
    ends = list(_END.finditer(whole))
    for start in _START.finditer(text):
        told = [end for end in ends if end.end() <= len(before) + start.start()]
        if not told:
            continue
        day, month = int(told[-1][1]), MONTHS.index(fold(told[-1][2]))
        month = month if int(start[1]) > day else (month + 1) % 12
        out += [text[last : start.end()], f" {MONTHS[month]}"]
        last = start.end()
    return "".join([*out, text[last:]])
