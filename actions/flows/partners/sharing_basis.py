"""On what basis a partner is given access: which of the two that the law knows a message names.

Source: Code de la santé publique, L1110-4 and L1110-12, D1110-3-1.
"""

from __future__ import annotations

import re

from actions.framework.turn import Turn

CARE_TEAM, CONSENT, NEITHER = "care_team_informed", "consent_given", "neither"
DECLINED = "declined"
"""Not a basis: the whole was refused."""

_NEITHER = re.compile(r"\bni l'une? ni l'autre\b|\baucune? des deux\b", re.IGNORECASE)
_DOUBTFUL = re.compile(
    r"\b(pas|sans|jamais|aucune?|refus\w*|oppos\w*|ni|non|si|s'il|s'ils|s'elle|je crois|je pense|peut-être|normalement|probablement"
    r"|faut|demander\w*|verra\w*|bientôt|sera|serait)\b|\?",
    re.IGNORECASE,
)
_WHOSE = r"(?:l'usager|l'usagère|le patient|la patiente|l'intéressée?|la famille|il|elle|monsieur|madame|m\.|mme)"
_CONSENT = re.compile(
    rf"(?<!d')\b(?:accord|consentement)\s+(?:de\s+l'|du\s|de\s+la\s|recueilli|obtenu|donné|oral|écrit)"
    rf"|\b(?:son|leur|l'|un)\s*(?:accord|consentement)\b"
    rf"|\b{_WHOSE}\s+(?:\w+\s+)?(?:est|a été|étai[ts])\s+d'accord\b"
    rf"|\b{_WHOSE}\s+(?:\w+\s+)?(?:consent|a consenti|accepte|a accepté)\b",
    re.IGNORECASE,
)
_CARE_TEAM = re.compile(
    r"\bm[êe]me [ée]quipe\b|\b[ée]quipe de soins?\b|\b(?:usag[eè]re?|patiente?) (?:est |a été )?inform[ée]e?\b", re.IGNORECASE
)


def read_basis(turn: Turn) -> str | None:
    """The basis that a button carries or that the words name beyond doubt; None where they do not: it is then asked for.

    « d'accord » is a yes of the speaker, not the usager's consent; a negated or doubtful basis is none.
    """
    carried = turn.entity("basis")
    if carried in {CARE_TEAM, CONSENT, NEITHER}:
        return carried
    return None if turn.is_button else basis_in(turn.text)


def basis_in(text: str) -> str | None:
    """The basis that a typed sentence names beyond doubt."""
    text = text.replace("’", "'")
    if _NEITHER.search(text):
        return NEITHER
    if _DOUBTFUL.search(text):
        return None
    consent, care_team = _CONSENT.search(text), _CARE_TEAM.search(text)
    if bool(consent) == bool(care_team):
        return None
    return CONSENT if consent else CARE_TEAM
