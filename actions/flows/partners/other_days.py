"""Days of an answer that are no dates of the access: when the agreement was given, a day that is denied, the day of a return.

« elle m'a donné son accord ce matin », « du 7 au 18 décembre, pas le 20 », « je reviens le 19, donc jusqu'au 18 ». Days that are denied or
are a return are left out only beside dates that bound the access: on their own they are asked about.
"""

from __future__ import annotations

import re

from bot.notifications.preference_parser.dates import MONTHS

_MONTH = rf"(?:{'|'.join(MONTHS)})"
_NUMBERED = (
    rf"\d{{1,2}}(?:er)?\b(?! (?:au \d|et|h|heures?|jours?|semaines?|mois)\b)(?: ?/ ?\d{{1,2}}(?: ?/ ?\d{{2,4}})?| {_MONTH}(?: \d{{4}})?)?"
)
_WEEKDAY = r"(?:lundi|mardi|mercredi|jeudi|vendredi|samedi|dimanche)\b(?! prochain)"
_PAST_DAY = (
    r"(?:(?:avant )?hier|(?:ce |cet |cette )(?:matin|midi|apres midi|aprem|semaine)|aujourd hui|la semaine derniere"
    rf"|{_WEEKDAY} (?:dernier|passe))"
)
_ANY_DAY = rf"(?:{_PAST_DAY}|(?:{_WEEKDAY} )?{_NUMBERED}|{_WEEKDAY})"
_PART = r"(?: (?:matin|midi|soir|au soir|apres midi))?"
_NOT_ON = r"(?!(?:jusqu|partir|des|du|pour|acces|commenc\w*|debut\w*|fin|mais|donc|et|qu|que|si|quand|sera|aura|pas|jamais|encore)\b)"
_HAS = rf"\b(?:ai|as|a|avons|avez|ont|est|ete|etait|suis|sont) (?:{_NOT_ON}\w+ ){{0,2}}?"
_WORDS = rf"(?: {_NOT_ON}\w+){{0,5}}? (?:le |la |depuis )?"
_TELLING = (
    r"(?:(?:donne|recueilli|obtenu|recu|eu|signe) (?:\w+ )?(?:accord|consentement)|dit (?:oui|ok|d accord)"
    r"|(?:prevenu|informe|vu|averti)(?:e|s|es)?"
    r"|parle|discute|appelee?s?|telephone|rencontree?s?|croisee?s?|eue?s?|signe)\b"
)
_AGREEING = r"(?:accepte|valide|confirme|repondu|demande|consenti|expliqu\w+|donne|dit|passee?s?|venue?s?)\b"
_TO_COME = r"(?<!pas )(?<!encore )(?<!jamais )(?<!sera )(?<!etre )(?<!soit )"
_TOLD = (
    re.compile(rf"{_HAS}{_TELLING}{_WORDS}(?P<day>{_ANY_DAY}{_PART})"),
    re.compile(rf"{_HAS}{_AGREEING}{_WORDS}(?P<day>{_PAST_DAY}{_PART})"),
    re.compile(rf"\b{_TO_COME}(?:vue?s?|prevenue?s?|avertie?s?|informee?s?) (?:\w+ )?(?:depuis )?(?P<day>{_PAST_DAY}{_PART})"),
    re.compile(
        r"(?<!d )\b(?:accord|consentement)(?: (?:oral|ecrit|verbal|recueilli|obtenu|donne|signe))? (?:(?:du|de|le|depuis) )?"
        rf"(?P<day>(?:le )?(?:{_PAST_DAY}|{_NUMBERED}){_PART})"
    ),
    re.compile(rf"\b(?:d accord|au courant|accord|consentement) depuis (?:le )?(?P<day>{_ANY_DAY}{_PART})"),
)
_BESIDE = (
    re.compile(
        rf"\b(?P<day>(?:pas|et non(?: pas)?|non pas|au lieu|plutot qu\w*)"
        rf" (?:(?:a|partir|jusqu|du|de|d|le|au) ){{0,4}}(?:{_WEEKDAY} )?{_NUMBERED})"
    ),
    re.compile(
        rf"\b(?:reviens|revient|revenons|rentre|reprends?|(?:suis|est) de retour) (?:{_NOT_ON}\w+ ){{0,3}}?(?P<day>{_ANY_DAY}{_PART})"
    ),
)
_BOUND = re.compile(r"\b(?:jusqu|partir)\b|\bdu \d{1,2}\b")


def without_other_days(words: str) -> str:
    """Return canonical words with spaces in the place of days that are no dates of the access, so that offsets stay right."""
    for pattern in _TOLD:
        words = _blanked(words, pattern)
    for pattern in _BESIDE:
        if _BOUND.search(left := _blanked(words, pattern)):
            words = left
    return words


def _blanked(words: str, pattern: re.Pattern[str]) -> str:
    for found in pattern.finditer(words):
        start, end = found.span("day")
        words = words[:start] + " " * (end - start) + words[end:]
    return words
