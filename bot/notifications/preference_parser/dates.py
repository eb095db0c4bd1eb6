"""Hours, days, dates and spans of time, from canonical words to values, in the person's time zone.

Patterns are for canonical text (`spelling_correction.canonical`), where every word and number stands alone.
"""

from __future__ import annotations

import re
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from bot.notifications.calendar import instant

NIGHT = (time(22), time(7))
"""« la nuit »: after neighbourly custom (tapage nocturne); its end is also that of an evening's quiet whose end was not said."""
PARTS = {"matin": (time(6), time(12)), "midi": (time(12), time(14)), "apresmidi": (time(12), time(18)), "nuit": NIGHT}
"""Parts of the day as quiet windows. Where the evening begins is asked."""
DIGEST_AT = {"matin": time(8), "midi": time(12), "apresmidi": time(14)}
"""Parts of the day as digest hours; the first and the last are SPHERE's own (product rules)."""
STARTS = {"matin": time(8), "midi": time(12), "apresmidi": time(14), "soir": time(18), "nuit": time(22)}
"""« jusqu'à demain matin »: a mute ends when this begins."""
DAYS = ("lundi", "mardi", "mercredi", "jeudi", "vendredi", "samedi", "dimanche")
MONTHS = ("janvier", "fevrier", "mars", "avril", "mai", "juin", "juillet", "aout", "septembre", "octobre", "novembre", "decembre")
_COUNTING = "un deux trois quatre cinq six sept huit neuf dix onze douze treize quatorze quinze"
_NUMBERS = {word: value for value, word in enumerate(_COUNTING.split(), start=1)} | {"une": 1, "vingt": 20, "trente": 30, "soixante": 60}

N = rf"(?:\d{{1,3}}|{'|'.join(_NUMBERS)})"
DAY = rf"(?:{'|'.join(DAYS)})"
MONTH = rf"(?:{'|'.join(MONTHS)})"
PART = r"(?:matin(?:ee|s)?|apresmidi|midi|soir(?:ee|s)?|nuits?)"
HOUR = (
    r"(?:\d{1,2} (?:heures|h|:)(?: (?:\d{2}(?! (?:h|/|jours|minutes|janvier))|trente|quinze|quarante cinq|et demie?|et quart))?"
    r"(?: (?:du (?:matin|soir)|de l apresmidi))?|midi(?: et demie?| trente)?|minuit)"
)
_D = r"(?:1 er|\d{1,2}\b)"
DATE = rf"(?:(?:{DAY} )?{_D} {MONTH}(?: \d{{4}})?|(?:{DAY} )?\d{{1,2}} / \d{{1,2}}(?: / \d{{2,4}})?)"
DATES = (
    rf"(?:du|entre le|le|de) (?:{DAY} )?(?P<d1>{_D})(?: (?P<m1>{MONTH}))?(?: (?P<y1>\d{{4}}))? (?:inclus )?(?:au|et le|jusqu au|-)"
    rf" (?:{DAY} )?(?P<d2>{_D})(?: (?P<m2>{MONTH}))?(?: (?P<y2>\d{{4}}))?(?! ?(?:h|heures|:|/)\b)(?: inclus| compris)?"
)
NUMERIC_DATES = r"(?:du|entre le) (?P<a>\d{1,2} / \d{1,2}(?: / \d{2,4})?) (?:au|et le|jusqu au) (?P<b>\d{1,2} / \d{1,2}(?: / \d{2,4})?)"
PAIRED_DATES = (
    rf"(?<!entre )(?:(?:(?:le |ce |les |du )?weekend (?:d[ue]s? |les? )?(?:{DAY} )?|"
    rf"(?:les? |des |du )(?:{DAY} )?)(?P<d1>\d{{1,2}}) (?P<to>et|-|/|a|au) (?:le )?"
    rf"(?:{DAY} )?(?P<d2>\d{{1,2}}) (?P<m2>{MONTH})(?: (?P<y2>\d{{4}}))?(?P<m1>)(?P<y1>))"
)
"""« le week-end du 12-13 décembre », « les 12 et 13 décembre »."""
UNIT = r"(?:minutes?|min|h|heures|jours?|j|semaines?|mois|weekend)"
FEASTS = {"de l an": (1, 1), "nouvel an": (1, 1), "noel": (25, 12), "sylvestre": (31, 12), "toussaint": (1, 11), "armistice": (11, 11)}
FEAST = r"(?:(?:1 er|jour) de l an|nouvel an|(?:jour de )?noel|(?:la )?saint sylvestre|(?:la )?toussaint|l? ?armistice)"
"""Days of the year that have a name. Feasts that move are asked about."""
AHEAD = rf"(?:{DAY} (?:d )?en (?:huit|8|quinze|15))"
"""« lundi en huit »: a week after the next Monday."""
_ROUND = {"huitaine": 8, "dizaine": 10, "douzaine": 12, "quinzaine": 15, "vingtaine": 20, "trentaine": 30}
_HALVES = {"et demie": 30, "et demi": 30, "et quart": 15, "trente": 30, "quinze": 15, "quarante cinq": 45}
SPAN = (
    r"(?:trois quarts d heures|3 quarts d heures|(?:un |1 )?quart d heures|(?:une )?demi e?heures?|(?:une )?demie heures?"
    rf"|(?:une? )?(?:{'|'.join(_ROUND)})(?: de (?:jours|minutes))?"
    rf"|(?:une? )?(?:(?:petite|bonne) )?(?:{N} )?(?:heures|h)\b(?: (?:{'|'.join(_HALVES)}|\d{{2}}(?! (?:h|/))))?(?: minutes?| min)?)"
)
"""How long, in hours and minutes or in round numbers of days."""


