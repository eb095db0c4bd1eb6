"""Clauses about mutes: « en sourdine jusqu'à lundi », « plus rien pendant 48h », « réactive les notifications »."""

from __future__ import annotations

import re
from datetime import datetime, time, timedelta

from bot.notifications.calendar import instant
from bot.notifications.preference_changes import EndMute, EndMutes, StartMute, SwitchOn
from bot.notifications.preference_parser import dates
from bot.notifications.preference_parser.categories import DAY_SPANS, Kind
from bot.notifications.preference_parser.clauses import Clause
from bot.notifications.preference_parser.modes import EVERYTHING, OF_DOSSIERS, PUSHED, active
from bot.notifications.preference_parser.quiet_hours import for_all
from bot.notifications.preference_parser.values import About, Asking, Changes, Choice, Unclear

MOST_PROPOSED = 5


def read_pause(clause: Clause, asking: Asking) -> Changes:
    """Return a mute of dossiers, or of everything. Asks until when if that was meant and not said."""
    dossiers = dossiers_of(clause, asking) if clause.has(Kind.DOSSIER) else (None,)
    if clause.has(Kind.AWAY) and not clause.has_time:
        return _asked(dossiers, asking)
    if None in clause.values(Kind.DATES):  # « le 12 et 20 décembre »: days apart
        raise Unclear(About.UNCLEAR)
    spans = [value for kind in DAY_SPANS for value in clause.values(kind)]
    if clause.has(Kind.ONCE) and None in clause.values(Kind.DURATION):  # « pendant ma garde de ce soir »
        raise Unclear(About.UNTIL)
    if spans and all(value is None for value in spans):  # « pendant mes congés »
        return _asked(dossiers, asking)
    since, until = _span(clause, asking)
    changes = tuple(StartMute(dossier=dossier, since=since, until=until) for dossier in dossiers)
    return changes if clause.has(Kind.DOSSIER) else for_all(clause, changes, asking)


def read_resume(clause: Clause, asking: Asking) -> Changes:
    """Return the end of a mute. Asks which, where several dossiers are muted and none is named."""
    if clause.has(Kind.DOSSIER):
        return tuple(EndMute(dossier=dossier) for dossier in dossiers_of(clause, asking))
    context = asking.context
    mutes = [mute for mute in context.preferences.mutes if mute.until is None or mute.until > context.now]
    muted = sorted({mute.dossier for mute in mutes if mute.dossier is not None})
    if any(mute.dossier is None for mute in mutes):
        return (EndMutes(),) if _all(clause) and muted else (EndMute(),)
    if _all(clause) or len(muted) == 1:
        return (EndMutes(),)
    if muted:
        options: dict[Choice, Changes] = {
            Choice(name="dossier", value=dossier): (EndMute(dossier=dossier),) for dossier in muted[:MOST_PROPOSED]
        }
        return asking.between(About.RESUME, options | {Choice(name="all"): (EndMutes(),)})
    ways = frozenset(PUSHED) & context.ways
    if ways and not active(OF_DOSSIERS, context):
        return (SwitchOn(categories=EVERYTHING, ways=frozenset({next(way for way in PUSHED if way in ways)})),)
    return (EndMute(),)


def dossiers_of(clause: Clause, asking: Asking) -> tuple[str | None, ...]:
    """Return references of the dossiers that a clause is about. Raises Unclear where it names one that is not known."""
    named = [reference for reference in clause.values(Kind.DOSSIER) if reference is not None]
    if named:
        return tuple(dict.fromkeys(named))
    if asking.context.dossier is None:
        raise Unclear(About.DOSSIER)
    return (asking.context.dossier,)


def _all(clause: Clause) -> bool:
    return any(atom.kind is Kind.THING and atom.value in ("all", "dossiers") for atom in clause.atoms)


def _asked(dossiers: tuple[str | None, ...], asking: Asking) -> Changes:
    now, zone = asking.context.now, asking.context.preferences.zone
    ends = {"until_undone": None, "one_week": dates.after_duration("1 semaine", now, zone)}
    ends["two_weeks"] = dates.after_duration("2 semaines", now, zone)
    return asking.between(
        About.UNTIL, {Choice(name=name): tuple(StartMute(dossier=dossier, until=end) for dossier in dossiers) for name, end in ends.items()}
    )


def _last_day(words: str, until: datetime, asking: Asking) -> datetime:
    """Return the end of a leave: a date belongs to it; whether a day of the week does is asked; an hour is an hour."""
    zone = asking.context.preferences.zone
    local = until.astimezone(zone)
    if local.time() != time(0):
        return until
    after = instant(local.date() + timedelta(days=1), time(0), zone)
    if re.search(dates.DAY, words) and not re.search(r"\d", words):
        options = {"included": after, "excluded": until}
        chosen = asking.given.get(About.LAST_DAY)
        if chosen is None or chosen.name not in options:
            raise Unclear(About.LAST_DAY, tuple(Choice(name=name) for name in options), words)
        return options[chosen.name]
    return after if re.search(rf"\d|{dates.FEAST}", words) else until


def _span(clause: Clause, asking: Asking) -> tuple[datetime | None, datetime | None]:
    """Since when (None: now) and until when (None: until it is undone)."""
    now, zone = asking.context.now, asking.context.preferences.zone
    since, until = None, None
    known = True
    for words in clause.values(Kind.ONCE):
        once = dates.once(words, now, zone)
        known = known and once is not None
        if once is not None:
            since, until = min(since or once[0], once[0]), max(until or once[1], once[1])
    for words in clause.values(Kind.SINCE):
        since = dates.until(words, now, zone) if not words.startswith("aujourd hui") else now
        known = known and since is not None
    for found in clause.values(Kind.DATES):
        days = dates.dates(found, now.astimezone(zone).date())
        known = known and days is not None
        if days is not None:
            since, until = instant(days[0], time(0), zone), instant(days[1] + timedelta(days=1), time(0), zone)
    for words in filter(None, clause.values(Kind.DURATION)):
        until = dates.after_duration(words, max(since or now, now), zone)
        known = known and until is not None
    for words in clause.values(Kind.UNTIL):
        until = dates.until(words, now, zone) if words else None
        if until is not None and clause.has(Kind.AWAY) and not words.endswith(("inclus", "compris")):
            until = _last_day(words, until, asking)
        known = known and (until is not None or words == "")  # "": until it is undone
    if not known:
        raise Unclear(About.UNTIL)
    if since is not None and (since <= now or (until is not None and since >= until)):
        since = None
    return since, until
