"""A yes with a reservation: « oui, mais seulement à partir du 15 décembre », « oui enfin non, attendez », « d'accord si sa fille l'est ».

Only a clean yes confirms. Which reservation it is may be beyond what a card can hold; that there is one is enough to do nothing yet, and
the words that made it one are told. Remarks that say nothing of the act (`remarks`) are none.
"""

from __future__ import annotations

import re

from actions.framework.context import Context
from actions.framework.remarks import harmless_remarks, without_remarks
from actions.framework.turn import Turn
from bot.core.text_folding import MAX_CHARACTERS, fold

_COURTESY = re.compile(
    r"\bs il (?:vous|te) plai\w+|\bquand meme\b(?! (?:pas|si|que|equipe))|\bsi (?:vous|tu) (?:voulez|veux)(?: bien)?\b"
    r"|\bmais (?:oui|si|bien sur)\b|\bsi si\b"
    r"|\b(?:rien|plus rien) a (?:corriger|changer|modifier|redire|reprendre)\b|\b(?:aucune|pas de) (?:correction|modification)\b"
)
"""Patterns are of folded text: no accents, a space for each apostrophe."""
_CONDITION = r"\b(?:si|s (?:il|ils|elle|elles|on)|seulement|uniquement|sauf|hormis|excepte|sous reserve|tant qu\w*|du moment|a condition)\b"
_TIME = (
    r"\b(?:a partir|jusqu\w*|pas avant|pas tout de suite|pas encore|des (?:que|qu)|quand|lorsqu\w*|apres|avant (?:de|que|qu|le|la)"
    r"|d abord|le temps (?:de|que)|pendant|dans (?:\d+|un|une|deux|trois|quelques)"
    r"|pour (?:\d+|une?|deux|trois|la|les|le|quelques) (?:deux )?(?:jours?|semaines?|mois|quinzaine|conges|vacances|remplacement|duree))\b"
)
_SECOND_THOUGHT = r"\b(?:non|attend[sz]?|attendez|finalement|enfin|je verifie|je reflechis|laisse[zr]?|annule[zr]?|stop|en fait)\b"
_CHANGE = r"\b(?:mais|par contre|toutefois|chang\w+|modifi\w+|corrig\w+|remplac\w+|plutot|au lieu|a la place)\b"
_ON_AN_EVENT = (
    r"\b(?:quand|lorsqu\w*|des qu\w*|une fois|apres (?:que|l|la|le|son|sa|avoir)|avant (?:que|qu)|d[' ]abord"
    r"|le temps (?:de|que|qu))\b"
)
MAX_QUOTED = 8
"""Words of an answer that are quoted."""
_RESERVATION = re.compile("|".join((_CONDITION, _TIME, _SECOND_THOUGHT, _CHANGE)))
_CONDITIONAL = re.compile(f"{_CONDITION}|{_ON_AN_EVENT}")


def has_reservation(turn: Turn) -> bool:
    """Return whether a typed yes holds a condition, a time, a second thought, a change or a question; a pressed button never does."""
    if turn.is_button:
        return False
    return asks_back(turn.text) or bool(turn.says.get("doubt")) or _means_condition(turn) or names_reservation(turn.text)


def asks_back(text: str) -> bool:
    """Return whether a yes is a question: « oui jusqu'au 15 janvier, c'est bien ça ? »; more than it confirms is to be answered first."""
    return "?" in without_remarks(text)


def _means_condition(turn: Turn) -> bool:
    """Return whether the model read a condition in other words than a harmless remark."""
    condition = turn.says.get("condition")
    if not isinstance(condition, str) or len(fold(condition).split()) < 2:
        return bool(condition)
    remarks = [fold(turn.text[start:end]) for start, end in harmless_remarks(turn.text)]
    return not any(fold(condition) in remark for remark in remarks)


def names_reservation(text: str) -> bool:
    """Return whether a text holds a condition, a time, a second thought or a change; a long letter may hold anything."""
    return len(text) > MAX_CHARACTERS or _reservation_in(text) is not None


def _reservation_in(text: str) -> str | None:
    found = _RESERVATION.search(_COURTESY.sub(" ", fold(without_remarks(text))))
    return found[0] if found else None


def reserving_words(turn: Turn) -> str | None:
    """Return the words of a yes that make it one with a reservation, as they were typed; None where no words of it alone do."""
    condition = turn.says.get("condition")
    folded = fold(condition) if isinstance(condition, str) and _means_condition(turn) else _reservation_in(turn.text)
    return _as_typed(folded, turn.text) if folded else None


def _as_typed(folded: str, text: str) -> str | None:
    """Return the words of a text that fold to the given ones."""
    typed = list(re.finditer(r"[^\W_]+", text))
    for first in range(len(typed)):
        for last in range(first, min(len(typed), first + MAX_QUOTED)):
            words = text[typed[first].start() : typed[last].end()]
            if fold(words) == folded:
                rest = re.match(r"[’']\w+", text[typed[last].end() :])
                return words + (rest[0] if rest else "")
    return None


def utter_reservation(context: Context) -> None:
    """Say that nothing was done, and which words of the answer made it doubtful."""
    words = reserving_words(context.turn)
    if words:
        context.utterances.utter("utter_yes_with_words", words=words)
    else:
        context.utterances.utter("utter_yes_with_reservation")


def names_condition(text: str) -> bool:
    """Return whether a text makes something depend on what is not sure, or on an event: « si elle accepte », « quand il sera sorti »."""
    folded = _COURTESY.sub(" ", fold(without_remarks(text).replace("’", "'")))
    return any(found[0] not in {"seulement", "uniquement"} for found in _CONDITIONAL.finditer(folded))


def confirmation(context: Context) -> str | None:
    """Return `affirm` or `deny` where the message is one, None otherwise; a yes with a reservation is none: the user is told so."""
    turn = context.turn
    if turn.intent == "affirm" and has_reservation(turn):
        utter_reservation(context)
        return None
    return turn.intent if turn.intent in {"affirm", "deny"} else None