def two_days(found: re.Match[str]) -> re.Match[str] | None:
    """« le 12 et 13 décembre » is a span; of days apart it must be asked."""
    return found if int(found["d2"]) - int(found["d1"]) == 1 or found["to"] in ("a", "au", "-") else None


def count(found: re.Match[str]) -> tuple[int, str]:
    """« 2 fois par jour » → (2, "day")."""
    words = found[0]
    many = number(found["n"]) if found["n"] else 1
    if "jour" in words or "quotidien" in words or "24" in words:
        return many, "day"
    return many, "week" if "semaine" in words or "hebdo" in words else "other"


def lunch(found: re.Match[str]) -> tuple[time, time] | None:
    """« entre midi et deux »."""
    end = number(found["to"])
    return (time(12), time(end + 12)) if 1 <= end < 12 else None


def number(words: str) -> int:
    """« 15 », « quinze » → 15."""
    return int(words) if words.isdigit() else _NUMBERS[words]


def hour(words: str) -> time | None:
    """« 19 h 30 », « 8 h du soir », « midi » → a local time; None where there is none such (« 27 h »)."""
    if words.startswith(("midi", "minuit")):
        return time(12 if words.startswith("midi") else 0, 30 if words != "midi" and words.startswith("midi") else 0)
    found = re.match(r"(\d{1,2})(?: (?:heures|h|:))?(?: (\d{2}|trente|quinze|quarante cinq|et demie?|et quart))?", words)
    if found is None:
        return None
    hours, minutes = int(found[1]), found[2] or "0"
    spoken = {"trente": 30, "et demi": 30, "et demie": 30, "quinze": 15, "et quart": 15, "quarante cinq": 45}
    minute = spoken[minutes] if minutes in spoken else int(minutes)
    if words.endswith(("du soir", "apresmidi")) and 1 <= hours < 12:
        hours += 12
    return time(hours % 24, minute) if hours <= 24 and minute < 60 and (hours < 24 or minute == 0) else None


def part_name(words: str) -> str:
    """« matinee », « soirs » → the key of this part of the day."""
    return next(name for name in ("apresmidi", "matin", "midi", "soir", "nuit") if words.startswith(name))


