"""Whether a text says that nothing was asked about notices: it is no wish, and ends a question about one."""

from __future__ import annotations

import re

from bot.core.text_folding import fold
from bot.notifications.preference_parser.passing import NO_MUTE

_NOTICES = r"(?:notifs?|notifications?|alertes?|reglages?|sourdines?)"
_DISOWNS = re.compile(
    rf"\brien demande\b|\bpas demande (?:ca|cela)\b"
    rf"|\b(?:parle|parlais|parl ?e?|agit|question) (?:pas|plus) (?:de |des |du |d |de mes |de la )?{_NOTICES}\b"
    rf"|\b(?:est|c) pas (?:pour |une histoire |une question |de |des |les |la |mes )*{_NOTICES}\b"
    rf"|\bje? (?:n )?(?:en )?ai (?:pas|jamais|rien) (?:parle|demande)(?: (?:de |des |du |d |les |mes |la )?{_NOTICES})?\b"
    rf"|\blaiss\w+ (?:donc )?(?:les |mes |la |ces )?{_NOTICES}(?= tranquilles?\b| comme\b| de cote\b|$)"
)
_NOT_THESE = re.compile(rf"^(?:(?:mais|euh|ah|oh|stop) )*non (?:surtout )?pas (?:mes |les |pour mes |aux )?{_NOTICES}$")
"""« non, pas mes notifications. … », of the words up to the first full stop; « non, pas de notifications » is a wish."""
_NO_MUTE = re.compile(rf"\b{NO_MUTE}\b")


def refuses_mute(text: str) -> bool:
    """Return whether a text says that no mute is wanted, whatever else it asks for: « non, pas de sourdine »."""
    return any(_NO_MUTE.search(re.sub(r"[^a-z0-9]+", " ", fold(part))) for part in re.split(r"[,.;:!?\n]+", text.replace("’", "'")))


def disowns(text: str) -> bool:
    """Return whether a text says that it is not about notices: « je ne parle pas des notifs », « je n'ai rien demandé là-dessus »."""
    first = re.split(r"[.;:!?\n]+", text.replace("’", "'").strip())[0]
    if _NOT_THESE.search(fold(first)):
        return True
    return any(_DISOWNS.search(fold(part)) for part in re.split(r"[,.;:!?\n]+", text.replace("’", "'")))
