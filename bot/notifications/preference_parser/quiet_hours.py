"""Clauses about quiet windows: « plus rien après 19h », « pas de notifs le week-end », « seulement entre 8h et 18h »."""

from __future__ import annotations

from datetime import datetime, time, timedelta

from bot.notifications.calendar import instant
from bot.notifications.kinds import Mode
from bot.notifications.preference_changes import AddQuiet, ClearQuiet, SetMode, StartMute
from bot.notifications.preference_parser.categories import Days, Kind
from bot.notifications.preference_parser.clauses import Clause
from bot.notifications.preference_parser.dates import NIGHT, PARTS
from bot.notifications.preference_parser.digests import evening
from bot.notifications.preference_parser.modes import EVERYTHING, PUSHED
from bot.notifications.preference_parser.values import About, Asking, Changes, Choice, Unclear
from bot.notifications.preferences import EVERY_DAY, HOLIDAY, Window

MIDNIGHT, NOON = time(0), time(12)
_OF_THE_DAY = (Kind.RANGE, Kind.AFTER, Kind.BEFORE, Kind.AT, Kind.PART)
Spans = list[tuple[time, time]]


def read_quiet(clause: Clause, asking: Asking) -> Changes:
    """Windows in which nothing is wanted. Asks whether « samedi » is the next one or every one."""
    windows = tuple(window for part in _apart(clause) for days, spans in _groups(part, asking) for window in _windows(days, spans))
    changes: Changes = (AddQuiet(windows=windows),)
    named = [days for days in clause.days() if not days.days <= {HOLIDAY}]
    if named and all(days.bare for days in named):
        changes = asking.between(About.ONCE_OR_ALWAYS, {Choice(name="once"): _once(windows, asking), Choice(name="always"): changes})
    return for_all(clause, changes, asking)


def read_limits(clause: Clause, asking: Asking) -> Changes:
    """Windows outside which nothing is wanted: « que de 8h à 17h », « après 16h », « seulement en semaine », « le mercredi matin »."""
    spans = _spans(clause, asking)
    if not spans:
        spans = [_part(days.part, asking) for days in clause.days() if days.part]
    if len(spans) > 1:
        raise Unclear(About.UNCLEAR)
    days = _all_days(clause) or EVERY_DAY
    windows = [Window(days=EVERY_DAY - days, start=MIDNIGHT, end=MIDNIGHT)] if EVERY_DAY - days else []
    for start, end in spans:
        if clause.has(Kind.AFTER):
            end = MIDNIGHT
        if days == EVERY_DAY and not clause.has(Kind.AFTER, Kind.BEFORE):
            windows.append(Window(days=days, start=end, end=start))
        else:
            within = ((MIDNIGHT, start), (end, MIDNIGHT)) if start < end or end == MIDNIGHT else ((end, start),)
            windows.extend(Window(days=days, start=since, end=until) for since, until in within if since != until)
    return (AddQuiet(windows=tuple(windows)),) if windows else ()


def read_no_quiet(clause: Clause) -> Changes:
    """« enlève les heures calmes (du week-end) »."""
    return (ClearQuiet(days=_all_days(clause)),)


def for_all(clause: Clause, changes: Changes, asking: Asking) -> Changes:
    """Return changes of quiet hours or mutes; ask whether all was meant where a clause names channels or categories."""
    ways, categories = clause.ways().keys() - {"all"}, clause.categories()
    if not ways and not categories:
        return changes
    named = frozenset(way for way in PUSHED if way in ways) or frozenset(PUSHED)
    never = SetMode(categories=frozenset(categories) or EVERYTHING, ways=named, mode=Mode.NEVER)
    return asking.between(About.FOR_ALL, {Choice(name="all"): changes, Choice(name="never"): (never,)})


def _all_days(clause: Clause) -> frozenset[int] | None:
    return frozenset(day for days in clause.days() for day in days.days) or None


def _apart(clause: Clause) -> list[Clause]:
    """Return the times of a clause one by one.

    « la nuit et le week-end » are two times, « avant 9h le lundi et après 18h le vendredi » too; « le mardi et le jeudi de 12h à 14h » is
    one.
    """
    timed = [run for run in clause.runs() if run.has(Kind.DAYS, *_OF_THE_DAY)]
    if len(timed) > 1 and all(run.has(Kind.DAYS) and run.has(*_OF_THE_DAY) for run in timed):
        return timed
    hours = [run for run in clause.runs() if run.has(*_OF_THE_DAY) and not run.has(Kind.DAYS)]
    days = [run for run in clause.runs() if run.has(Kind.DAYS)]
    if not hours or not days or any(run.has(*_OF_THE_DAY) for run in days):
        return [clause]
    return [Clause(tuple(atom for run in runs for atom in run.atoms)) for runs in (hours, days)]


