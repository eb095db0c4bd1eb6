"""Whether a text is clearly a wish about notices, whatever intent the model gave it."""

from __future__ import annotations

import re

from bot.notifications.kinds import DeliveryChannel
from bot.notifications.preference_parser.categories import Kind
from bot.notifications.preference_parser.disowning import disowns
from bot.notifications.preference_parser.rewording import calms_a_day, reworded
from bot.notifications.preference_parser.showing import asks_how
from bot.notifications.preference_parser.spelling_correction import MOST_CHARACTERS, canonical
from bot.notifications.preference_parser.tokens import tokenize
from bot.notifications.preference_parser.unread import unread_words

_TURNS = {Kind.NEVER, Kind.PAUSE, Kind.QUIET, Kind.RESUME, Kind.LIFT, Kind.ONLY, Kind.FEWER, Kind.CONVERT, Kind.EXCEPT, Kind.URGENT}
_RHYTHM = {Kind.DIGEST, Kind.COUNT, Kind.NOW}
_TIMES = {Kind.AT, Kind.PART, Kind.DAYS, Kind.RANGE, Kind.AFTER, Kind.BEFORE, Kind.COUNT}
_HOURS = {Kind.PART, Kind.RANGE, Kind.AFTER}
_OF_WAYS = {DeliveryChannel.MAIL, DeliveryChannel.TELEGRAM, DeliveryChannel.TEAMS}
_FACT = re.compile(
    r"\b(?:depuis|ai|a|as|avez|avons|ont|recois?|recu|marche|fonctionne)\b(?: (?:pas|plus|jamais|aucune?|rien))|\bdepuis\b|"
    r"\b(?:arriv[a-z]*|viennent|vient) (?:pas|plus)\b|\blue?s?\b|\bcompteur\b|\?|"
    r"\b(?:adresse|numero|mon|son|ma|sa|leur|votre|notre|quel|quelle) (?:mail|numero|adresse)"
)
"""« je n'ai pas d'e-mail », « son e-mail », « plus rien depuis hier »: told of somebody or of a fault, no wish."""
_HELP = re.compile(r"\b(?:samu|pompiers?|numero|appel[a-z]*|telephone|secours|police|une urgence|c est (?:tres |vraiment )?urgent)\b|\?")
"""Where « urgence » may be one: nothing comes before the emergency numbers."""
_THE_URGENT = re.compile(r"\b(?:les|l|que|qu|sauf)\b(?: [a-z]+)? urgen")
_TOLD = re.compile(r"\b(?:recevoir|recoive|(?:etre|sois|soit) (?:preven|averti|alert|notifi)[a-z]*)\b")
"""« je ne veux recevoir que le dossier … », « être prévenue même la nuit pour … »."""
_SOUND = re.compile(r"\b(?:sourdine|heures? calmes?|mute|coup(?:e|er|ez) tout)\b")
_BOTHER = re.compile(r"\b(?:derang|spam|inond|bombard)")


def is_wish(text: str) -> bool:
    """Return whether a text surely requests a change of notices.

    With the word itself (« notif », « alerte ») and a turn (« coupe », « moins »): whatever else it says. Without it only if every
    word was read: « laisse juste les urgences », « jamais de mail sauf pour mon compte », « toutes les 2 heures ».
    """
    if calms_a_day(text) and not disowns(text):
        return True
    text = reworded(text)
    reading = canonical(text).text
    atoms = tokenize(reading)
    kinds = {atom.kind for atom in atoms}
    if len(text) > MOST_CHARACTERS or asks_how(reading) or disowns(text) or _FACT.search(reading) or _complains(kinds):
        return False
    if re.search(r"\bnotif\b", reading) and kinds & (_TURNS | _RHYTHM):
        return True
    if unread_words(text):
        return False
    if Kind.DOSSIER in kinds and kinds & {Kind.EVEN, Kind.ONLY, Kind.EXCEPT} and _TOLD.search(reading):
        return True
    if kinds >= {Kind.DOSSIER, Kind.NEVER} and kinds & {Kind.EVEN, Kind.EXCEPT, Kind.REST} and kinds & _HOURS:
        return True  # « préviens-moi pour Mme Durand même la nuit, le reste rien entre 21h et 7h »
    if _SOUND.search(reading) or (_BOTHER.search(reading) and kinds & {Kind.NEVER, Kind.FEWER}):
        return True
    if Kind.URGENT in kinds:
        return bool(kinds & {Kind.ONLY, Kind.EXCEPT} and _THE_URGENT.search(reading) and not _HELP.search(reading))
    if any(atom.kind is Kind.WAY and atom.value in _OF_WAYS for atom in atoms):
        return Kind.DOSSIER not in kinds and bool(kinds & (_RHYTHM | {Kind.NEVER, Kind.ONLY, Kind.FEWER, Kind.EXCEPT}))
    if Kind.DIGEST in kinds:
        return Kind.DOSSIER not in kinds and bool(kinds & _TIMES)
    return Kind.COUNT in kinds and kinds <= {Kind.COUNT, Kind.BREAK}


def _complains(kinds: set[Kind]) -> bool:
    return Kind.UNREADABLE in kinds and not kinds & _TIMES
