"""Small readings of a typed message that several tasks share."""

from __future__ import annotations

import re

from actions.framework.negation import meant
from actions.framework.turn import Turn

_ADDRESS = re.compile(r"\S*@\S*")
ASKS_TO_CORRECT = re.compile(r"\W*(?:corrig\w*|chang\w*|modifi\w*)\b", re.IGNORECASE)
"""« corriger », « modifier le nom »: at the beginning of a message, whatever it was taken for."""
_POSITION = re.compile(r"\W*(?:l[ea']\s*)?(?:n[°o]\s*)?(\d{1,2})\W*")
_IGNORES = re.compile(
    r"\W*(?:je (?:(?:ne |n')?(?:le |la |les |l')?(?:sais|connais|connait|connai|ai) pas(?: ça| encore)?|l'ignore|passe)"
    r"|passer?|suivant|aucune?(?: idée)?|non|sans|pas de \w+|inconnue?|rien|bof|jsp|nsp|lol|euh|attends?|plus tard)\W*",
    re.IGNORECASE,
)


def typed_address(text: str) -> str | None:
    """The word of a text that is meant as an e-mail address, in the user's own letters; the last one where several are."""
    words = [{"value": found[0].strip("<>,;.()"), "start": found.start(), "end": found.end()} for found in _ADDRESS.finditer(text)]
    return next((str(word["value"]) for word in reversed(meant(text, words))), None)


def shown_position(turn: Turn) -> int | None:
    """« le deuxième », « 2 » → 1; « le dernier » → -1; None where the message is no position in a list."""
    if turn.is_button:
        return None
    ordinal = turn.entity("ordinal")
    found = _POSITION.fullmatch(turn.text)
    said = ordinal if ordinal and re.fullmatch(r"-?\d{1,2}", ordinal) else found[1] if found else None
    if said is None:
        return None
    return int(said) - 1 if int(said) > 0 else int(said)


def among(shown: list[str], position: int | None) -> str | None:
    """The entry at a position of a list that was shown; None where it has no such position."""
    if position is None or not -len(shown) <= position < len(shown):
        return None
    return shown[position]


def does_not_know(text: str) -> bool:
    """« passer », « je ne sais pas », « aucun »: not an answer, rather that there is none."""
    return bool(_IGNORES.fullmatch(text.replace("’", "'")))