def _groups(clause: Clause, asking: Asking) -> list[tuple[frozenset[int], Spans]]:
    """Days with the spans of them that shall be quiet; no spans: all of the day."""
    if any(clause.excepted(kind) for kind in (Kind.RANGE, Kind.AFTER, Kind.BEFORE, Kind.AT, Kind.PART)):
        raise Unclear(About.UNCLEAR)
    spans = _spans(clause, asking)
    excepted = frozenset(day for days in clause.excepted(Kind.DAYS) for day in days.days)
    named: list[Days] = clause.days() or [Days(EVERY_DAY)]
    groups: list[tuple[frozenset[int], Spans]] = []
    for days in named:
        own = [_part(days.part, asking)] if days.part and not spans else spans
        alike = next((group for group in groups if group[1] == own), None)
        groups = [group for group in groups if group is not alike]
        groups.append(((days.days - excepted) | (alike[0] if alike else frozenset()), own))
    groups = [group for group in groups if group[0]]
    if not spans and not clause.days() and not excepted:
        raise Unclear(About.UNCLEAR)  # all of every day is no window
    return groups


def _spans(clause: Clause, asking: Asking) -> Spans:
    ranges: Spans = clause.values(Kind.RANGE)
    after = [_evening_or_morning(hour, asking) for hour in clause.times(Kind.AFTER)]
    before = clause.times(Kind.BEFORE)
    parts = clause.values(Kind.PART)
    if clause.has(Kind.AT):
        if "soir" not in parts:
            raise Unclear(About.UNCLEAR)
        after += [hour.replace(hour=hour.hour % 12 + 12) for hour in clause.times(Kind.AT)]
    if after:
        parts = [part for part in parts if part not in ("soir", "nuit")]  # « le soir après 20h »
    parts = [part for part in parts if not any(_overlap(_part(part, asking), each) for each in ranges)]  # « la nuit, de 21h à 7h »
    if len(after) == 1 and len(before) == 1 and not _all_days(clause):
        return [*ranges, (after[0], before[0])]
    spans = [*ranges, *((hour, MIDNIGHT if before else _morning(hour, asking)) for hour in after), *((MIDNIGHT, hour) for hour in before)]
    return spans + [_part(part, asking) for part in parts]


def _overlap(one: tuple[time, time], other: tuple[time, time]) -> bool:
    """Return whether two spans of the day, which may go over midnight, have an hour in common."""

    def within(at: time, span: tuple[time, time]) -> bool:
        start, end = span
        return start <= at < end if start < end else at >= start or at < end

    return within(one[0], other) or within(other[0], one)


def _morning(evening_hour: time, asking: Asking) -> time:
    """Return when a quiet evening ends of which only the beginning was said: where a quiet morning ends already, else with the night."""
    ends = [window.end for window in asking.context.preferences.quiet if window.start == MIDNIGHT and window.end != MIDNIGHT]
    ends = [end for end in ends if end <= NOON]
    return max(ends) if ends else NIGHT[1]


def _evening_or_morning(hour: time, asking: Asking) -> time:
    """« rien après 8h » may be of the evening. Midnight and the afternoon are what they are."""
    if hour == MIDNIGHT or hour >= NOON:
        return hour
    late = hour.replace(hour=hour.hour + 12)
    chosen = asking.given.get(About.HALF)
    if chosen is None:
        raise Unclear(About.HALF, tuple(Choice(name="hour", value=f"{each:%H:%M}") for each in (late, hour)))
    return time.fromisoformat(chosen.value)


def _part(part: str, asking: Asking) -> tuple[time, time]:
    if part != "soir":
        return PARTS[part]
    hour = evening(asking)
    return hour, _morning(hour, asking)


def _windows(days: frozenset[int], spans: Spans) -> list[Window]:
    return [Window(days=days, start=start, end=end) for start, end in spans or [(MIDNIGHT, MIDNIGHT)]]


def _once(windows: tuple[Window, ...], asking: Asking) -> Changes:
    """Return the windows the next time that their days come, as mutes."""
    zone, today = asking.context.preferences.zone, asking.context.now.astimezone(asking.context.preferences.zone).date()
    pauses: list[tuple[datetime, datetime]] = []
    for window in windows:
        for ahead in range(1, 8):
            day = today + timedelta(days=ahead)
            if day.weekday() in window.days:
                over = day if window.start < window.end else day + timedelta(days=1)
                pauses.append((instant(day, window.start, zone), instant(over, window.end, zone)))
    return tuple(StartMute(since=since, until=until) for since, until in sorted(pauses))
