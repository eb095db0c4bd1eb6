"""On what basis a partner is given access: which of the two that the law knows a message names.

Source: Code de la santé publique, L1110-4 and L1110-12, D1110-3-1.
"""

from __future__ import annotations

import re

from actions.turn import Turn

CARE_TEAM, CONSENT, NEITHER = "care_team_informed", "consent_given", "neither"

_NEITHER = re.compile(
    r"ni l'un ni l'autre|aucun des deux|aucune des deux|pas d'accord de|sans (?:son |l')accord|pas (?:été )?informé", re.IGNORECASE
)
_CONSENT = re.compile(r"accord|consent", re.IGNORECASE)
_CARE_TEAM = re.compile(r"[ée]quipe de soins?|m[êe]me [ée]quipe|inform[ée]", re.IGNORECASE)


def read_basis(turn: Turn) -> str | None:
    """The basis that a button carries or that the words name; None where they say nothing of it."""
    carried = turn.entity("basis")
    if carried in {CARE_TEAM, CONSENT, NEITHER}:
        return carried
    if turn.is_button:
        return None
    text = turn.text.replace("’", "'")
    for basis, pattern in ((NEITHER, _NEITHER), (CONSENT, _CONSENT), (CARE_TEAM, _CARE_TEAM)):
        if pattern.search(text):
            return basis
    return None
