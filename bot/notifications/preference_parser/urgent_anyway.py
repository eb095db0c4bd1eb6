"""Words that want, or ask, what holds already: what is urgent passes quiet hours and digests, of every dossier, at any hour.

« le dossier de Mme X même la nuit si c'est urgent », « si c'est urgent la nuit je l'ai quand même ? ». No setting is needed for it, and
what else a text says is read without it.
"""

from __future__ import annotations

import re

from bot.core.text_folding import fold
from bot.notifications.preference_parser.spelling_correction import MOST_CHARACTERS

_PARTS = re.compile(
    r"(?<=[.;!?\n])\s*|\b(?:par contre|en revanche|mais)\b|(?<=,)\s*(?=(?:et )?(?:pour )?(?:le|mon) dossier\b)", re.IGNORECASE
)
_IF_URGENT = re.compile(r"\b(?:si|quand|lorsque|s il y a|en cas d|en cas de)\b(?: \w+){0,4} (?:urgen\w+|grave)\b|\ben cas d urgence\b")
_AT_ANY_TIME = re.compile(
    r"\b(?:nuits?|soirs?|dimanches?|week ?ends?|quand meme|a (?:toute|n importe quelle) heure|tout le temps|feries?|vacances|conges?)\b"
)
_GETS = re.compile(
    r"\b(?:veux|voudrais|garde[rz]?|laisse[rz]?|previen\w*|preven\w*|recoi\w*|recevoir|recevrai\w*|ai|aurai|avoir|passe(?:nt|ra|ront)?"
    r"|arrive(?:nt|ra)?|alerte[rz]?|tout de suite|immediatement)\b"
)
_NOT_AT_ALL = re.compile(r"\b(?:sauf|hormis|excepte|hors|rien|plus rien|coupe\w*|seulement|uniquement|que si|ne|n|sourdine|jamais)\b")
_HAPPENS = re.compile(
    r"\b(?:respire\w*|malaise|tombee?|chut\w+|inconscien\w*|samu|pompiers?|secours|saigne\w*|hemorrag\w*|aide[rz]?|douleurs?|appel\w+"
    r"|avc|arret|cardiaque|coeur|infarctus|etouff\w*|convuls\w*|detresse|au plus mal|va (?:tres )?mal|suicid\w*|mourir|meurt|mort\w*"
    r"|vital\w*|medecin|docteur|hopital|numero|vienne|venir|vite|fai(?:s|re|t) quoi|quoi|qui|comment|depuis|personne)\b"
)
"""Words of somebody in danger, or of whom to call: with any of them a text is no setting."""
_MOST_WORDS = 8
_ASIDE = re.compile(
    r"^(?:et|ok|bon|oui|non|les notifs|alors|donc|merci|svp|stp|s il vous plait|c est deja le cas|c deja le cas|ou pas| )*$"
)

_BUT_URGENT = re.compile(
    r"\b(?:sauf|hors|hormis|excepte|a part|seulement|uniquement|juste|rien que)"
    r"(?: (?:si|ce|qui|est|c|quand|cas|en|d|l|les|pour|ca)){0,6} urgen\w+\b|^que (?:l|les|le) urgen\w+$"
)


def excepts_urgent(text: str) -> bool:
    """Return whether a short text excepts what is urgent: « toutes, sauf urgences »; nobody is in danger in it."""
    words = fold(text.replace("’", "'"))
    return len(words.split()) <= _MOST_WORDS and bool(_BUT_URGENT.search(words)) and not _in_danger(words) and "?" not in text


def urgent_anyway(text: str) -> str | None:
    """Return what a text says besides wanting, or asking, that the urgent come at any time; "" for nothing. None: it says no such thing."""
    if len(text) > MOST_CHARACTERS:
        return None
    parts = [part for part in _PARTS.split(text) if part.strip(" ,.;:!?\n")]
    rest = [part for part in parts if not _wants(fold(part.replace("’", "'")))]
    if len(rest) == len(parts):
        return None
    kept = [part.strip(" ,") for part in rest if not _ASIDE.match(fold(part.replace("’", "'")))]
    return " ".join(kept)


def _wants(words: str) -> bool:
    told = _IF_URGENT.search(words) and _AT_ANY_TIME.search(words) and _GETS.search(words)
    return bool(told) and not _NOT_AT_ALL.search(words) and not _in_danger(words)


def _in_danger(words: str) -> bool:
    return _HAPPENS.search(words.replace("ce qui", " ")) is not None
