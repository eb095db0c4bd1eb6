"""Whether a text wants somebody else to receive one's notices: « c'est Sophie qui reçoit mes notifs ». No setting holds that."""

from __future__ import annotations

import re

from bot.core.text_folding import fold
from bot.notifications.preference_parser.spelling_correction import MOST_CHARACTERS

_NOTICES = r"(?:notif|notifs|notifications?|alertes?|avertissements?)"
_MINE = rf"(?:(?:toutes|les|ces|l ensemble de) ){{0,2}}(?:mes|les|ces|nos) {_NOTICES}"
_GETS = r"(?:recoit|recevra|recevrait|recoive|recevoir|recupere\w*|prend|prendra|prendrait|prenne|aura|gere\w*|gerera|lira|lit)"
_SENDS = (
    r"(?:envo[iy]\w*|enverr\w*|redirig\w+|transfer\w+|transmet\w*|adress\w+|bascul\w+"
    r"|renvo[iy]\w*|dirig\w+|achemin\w+|donne[rz]?|passe[rz]?)"
)
_SOMEBODY = (
    r"(?:(?:mon|ma|mes|notre|nos|le|la|l|un|une) )?(?:collegues?|consoeurs?|confreres?|remplacant\w*|associee?s?|secretaires?|secretariat"
    r"|binome|adjointe?s?|infirmiere?s?|medecins?|kines?|cadre|docteure?|dr|mme|m|monsieur|madame|mlle|quelqu un|une autre personne)"
)
_SELF = r"(?:je|j|tu|vous|on|nous|moi|ne|n|veux|veut|voudrais|souhaite|aimerais|prefere|dois|peux|de|a|telegram|teams|sphere|mail)"
_LOOKS = r"(?:regarde|surveille|lit|lira|suit|suivra|gere|gerera|verifie|traite|recoit|recevra|recoive|prend|prendra)\w*"
_STANDS_IN = (
    rf"\b(?!{_SELF}\b)\w+ (?:qui )?(?:(?:va|doit|devra|peut|pourra) )?(?:les |tout |le |la )*{_LOOKS} (?:\w+ ){{0,2}}"
    r"(?:pour moi|a ma place)\b"
    r"|\b(?:me|m) (?:remplace(?:ra|rait)?|suppleera?|supplee)\b(?! d habitude| toujours| souvent)"
)
"""Somebody else looks at what comes for the speaker."""
_HANDS_OVER = re.compile(
    rf"{_STANDS_IN}|\bremplacant\w* (?:\w+ ){{0,2}}(?:de|pour|sur) (?:mes|les|ces) {_NOTICES}\b|"
    rf"\bc est (?:\w+ ){{1,5}}qui (?:les |en )?(?:va |doit |devra )?{_GETS}\b"
    rf"|\b(?!{_SELF}\b)\w+ (?:(?:va|doit|devra|peut|pourra|puisse) )?(?:les )?{_GETS} (?:\w+ ){{0,2}}{_MINE}\b"
    rf"|\b{_SENDS} (?:lui|leur) (?:\w+ ){{0,2}}{_MINE}\b|\b{_SENDS} les lui\b"
    rf"|\b{_SENDS} (?:moi )?(?:\w+ ){{0,2}}?{_MINE} (?:\w+ ){{0,3}}(?:a|au|aux|vers|chez) {_SOMEBODY}\b"
    rf"|\b{_MINE} (?:(?:doivent|devront|iront|vont|partent|soient|sont) )(?:\w+ ){{0,2}}(?:a|au|aux|vers|chez) {_SOMEBODY}\b"
    rf"|\b{_GETS} (?:\w+ ){{0,2}}{_NOTICES} (?:\w+ ){{0,2}}a ma place\b"
)
_TO_A_NAME = re.compile(
    r"(?i:\b(?:notif\w*|alertes?)\s+(?:[\w-]+\s+){0,3}?(?:à|a|vers|chez)\s+)"
    r"(?!Telegram\b|Teams\b|SPHERE\b|Sphere\b|Outlook\b|Midi\b|[A-ZÀ-Ý]+\d)(?P<who>[A-ZÀ-Ý][\w’'-]+)"
)
"""« envoie mes notifs à Sophie »: a name begins with a capital."""
_ANY_NOTICES = re.compile(rf"\b{_NOTICES}\b|\b(?:rien|plus rien) (?:\w+ )?(?:recevoir|avoir)\b|\b(?:recevoir|recois) (?:plus )?rien\b")
_STANDS_IN_WORDS = re.compile(_STANDS_IN)
_PARTS = re.compile(r"[,.;:!?\n]+|\b(?:et|mais|donc|car)\b")


def hands_over(text: str) -> bool:
    """Return whether a text wants notices that are one's own to go to somebody else."""
    if len(text) > MOST_CHARACTERS:
        return False
    words = fold(text.replace("’", "'"))
    return _ANY_NOTICES.search(words) is not None and (_HANDS_OVER.search(words) is not None or _to_a_name(text))


def stands_in(text: str) -> bool:
    """Return whether a text says that somebody looks at what comes for the speaker: « Clémence Muller me remplace »."""
    return len(text) <= MOST_CHARACTERS and _STANDS_IN_WORDS.search(fold(text.replace("’", "'"))) is not None


def without_hand_over(text: str) -> str:
    """Return what a text says besides: « je suis absent du 3 au 10 »."""
    kept = (part.strip() for part in _PARTS.split(text))
    return ", ".join(part for part in kept if part and not _to_a_name(part) and not _HANDS_OVER.search(fold(part.replace("’", "'"))))


def _to_a_name(text: str) -> bool:
    sends = re.search(rf"\b{_SENDS}\b", fold(text.replace("’", "'"))) is not None
    return sends and _TO_A_NAME.search(text) is not None
