"""Wishes about several dossiers that are said one against the other, in words that the reader knows.

« rien la nuit, le 137 oui mais pas le 142 » is « rien la nuit sauf le 137 »; « rien la nuit, le 142 non plus » says nothing more of the
142; « sauf le 137, non finalement le 142 » is « sauf le 142 ».
"""

from __future__ import annotations

import re

from bot.notifications.preference_parser.dossier_words import REFERENCE
from bot.notifications.preference_parser.spelling_correction import MOST_CHARACTERS

_DOSSIER = r"(?:(?:le|la|du|de|pour|sur|chez|celui de) )?(?:dossier )?"
_KEPT, _QUIET, _WRONG, _RIGHT = (rf"{_DOSSIER}(?P<{group}>{REFERENCE})" for group in ("kept", "quiet", "wrong", "right"))
_LEAD = r"[\s,;.]*(?:\b(?:mais|et|par contre|sinon|sauf que) )*"
_SILENCE = re.compile(r"\b(?:rien|aucune?|coup\w*|silence|stop|arr[êe]t\w*|pas de|plus de|d[ée]sactiv\w*|sourdine)\b", re.IGNORECASE)
_YES_NOT = re.compile(
    rf"{_LEAD}{_KEPT}\s*,? (?:oui|ok|si)\b{_LEAD}(?:pas|non|surtout pas)(?: pour| sur| le| la| celui)*\s*"
    rf"{_QUIET}(?!\s*(?:oui|ok|si)\b)",
    re.IGNORECASE,
)
"""« le 137 oui mais pas le 142 »."""
_NEITHER = re.compile(rf"{_LEAD}{_QUIET}\s*,? non plus\b", re.IGNORECASE)
_INSTEAD = re.compile(
    rf"{_WRONG}(?P<between>[^,;.!?\d]{{0,40}})[\s,;.…]*(?:euh |ah |oups )?"
    r"(?:non\b[\s,]*(?:pas lui|pas elle)?[\s,]*(?:plut[ôo]t|finalement|pardon|en fait)"
    rf"|finalement(?: plut[ôo]t| non)?|pardon)[\s,]*{_RIGHT}",
    re.IGNORECASE,
)
"""« le 137, non finalement le 142 »."""
_MONTHS = r"(?:janvier|f[ée]vrier|mars|avril|mai|juin|juillet|ao[ûu]t|septembre|octobre|novembre|d[ée]cembre)"
_DAY = r"\d{1,2}(?:er)?"
_SOME_DAYS = rf"(?:les?\s+{_DAY}(?:(?:\s*,\s*|\s+et\s+)(?:le\s+)?{_DAY}){{0,6}}|du\s+{_DAY}(?:\s+{_MONTHS})?\s+au\s+{_DAY})\s+{_MONTHS}"
_MORE_DAYS = re.compile(rf"(?:\s*,\s*|\s*,?\s+(?:et|puis|ainsi que)\s+)({_SOME_DAYS})", re.IGNORECASE)
"""« et le 1er janvier » after « les 24 et 25 décembre »."""
_FIRST_DAYS = re.compile(_SOME_DAYS, re.IGNORECASE)
_NOT_FOR_EVER = re.compile(
    r"\b(?:ah |oh |euh |mais )?non,?\s*pas\s+(?:jusqu['’][àa] nouvel ordre|ind[ée]finiment|pour toujours|tout le temps)[\s,;:.]*"
    r"(?:mais )?(?:juste|seulement|uniquement|plut[ôo]t)\s+",
    re.IGNORECASE,
)
_NAMED_DAY = (
    r"(?P<day>(?:(?:le|les|tous les|chaque) )?(?:lundi|mardi|mercredi|jeudi|vendredi|samedi|dimanche|week[ -]?end|jours? f[ée]ri[ée]s?)s?)"
)
_ALL_DAY = r"(?:toute? la journ[ée]e(?: enti[èe]re)?)"
_CALM_DAY = re.compile(
    rf"\b{_NAMED_DAY}[ ,:]+(?:{_ALL_DAY}[ ,:]+)?(?:(?:est|soit|reste|en|au|bien|tr[èe]s|mode) ){{0,3}}calme\b(?:[ ,:]+{_ALL_DAY})?",
    re.IGNORECASE,
)
"""« mettez le dimanche toute la journée en calme », « dimanche : calme »."""
_ORDERS_CALM = re.compile(r"\b(?:met\w*|r[èe]gl\w*|veux|voudrais|souhaite|faut|pass\w*|gard\w*|laiss\w*|programm\w*)\b", re.IGNORECASE)
_WHOLE_DAY = re.compile(rf"\b{_NAMED_DAY}[ ,:]+{_ALL_DAY}", re.IGNORECASE)
_NO_DOSSIER = re.compile(
    r"\b(?:(?:mais|non)[ ,]+)*(?:c['’]? ?(?:est )?|ce n['’]est |je parle )pas (?:d['’])?(?:un |de |du |le )?dossiers?\b[ ,.;!]*",
    re.IGNORECASE,
)
_IT_IS_MINE = re.compile(r"\bc['’]? ?(?:est )?(?:pour )?mes (notif\w*|alertes?)", re.IGNORECASE)
_AWAY_FROM = re.compile(r"\b(?:pendant|durant) mes (cong[ée]s|vacances)\s*,\s*(?=du \d)", re.IGNORECASE)
"""« c'est pas un dossier ! c'est mes notifs pendant mes congés, du 19 au 3 »."""
_EXCEPTED = re.compile(r"\b(?:sauf|hors|hormis|except[ée])\b[^,;.]*\Z", re.IGNORECASE)
_CONTRARY = re.compile(
    rf"{REFERENCE}\s*,? (?:oui|ok)\s*,? mais (?:pas|rien|sauf)\b(?! (?:pour |sur |le |la |du )*{REFERENCE})", re.IGNORECASE
)


