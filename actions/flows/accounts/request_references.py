"""References of requests in a message (« DC-2026-000012 », « SUP-9 »), and questions about what was asked of the SPHERE team."""

from __future__ import annotations

import re

from bot.core.text_folding import fold

_ACCOUNT = re.compile(r"\bDC[ -]?(\d{4})[ -]?(\d{1,6})\b", re.IGNORECASE)
_SUPPORT = re.compile(r"\bSUP[ -]?(\d{1,6})\b", re.IGNORECASE)
_TO_THE_TEAM = re.compile(
    r"\b(?:ma|mes|notre|la|une|mon|le) (?:demandes?|message|courrier|mail)\b(?: \w+){0,4}?"
    r" (?:a|aupres d\w*|au|chez|pour|avec|envoyee? a) (?:l |la )?(?:equipe|support|assistance)\b"
)
_STATE = re.compile(
    r"\b(?:ou en|en est|en sont|partie?s?|recue?s?|transmise?s?|envoyee?s?|tient|tiennent|tjrs|toujours|en cours|ouverte?s?|fermee?s?"
    r"|close?s?|lue?s?|vue?s?|traitee?s?|prise?s?|avance\w*|etat|statut|repond\w*|reponse|nouvelles?|bien une|encore)\b"
)
_ANY_OPEN = re.compile(
    r"\b(?:ai je|j ai|est ce que j ai|y a t il|il me reste)\b(?: \w+){0,3} demandes?(?: \w+){0,2}"
    r" (?:en cours|ouvertes?|en attente)\b|\bmes demandes\b(?! de compte)"
)
_OTHER_ACT = re.compile(r"\b(?:ajout|enlev|retir|associ|invit|cre)(?:e|es|er|ez|ons)\b|\bmet(?:s|tez|tre)\b")
"""What the message asks for besides: that is heard first."""
_ORDER = re.compile(r"\b(?:annul|retir|arret|stopp|supprim|ferm|clo[rt])(?:e|es|er|ez|ons|ure\w*)\b")


def account_references(text: str) -> list[str]:
    """Return the references of account requests in a text, as they are kept."""
    return list(dict.fromkeys(f"DC-{year}-{int(number):06d}" for year, number in _ACCOUNT.findall(text)))


def support_references(text: str) -> list[str]:
    """Return the references of requests to the team in a text, as they are kept."""
    return list(dict.fromkeys(f"SUP-{int(number):06d}" for number in _SUPPORT.findall(text)))


def asks_about_support_request(text: str) -> bool:
    """Return whether a message asks where a request to the team stands: « SUP-9 ? », « ma demande à l'équipe, elle est partie ? »."""
    folded = fold(text.replace("’", "'"))
    if _OTHER_ACT.search(folded):
        return False
    if support_references(text):
        return not _ORDER.search(folded)
    return bool((_TO_THE_TEAM.search(folded) and _STATE.search(folded)) or asks_about_all(text))


def asks_about_all(text: str) -> bool:
    """Return whether a message asks for everything that was asked for: « mes demandes », « ai-je une demande en cours ? »."""
    return bool(_ANY_OPEN.search(fold(text.replace("’", "'"))))