def dated(words: str, today: date) -> date | None:
    """« lundi 4 mai », « 24 / 12 », « 25 » → the next such day, today included; None where the calendar has none."""
    numeric = re.fullmatch(rf"(?:{DAY} )?(\d{{1,2}}) / (\d{{1,2}})(?: / (\d{{2,4}}))?", words)
    if numeric is not None:
        year = int(numeric[3]) + (2000 if len(numeric[3]) == 2 else 0) if numeric[3] else None
        return _next(int(numeric[1]), int(numeric[2]), year, today)
    found = re.fullmatch(rf"(?:({DAY}) )?(1 er|\d{{1,2}})(?: ({MONTH}))?(?: (\d{{4}}))?", words)
    if found is None:
        return None
    day = 1 if found[2] == "1 er" else int(found[2])
    if found[3]:
        return _next(day, MONTHS.index(found[3]) + 1, int(found[4]) if found[4] else None, today)
    later = (_next(day, (today.month - 1 + n) % 12 + 1, today.year + (today.month - 1 + n) // 12, today) for n in range(13))
    return next((d for d in later if d is not None and (not found[1] or d.weekday() == DAYS.index(found[1]))), None)


def _next(day: int, month: int, year: int | None, today: date) -> date | None:
    for candidate in (year,) if year is not None else range(today.year, today.year + 9):  # 29 February
        try:
            found = date(candidate, month, day)
        except ValueError:
            continue
        if found >= today:
            return found
    return None


def dates(found: re.Match[str], today: date) -> tuple[date, date] | None:
    """« du 24 decembre au 2 janvier » → first and last day; a span that holds today already is that one."""
    parts = found.groupdict()
    if "a" in parts:
        last = dated(parts["b"], today)
        first = dated(parts["a"], date(1, 1, 1) if len(parts["a"].split(" / ")) == 3 else _year_before(last)) if last else None
    else:
        last = dated(" ".join(parts[name] for name in ("d2", "m2", "y2") if parts[name]), today)
        if last is None:
            return None
        if parts["m1"]:
            start = " ".join(parts[name] for name in ("d1", "m1", "y1") if parts[name])
            first = dated(start, date(1, 1, 1) if parts["y1"] else _year_before(last))
        else:
            month = last if int(parts["d1"].split()[0]) <= last.day else last.replace(day=1) - timedelta(days=1)
            first = dated(f"{parts['d1']} {MONTHS[month.month - 1]} {month.year}", date(1, 1, 1))
    return (first, last) if first is not None and last is not None and first <= last else None


def _year_before(day: date | None) -> date:
    return day - timedelta(days=364) if day is not None else date(1, 1, 1)


def next_weekday(name: str, today: date) -> date:
    """Return the next day of this name, not today."""
    return today + timedelta(days=(DAYS.index(name) - today.weekday() - 1) % 7 + 1)


def after_duration(words: str, now: datetime, zone: ZoneInfo) -> datetime | None:
    """« 48 h », « deux semaines », « un mois » from now: hours to the minute, days at the same local hour."""
    local = now.astimezone(zone)
    if (minutes := _minutes(words)) is not None:
        return now + timedelta(minutes=minutes)
    for name, many in _ROUND.items():
        if name in words:
            return instant(local.date() + timedelta(days=many), local.time(), zone)
    found = re.search(rf"({N}) (?:prochaine?s? )?({UNIT})", words)
    if "demi" in words or found is None:
        return None
    count, unit = number(found[1]), found[2]
    if unit == "mois":
        month = local.month - 1 + count
        year, month = local.year + month // 12, month % 12 + 1
        day = next(d for d in range(local.day, 0, -1) if _exists(year, month, d))
        return instant(date(year, month, day), local.time(), zone)
    days = count * (7 if unit.startswith(("semaine", "weekend")) else 1)
    return instant(local.date() + timedelta(days=days), local.time(), zone)


def _minutes(words: str) -> int | None:
    """« trois quarts d heures », « 1 h 30 », « une dizaine de minutes », « 45 min » → minutes; None for what is counted in days."""
    if "quart d heures" in words or "quarts d heures" in words:
        return 45 if "quarts" in words else 15
    if re.search(r"\bdemi e?heures?|\bdemie heures?", words):
        return 30
    if re.search(r"\b(?:h|heures)\b", words):
        found = re.search(rf"(?:({N}) (?:prochaines )?)?(?:petite |bonne )?(?:heures|h)\b(?: ({'|'.join(_HALVES)}|\d{{2}}))?", words)
        if found is None:
            return None
        rest = found[2] or "0"
        return 60 * (number(found[1]) if found[1] else 1) + (_HALVES[rest] if rest in _HALVES else int(rest))
    counted = re.search(rf"({N}|{'|'.join(_ROUND)})(?: de)? (?:prochaines )?min", words)
    return None if counted is None else _ROUND.get(counted[1]) or number(counted[1])


def _exists(year: int, month: int, day: int) -> bool:
    try:
        date(year, month, day)
    except ValueError:
        return False
    return True


def until(words: str, now: datetime, zone: ZoneInfo) -> datetime | None:
    """Return the instant at which « jusqu'à <words> » ends, after now; None where the words name none.

    A day ends the mute when it begins, « inclus » when it is over: who is told too early has lost nothing.
    """
    local = now.astimezone(zone)
    words = words.strip()
    whole = words.endswith((" inclus", " compris"))
    words = re.sub(r" (?:inclus|compris)$", "", words)
    words = re.sub(r"^(?:le|la|l|a|au|ce) ", "", words)
    at, day = time(0), words
    found = re.fullmatch(rf"(?:(.+?) )?(?:a |vers )?({HOUR})", words) or re.fullmatch(rf"(?:(.+?) )?(?:a |au )?({PART})", words)
    if found is not None:
        day = found[1] or ""
        named = hour(found[2]) if re.fullmatch(HOUR, found[2]) and found[2] != "midi" else STARTS[part_name(found[2])]
        if named is None:
            return None
        at = named
    which = _day(day, local.date())
    if which is None:
        return None
    end = instant(which + timedelta(days=whole), time(0) if whole else at, zone)
    if end <= now and not day:
        end = instant(which + timedelta(days=1), at, zone)
    return end if end > now else None


def _day(words: str, today: date) -> date | None:
    words = re.sub(r"^(?:le|la|l|ce|cet|cette) ", "", words.removesuffix(" prochain").removesuffix(" qui vient"))
    if not words or words == "aujourd hui":
        return today
    if words in ("demain", "apres demain"):
        return today + timedelta(days=1 if words == "demain" else 2)
    if words in DAYS:
        return next_weekday(words, today)
    if ahead := re.fullmatch(rf"({DAY}) (?:d )?en (huit|8|quinze|15)", words):
        if today.weekday() == DAYS.index(ahead[1]):
            return None  # said on that day: of this one, or of the next
        return next_weekday(ahead[1], today) + timedelta(days=7 if ahead[2] in ("huit", "8") else 14)
    if re.fullmatch(FEAST, words):
        feast = next(date_ for name, date_ in FEASTS.items() if name in words)
        return _next(*feast, None, today + timedelta(days=1))
    if words in ("fin de l annee", "fin de l an", "fin d annee", "annee prochaine", "an prochain"):
        return date(today.year + 1, 1, 1)
    if words == "weekend":
        return next_weekday("samedi", today)
    if words in ("fin de semaine", "fin de la semaine"):
        return next_weekday("samedi", today)
    if words in ("semaine prochaine", "fin du weekend"):
        return next_weekday("lundi", today)
    if words in ("mois prochain", "fin du mois"):
        return date(today.year + today.month // 12, today.month % 12 + 1, 1)
    if words in MONTHS:
        return _next(1, MONTHS.index(words) + 1, None, today + timedelta(days=1))
    return dated(words, today)


def once(words: str, now: datetime, zone: ZoneInfo) -> tuple[datetime, datetime] | None:
    """« ce soir », « demain », « samedi prochain », « le 24 decembre », « cette semaine » → since when, until when."""
    local = now.astimezone(zone)
    today, day_after = local.date(), timedelta(days=1)
    found = re.fullmatch(rf"(?:(.+?) )??(?:au )?({PART})", words)
    day = re.sub(r"^(?:le|la|l|cet|cette|ce|au)\b ?", "", found[1] or "") if found else words
    if words in ("cette semaine", "la semaine"):
        return now, instant(next_weekday("lundi", today), time(0), zone)
    if words == "la semaine prochaine":
        first = next_weekday("lundi", today)
        return instant(first, time(0), zone), instant(first + timedelta(days=7), time(0), zone)
    if words.endswith("weekend") or words.endswith("weekend prochain"):
        first = next_weekday("samedi", today)
        if words.startswith("ce") and today.weekday() >= 5:
            first = today
        return instant(first, time(0), zone), instant(first + timedelta(days=7 - first.weekday()), time(0), zone)
    which = _day(day, today)
    if which is None:
        return None
    if found is None:
        return instant(which, time(0), zone), instant(which + day_after, time(0), zone)
    part = part_name(found[2])
    start, end = (STARTS["soir"], NIGHT[1]) if part == "soir" else PARTS[part]
    since, over = instant(which, start, zone), instant(which if start < end else which + day_after, end, zone)
    return (since, over) if over > now else None
