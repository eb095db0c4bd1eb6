"""When digests leave: « le matin », « à 8h et à 18h », « une fois par semaine le lundi »."""

from __future__ import annotations

from datetime import time

from bot.notifications.preference_changes import SetDigest
from bot.notifications.preference_parser.categories import Kind
from bot.notifications.preference_parser.clauses import Clause
from bot.notifications.preference_parser.dates import DIGEST_AT
from bot.notifications.preference_parser.values import About, Asking, Changes, Choice, Unclear
from bot.notifications.preferences import EVERY_DAY, MOST_HOURS

EVENINGS = (time(18), time(19), time(20), time(21))
"""What is proposed where « le soir » needs an hour."""
TWICE = (time(8), time(14))
"""Two digests a day, where no hours were said: SPHERE's own (product rules)."""


def digest_times(clause: Clause, asking: Asking) -> Changes:
    """Return the change of digest hours and days that a clause makes; none where it says nothing of them."""
    if clause.has(Kind.UNTIL, Kind.DURATION, Kind.ONCE, Kind.DATES, Kind.AFTER, Kind.BEFORE):
        raise Unclear(About.UNCLEAR)
    counts = [count for count in clause.values(Kind.COUNT) if count[1] != "day"] or clause.values(Kind.COUNT)
    many, per = counts[0] if counts else (0, "")
    if per == "other":
        hours = _first_hour(asking)
        return asking.between(About.RHYTHM, {Choice(name="daily"): (SetDigest(hours=hours, days=EVERY_DAY),)})
    hours = hours_said(clause, asking)
    days = _days(clause, many if per == "week" else 0, asking)
    if per == "day" and not hours:
        hours = _hours_of(many, asking)
    if per == "day" and days is None and asking.context.preferences.digest_days != EVERY_DAY:
        days = EVERY_DAY
    if (per == "week" or (days and len(days) == 1)) and not hours and len(asking.context.preferences.digest_hours) > 1:
        hours = _first_hour(asking)
    return (SetDigest(hours=hours or None, days=days),) if hours or days else ()


def less_digests(clause: Clause, asking: Asking) -> Changes:
    """« plus de résumé à 14h »: the other hours stay."""
    hours = set(asking.context.preferences.digest_hours)
    left = hours - set(clause.times(Kind.AT))
    if not left or left == hours:
        raise Unclear(About.UNCLEAR)
    return (SetDigest(hours=tuple(sorted(left))),)


def hours_said(clause: Clause, asking: Asking) -> tuple[time, ...]:
    """Return the hours that a clause names, at which a digest shall leave; () for none. Asks where it says no more than « le soir »."""
    if clause.has(Kind.RANGE):
        if not clause.has(Kind.CONVERT):
            raise Unclear(About.UNCLEAR)
        return tuple(end for _start, end in clause.values(Kind.RANGE))  # « passe le résumé de 8h à 9h »
    hours = tuple(hour for run in clause.runs() for hour in _hours_of_run(run, asking))[:MOST_HOURS]
    if hours and clause.has(Kind.ON):  # « ajoute un résumé à 18h »
        hours += asking.context.preferences.digest_hours
    return tuple(sorted(set(hours)))


def _hours_of_run(run: Clause, asking: Asking) -> tuple[time, ...]:
    """« le matin », « à 18h », « le soir à 7h »."""
    parts = run.values(Kind.PART) + [days.part for days in run.days() if days.part]
    hours = run.times(Kind.AT)
    if hours:
        late = "soir" in parts and "matin" not in parts
        return tuple(hour.replace(hour=hour.hour + 12) if late and 1 <= hour.hour < 12 else hour for hour in hours)
    if "nuit" in parts:
        raise Unclear(About.HOURS, value="1")
    named = tuple(DIGEST_AT[part] for part in parts if part in DIGEST_AT)
    return named + ((evening(asking),) if "soir" in parts else ())


def evening(asking: Asking) -> time:
    """Return when the evening begins for this person. Raises Unclear while that was not said."""
    chosen = asking.given.get(About.EVENING)
    if chosen is None:
        raise Unclear(About.EVENING, tuple(Choice(name="hour", value=f"{hour:%H:%M}") for hour in EVENINGS))
    return time.fromisoformat(chosen.value)


def _first_hour(asking: Asking) -> tuple[time, ...]:
    return (min(asking.context.preferences.digest_hours),)


def _hours_of(many: int, asking: Asking) -> tuple[time, ...]:
    hours = asking.context.preferences.digest_hours
    if len(hours) == many:
        return ()
    if many == 1:
        return _first_hour(asking)
    if many == len(TWICE):
        return TWICE
    raise Unclear(About.HOURS, value=str(many))


def _days(clause: Clause, a_week: int, asking: Asking) -> frozenset[int] | None:
    named = frozenset(day for days in clause.days() for day in days.days) & EVERY_DAY
    excepted = frozenset(day for days in clause.excepted(Kind.DAYS) for day in days.days)
    if excepted:
        named = (named or EVERY_DAY) - excepted
    if named or not a_week:
        return named or None
    if len(asking.context.preferences.digest_days) == a_week:
        return None
    if a_week > 1:
        raise Unclear(About.DAYS, value=str(a_week))
    chosen = asking.given.get(About.DAY)
    if chosen is None:
        raise Unclear(About.DAY, tuple(Choice(name="day", value=str(day)) for day in range(5)))
    return frozenset({int(chosen.value)})
