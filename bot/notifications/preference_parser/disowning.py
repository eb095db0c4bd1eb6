"""Whether a text says that nothing was asked about notices: it is no wish, and ends a question about one."""

from __future__ import annotations

import re

from bot.core.text_folding import fold

_NOTICES = r"(?:notifs?|notifications?|alertes?|reglages?|sourdines?)"
_DISOWNS = re.compile(
    rf"\brien demande\b|\bpas demande (?:ca|cela)\b"
    rf"|\b(?:parle|parlais|parl ?e?|agit|question) (?:pas|plus) (?:de |des |du |d |de mes |de la )?{_NOTICES}\b"
    rf"|\b(?:est|c) pas (?:pour |une histoire |une question |de |des |les |la |mes )*{_NOTICES}\b"
    rf"|\blaiss\w+ (?:donc )?(?:les |mes |la |ces )?{_NOTICES}(?= tranquilles?\b| comme\b| de cote\b|$)"
)


def disowns(text: str) -> bool:
    """Return whether a text says that it is not about notices: « je ne parle pas des notifs », « je n'ai rien demandé là-dessus »."""
    return any(_DISOWNS.search(fold(part)) for part in re.split(r"[,.;:!?\n]+", text.replace("’", "'")))
