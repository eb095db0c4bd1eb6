"""Whether a text asks how notices are set, or forbids any change: then the settings are shown, and nothing is changed."""

from __future__ import annotations

import re

from bot.notifications.preference_parser.categories import Kind
from bot.notifications.preference_parser.spelling_correction import canonical
from bot.notifications.preference_parser.tokens import tokenize

_ASKS_HOW = re.compile(r"(?:ou |comment |pourquoi |quel(?:le)?s? |par quel |c est quoi |a quelle )")
_LEAVES = re.compile(
    r"\bsans (?:rien |y |en )*(?:modifi|chang|touch)[a-z]*\b(?! (?:d autre|au reste|le reste|mes autres))|"
    r"\b(?:ne |n )?(?:modifi|chang|touch)(?:e|ez|er|es) rien\b(?! d autre)|"
    r"\brien (?:a )?(?:modifier|changer|toucher)\b(?! d autre)"
)
"""« sans rien modifier », « ne changez rien »."""
_STATE = re.compile(
    r"\b(?:comment|de quelle (?:maniere|facon)) (?:sont|est|etaient|ai je|j ai|je suis|mes|mon|c est)\b|"
    r"\bc est quoi\b(?=.*\b(?:mes|les) (?:reglage|parametre|preference|notif))|"
    r"\b(?:c est|est ce|est il) vrai\b|"
    r"\bqu est ce que j (?:ai|avais)\b|\bou en (?:sont|suis)\b|\bquel(?:le)?s (?:sont|etaient)\b"
)
_CHECKS = re.compile(
    r"\b(?:sont|est) (?:(?:bien|toujours|encore|deja) )+(?:regle|active|note|enregistre|coupe|programme|mis|en (?:place|sourdine|pause))"
    r"[a-z]*\b[^.!]*\?|"
    r"\b(?:reglages?|heures calmes|sourdines?|elles?|ils?|ca|notif)(?: (?:de|du|des|la|le|les|nuit|d avant|mes))* tien(?:t|nent)\b[^.!]*\?"
)
"""« elles sont bien réglées à 21h ? », « tiennent toujours ? »."""
_NAMED = re.compile(
    r"(?:(?:et|alors|bon|donc|,) )*mes (?:reglages?|parametres?|preferences?)(?: (?:de|des|d|mes))*(?: notif)?"
    r"(?: (?:actuels?|en cours))?[ ?.!]*"
)
"""« mes réglages de notifications actuels ? »."""
_SHOWS = re.compile(
    r"\b(?:re)?(?:montre|affiche|rappele|rappelle|revoi|revoir|voir|consulte|liste|connaitre|savoir|donne|recapitule)[a-z]*\b"
)
_SETTINGS = re.compile(
    r"\b(?:(?:reglage|parametre|preference|configuration)s?|(?:mes|les|ma) (?:heures calmes|sourdine)|"
    r"(?:tout )?ce qui (?:est|a ete) (?:deja )?(?:regle|active|coupe|prevu)[a-z]*)\b"
)
_OF_NOTICES = re.compile(r"\b(?:notif|reglage|parametre|preference|sourdine|heures calmes)")
_CHANGING = {Kind.NEVER, Kind.LIFT, Kind.RESUME, Kind.CONVERT, Kind.TELL, Kind.PREFER, Kind.PAUSE, Kind.QUIET, Kind.FEWER, Kind.DIGEST}
_CONTENT = {Kind.WAY, Kind.CATEGORY, Kind.DOSSIER, Kind.DAYS, Kind.PART, Kind.RANGE, Kind.AFTER, Kind.BEFORE, Kind.AT, Kind.UNTIL}


def asks_how(reading: str) -> bool:
    """Return whether a canonical text asks how notices work or are set, rather than for a change."""
    return (
        _CHECKS.search(reading) is not None or _ASKS_HOW.match(reading) is not None or _STATE.search(reading) is not None or _shows(reading)
    )


def asks_to_see(text: str) -> bool:
    """Return whether a text asks to see the settings, or that nothing be changed: « comment sont réglées mes notifications »."""
    reading = canonical(text).text
    return (
        _shows(reading)
        or _CHECKS.search(reading) is not None
        or _NAMED.fullmatch(reading.strip()) is not None
        or (_STATE.search(reading) is not None and _OF_NOTICES.search(reading) is not None)
    )


def asks_for_settings(text: str) -> bool:
    """Return whether a text surely asks to see the settings, whatever intent the model gave it: « mes réglages de notifications ? »."""
    reading = canonical(text).text
    asks = _CHECKS.search(reading) or _NAMED.fullmatch(reading.strip()) or (_SHOWS.search(reading) and _SETTINGS.search(reading))
    return bool(asks) and _OF_NOTICES.search(reading) is not None and not _LEAVES.search(reading) and asks_to_see(text)


def _shows(reading: str) -> bool:
    if _LEAVES.search(reading):
        return True
    parts = re.split(r"[,;.!?:]|\bmais\b|\bet\b", reading)
    if not _SHOWS.search(reading) or not _SETTINGS.search(reading):
        return False
    return not any(_changes(part) for part in parts if not _SETTINGS.search(part) and not _SHOWS.search(part))


def _changes(part: str) -> bool:
    kinds = {atom.kind for atom in tokenize(part.strip())}
    return bool(kinds & _CHANGING and kinds & _CONTENT)
