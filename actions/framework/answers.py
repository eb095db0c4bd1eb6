"""Answers that several flows read the same way: an e-mail address, a position in a list, « je ne sais pas », a wish to correct."""

from __future__ import annotations

import re

from actions.framework.negation import affirmed
from actions.framework.turn import Turn
from bot.core.typed_text import email_words, unwrap_emails

CORRECTION_REQUEST = re.compile(r"\W*(?:corrig\w*|chang\w*|modifi\w*)\b", re.IGNORECASE)
"""« corriger », « modifier le nom » at the beginning of a message, whatever its intent."""
_POSITION = re.compile(r"\W*(?:l[ea']\s*)?(?:n[°o]\s*)?(\d{1,2})\W*")
_NO_ANSWER = re.compile(
    r"\W*(?:je (?:(?:ne |n')?(?:le |la |les |l')?(?:sais|connais|connait|connai|ai) pas(?: ça| encore)?|l'ignore|passe)"
    r"|passer?|suivant|aucune?(?: idée)?|non|sans|pas de \w+|inconnue?|rien|bof|jsp|nsp|lol|euh|attends?|plus tard)\W*",
    re.IGNORECASE,
)


def find_email(text: str) -> str | None:
    """Return the word of a text that is meant as an e-mail address, out of its wrapping and unchecked; the last one of several."""
    typed = unwrap_emails(text)
    words = [{"value": address, "start": start, "end": end} for address, start, end in email_words(typed)]
    return next((str(word["value"]) for word in reversed(affirmed(typed, words))), None)


def list_position(turn: Turn) -> int | None:
    """Return the position in a list that a typed message gives: « le deuxième », « 2 » → 1; « le dernier » → -1. None for any other."""
    if turn.is_button:
        return None
    ordinal = turn.entity("ordinal")
    found = _POSITION.fullmatch(turn.text)
    number = ordinal if ordinal and re.fullmatch(r"-?\d{1,2}", ordinal) else found[1] if found else None
    if number is None:
        return None
    return int(number) - 1 if int(number) > 0 else int(number)


def at_position(entries: list[str], position: int | None) -> str | None:
    """Return the entry of a list at a position, None if the list has no such position."""
    if position is None or not -len(entries) <= position < len(entries):
        return None
    return entries[position]


def gives_no_answer(text: str) -> bool:
    """Return whether a text says that there is no answer: « passer », « je ne sais pas », « aucun »."""
    return bool(_NO_ANSWER.fullmatch(text.replace("’", "'")))
