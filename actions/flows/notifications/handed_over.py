"""Whether a message wants one's own notices to go to somebody else, and whether it is about access instead."""

from __future__ import annotations

import re

from actions.framework.turn import Turn
from bot.notifications.preference_parser import hands_over

_CHANGES_TEAM = re.compile(r"\b(?:r?ajout|associ|invit|inscri|rattach|enlev|retir|acc[eè]s)", re.IGNORECASE)
_NO_ACCESS = re.compile(r"\b(?:pas|jamais|sans|aucun)\b[^,.;!?]{0,40}\bacc[eè]s\b[^,.;!?]*", re.IGNORECASE)

_OWN = re.compile(
    r"\b(?:mes|nos) (?:\w+ )?(?:notif|alerte|avertissement)|[àa] ma place|\bpour moi\b|\bm[e’'] ?(?:remplac|suppl[ée])"
    r"|\bremplac\w+ (?:\w+ ){0,2}(?:de|pour) mes\b|\bc['’ ]?est [^,.;!?]{1,60} qui (?:regarde|surveille|re[çc]oi|suit)",
    re.IGNORECASE,
)
"""The notices are those of who speaks: « est-ce qu'elle recevra les notifications ? » is about somebody else's."""


def hands_over_own(turn: Turn) -> bool:
    """Return whether a message surely wants one's own notices to go to somebody else; a question or a yes does not."""
    text = turn.raw_text
    return not turn.is_button and turn.intent != "affirm" and "?" not in text and hands_over(text) and _OWN.search(text) is not None


def refuses_access(text: str) -> bool:
    """Return whether a text wants no access given: « surtout pas lui donner accès aux dossiers »."""
    return bool(_NO_ACCESS.search(text))


def changes_team(text: str) -> bool:
    """Return whether a text is about who takes part in a dossier; « surtout pas lui donner accès » is not."""
    return bool(_CHANGES_TEAM.search(_NO_ACCESS.sub(" ", text)))