def reworded(text: str) -> str:
    """Return a text in words that are read right; as it is where it says none of this."""
    if len(text) > MOST_CHARACTERS:
        return text
    text = _AWAY_FROM.sub(r"\1 ", _IT_IS_MINE.sub(r"mes \1", _NO_DOSSIER.sub("", text)))
    text = _WHOLE_DAY.sub(lambda found: found["day"], _CALM_DAY.sub(lambda found: f"rien {found['day']}", text))
    text = _NOT_FOR_EVER.sub("coupe ", text)
    text = _INSTEAD.sub(lambda found: found["right"] + found["between"], text)
    while (found := _YES_NOT.search(text)) and _SILENCE.search(text, 0, found.start() + 1):
        text = f"{text[: found.start()]} sauf {found['kept']}{text[found.end() :]}"
    while (found := _NEITHER.search(text)) and _SILENCE.search(text, 0, found.start() + 1):
        text = _without(text, found)
    return text


def calms_a_day(text: str) -> bool:
    """Return whether a text surely wants a day to be calm: « mettez le dimanche toute la journée en calme », « dimanche : calme »."""
    found = _CALM_DAY.search(text) if len(text) <= MOST_CHARACTERS and "?" not in text else None
    return found is not None and (":" in found[0] or bool(_ORDERS_CALM.search(text, 0, found.start() + 1)))


def apart(text: str) -> tuple[str, ...]:
    """Return the text once for each of several spans of days that it names one after the other; none where it names fewer than two."""
    first = _FIRST_DAYS.search(text) if len(text) <= MOST_CHARACTERS else None
    if first is None:
        return ()
    spans, end = [first[0]], first.end()
    while more := _MORE_DAYS.match(text, end):
        spans.append(more[1])
        end = more.end()
    return tuple(text[: first.start()] + span + text[end:] for span in spans) if len(spans) > 1 else ()


def contradicts(text: str) -> str:
    """Return the words that want notices of a dossier, but not at some times, where no change can hold both; "" where there are none."""
    found = _CONTRARY.search(text) if len(text) <= MOST_CHARACTERS else None
    return found[0] if found else ""


def _without(text: str, found: re.Match[str]) -> str:
    """Return the text without « le 142 non plus »: beside another dossier that is to be quiet, it is named with that one."""
    before = text[: found.start()]
    named = [other for other in re.finditer(REFERENCE, before, re.IGNORECASE) if not _EXCEPTED.search(before[: other.start()])]
    if named:
        before = f"{before[: named[-1].end()]} et {found['quiet']}{before[named[-1].end() :]}"
    return before + text[found.end() :]
