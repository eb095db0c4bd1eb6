"""The legal basis for sharing a dossier with a partner: same care team, the usager being informed, or consent.

Source: Code de la santé publique, L1110-4 and L1110-12, D1110-3-1.
"""

from __future__ import annotations

import re

from actions.framework.remarks import without_remarks
from actions.framework.turn import Turn

CARE_TEAM, CONSENT, NEITHER = "care_team_informed", "consent_given", "neither"
DECLINED = "declined"
"""Not a basis: the addition itself was declined."""

_NEITHER = re.compile(r"\bni l'une? ni l'autre\b|\baucune? des deux\b", re.IGNORECASE)
_DOUBTFUL = re.compile(
    r"\b(pas|sans|jamais|aucune?|refus\w*|oppos\w*|ni|non|si|s'il|s'ils|s'elle|je crois|je pense|peut-être|normalement|probablement"
    r"|faut|demander\w*|verra\w*|bientôt|sera|serait)\b|\?",
    re.IGNORECASE,
)
_GRANTOR = r"(?:l'usager|l'usagère|le patient|la patiente|l'intéressée?|la famille|il|elle|monsieur|madame|m\.|mme)"
_CONSENT = re.compile(
    rf"(?<!d')\b(?:accord|consentement)\s+(?:de\s+l'|du\s|de\s+la\s|recueilli|obtenu|donné|oral|écrit)"
    rf"|\b(?:son|leur|l'|un)\s*(?:accord|consentement)\b"
    rf"|\b{_GRANTOR}\s+(?:\w+\s+)?(?:est|a été|étai[ts])\s+d'accord\b"
    rf"|\b{_GRANTOR}\s+(?:\w+\s+)?(?:consent|a consenti|accepte|a accepté)\b",
    re.IGNORECASE,
)
_CARE_TEAM = re.compile(
    r"\b(?:elle|il) fait (?:bien )?partie de (?:l'|la m[êe]me |mon |ma |notre )[ée]quipe\b(?! sphere)|"
    r"\bm[êe]me [ée]quipe\b|\b[ée]quipe de soins?\b|\b(?:usag[eè]re?|patiente?) (?:est |a été )?inform[ée]e?\b",
    re.IGNORECASE,
)


def read_basis(turn: Turn) -> str | None:
    """Return the basis that a button carries or that the words name beyond doubt; None otherwise: it is then asked for.

    « d'accord » is the user's own yes, not the usager's consent. A negated or doubtful basis is none.
    """
    value = turn.entity("basis")
    if value in {CARE_TEAM, CONSENT, NEITHER}:
        return value
    return None if turn.is_button else parse_basis(without_remarks(turn.text))


def parse_basis(text: str) -> str | None:
    """Return the basis that a typed text names beyond doubt."""
    text = text.replace("’", "'")
    if _NEITHER.search(text):
        return NEITHER
    if _DOUBTFUL.search(text):
        return None
    consent, care_team = _CONSENT.search(text), _CARE_TEAM.search(text)
    if bool(consent) == bool(care_team):
        return None
    return CONSENT if consent else CARE_TEAM
