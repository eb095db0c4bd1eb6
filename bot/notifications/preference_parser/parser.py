"""From a text to changes of preferences, or to the question that must be asked first."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from datetime import time

from bot.notifications.kinds import Category, DeliveryChannel, Mode
from bot.notifications.preference_changes import AddQuiet, SetDigest, SetMode, StartMute
from bot.notifications.preference_parser.categories import Kind
from bot.notifications.preference_parser.clauses import Clause, clauses
from bot.notifications.preference_parser.dates import NIGHT
from bot.notifications.preference_parser.digests import hours_said
from bot.notifications.preference_parser.disowning import disowns, refuses_mute
from bot.notifications.preference_parser.dossier_rules import is_dossier_rule, is_exemption, read_dossier_rule, read_exemption
from bot.notifications.preference_parser.dossier_words import EACH
from bot.notifications.preference_parser.exceptions import in_order, with_exceptions
from bot.notifications.preference_parser.left_out import lost_days, lost_dossiers, strange_dossier
from bot.notifications.preference_parser.modes import EVERYTHING, OF_DOSSIERS, Whole, active, read_modes, whole
from bot.notifications.preference_parser.mutes import read_pause, read_resume
from bot.notifications.preference_parser.quiet_hours import MIDNIGHT, read_limits, read_no_quiet, read_quiet
from bot.notifications.preference_parser.rewording import apart, contradicts, reworded
from bot.notifications.preference_parser.settled import settled
from bot.notifications.preference_parser.showing import asks_how
from bot.notifications.preference_parser.spelling_correction import MOST_CHARACTERS, Canonical, canonical
from bot.notifications.preference_parser.tokens import Token, tokenize, tokens_of
from bot.notifications.preference_parser.unread import doubtful_words
from bot.notifications.preference_parser.values import (
    About,
    Asking,
    Changes,
    Choice,
    Context,
    Given,
    PreferenceRequest,
    Question,
    Span,
    Unclear,
)
from bot.notifications.preferences import EVERY_DAY, Window

_GUARDED = {"channel", "frequency", "time", "dossier_ref"}
_SPAN_OF_TIME = (Kind.SINCE, Kind.UNTIL, Kind.DURATION, Kind.ONCE, Kind.DATES)
_OF_THE_CLOCK = (Kind.RANGE, Kind.AFTER, Kind.BEFORE, Kind.AT)
_BOUNDS = (Kind.RANGE, Kind.AFTER, Kind.BEFORE)
_RECURRING = (*_OF_THE_CLOCK, Kind.DAYS, Kind.PART)
_MUTING = {"mute", "pause", "until_undone", "one_week", "two_weeks", "once"}
"""Choices that mute."""
_OTHERS = re.compile(r"\b(?:les autres|le reste|des autres)\b")
_EVENING = Window(days=EVERY_DAY, start=time(20), end=NIGHT[1])
_WEEKEND = Window(days=frozenset({5, 6}), start=MIDNIGHT, end=MIDNIGHT)


def read(text: str, spans: Sequence[Span], context: Context) -> PreferenceRequest | Question | None:
    """Return what a text requests; a question where that is not certain; None where it requests nothing (« mes réglages »).

    No mute comes of a text that refuses one: « pas de sourdine, juste la nuit ».
    """
    said = reworded(text)
    if words := contradicts(said):
        return Question(about=About.UNCLEAR, value=words, text=text)
    if spans_of_days := apart(said):
        return _read_each(spans_of_days, text, context)
    result = _read_all(said, spans if said == text else (), context)
    return _without_mutes(result, context) if refuses_mute(text) else result


def _read_each(texts: Sequence[str], text: str, context: Context) -> PreferenceRequest | Question | None:
    """Return the mutes that each of several texts asks for, one after the other; what is no mute of some days is asked about."""
    results = [_read_all(one, (), context) for one in texts]
    mutes = [change for result in results if isinstance(result, PreferenceRequest) for change in result.changes]
    dated = all(isinstance(result, PreferenceRequest) for result in results)
    if dated and all(isinstance(mute, StartMute) and mute.since and mute.until for mute in mutes) and not refuses_mute(text):
        return PreferenceRequest(changes=tuple(mutes))
    return Question(about=About.UNCLEAR, value=text[:MOST_CHARACTERS], text=text)


def _without_mutes(result: PreferenceRequest | Question | None, context: Context) -> PreferenceRequest | Question | None:
    if isinstance(result, PreferenceRequest):
        kept = tuple(change for change in result.changes if not isinstance(change, StartMute))
        return PreferenceRequest(changes=kept) if kept else None
    if isinstance(result, Question) and result.about is About.CONFIRM:
        return result if choose(result, result.choices[0], context) is not None else None
    if isinstance(result, Question) and any(choice.name in _MUTING for choice in result.choices):
        kept_choices = tuple(choice for choice in result.choices if choice.name not in _MUTING)
        return result.model_copy(update={"choices": kept_choices}) if kept_choices else None
    return result


def _read_all(text: str, spans: Sequence[Span], context: Context) -> PreferenceRequest | Question | None:
    reading = canonical(text)
    if asks_how(reading.text) or disowns(text):
        return None
    missed = (
        strange_dossier(text, reading, spans) or text[MOST_CHARACTERS:].strip() or _missed(text, reading, tokenize(reading.text), spans)
    )
    if missed:
        return Question(about=About.UNCLEAR, value=missed[:MOST_CHARACTERS], text=text)
    return _read(text, tuple(spans), context, ())


def choose(question: Question, choice: Choice, context: Context) -> PreferenceRequest | Question | None:
    """Return what the request is now that one of the choices was taken."""
    given = (*question.given, Given(clause=question.clause, about=question.about, choice=choice))
    result = _read(question.text, question.spans, context, given)
    return _without_mutes(result, context) if refuses_mute(question.text) else result


def _read(text: str, spans: tuple[Span, ...], context: Context, given: tuple[Given, ...]) -> PreferenceRequest | Question | None:
    reading = canonical(text)
    parts = with_exceptions(clauses(settled(tokens_of(reading, spans), reading.text)))
    changes: Changes = ()
    for number, clause in enumerate(parts):
        asking = Asking(context, {each.about: each.choice for each in given if each.clause == number})
        if _remarks(clause, parts, context):
            continue
        try:
            changes += tuple(change for change in _clause(clause, whole(parts, context), asking) if change not in changes)
        except Unclear as open_:
            return Question(about=open_.about, choices=open_.choices, value=open_.value, text=text, spans=spans, clause=number, given=given)
    changes = _of_the_others(in_order(changes), reading.text, whole(parts, context).named, context)
    unread = doubtful_words(text, spans) or lost_dossiers(text, reading, spans, parts, changes, context.dossier)
    unread = unread or lost_days(text, reading, parts, changes)
    if changes and unread and not any(each.about is About.CONFIRM for each in given):
        yes = (Choice(name="yes"),)
        return Question(about=About.CONFIRM, choices=yes, value=unread, text=text, spans=spans, given=given)
    return PreferenceRequest(changes=changes) if changes else None


def _of_the_others(changes: Changes, words: str, named: frozenset[Category], context: Context) -> Changes:
    """« les documents en résumé, coupe les autres »: what is cut are the other categories, not everything."""
    ways = active(OF_DOSSIERS - named, context)
    if not named or not ways or not _OTHERS.search(words):
        return changes
    never = SetMode(categories=OF_DOSSIERS - named, ways=ways, mode=Mode.NEVER)
    return tuple(never if change == StartMute() else change for change in changes)


def _remarks(clause: Clause, parts: list[Clause], context: Context) -> bool:
    """« vos mails sont très bien, mais … plus de mails »: names no more than a way that is not wanted."""
    ways = clause.ways()
    plain = clause.has(Kind.WAY) and all(atom.kind in (Kind.WAY, Kind.THING, Kind.BREAK) for atom in clause.atoms)
    return plain and ways.keys() <= whole(parts, context).refused


def _missed(text: str, reading: Canonical, found: list[Token], spans: Sequence[Span]) -> str:
    """Words that mean something and that no token accounts for: entities of the model, numbers, hours that do not exist."""
    for atom in found:
        if atom.kind in _OF_THE_CLOCK and atom.value is None:
            start, end = reading.origin(atom.start, atom.end)
            return text[start:end]
    seen = bytearray(len(text))
    for atom in found:
        start, end = reading.origin(atom.start, atom.end)
        seen[start:end] = b"\1" * (end - start)
    for span in spans:
        if span.entity in _GUARDED and not any(seen[span.start : span.end]):
            return text[span.start : span.end]
    return next(
        (number[0] for number in re.finditer(r"\d+", text) if number[0] != "1" and not any(seen[number.start() : number.end()])), ""
    )


def _clause(clause: Clause, whole: Whole, asking: Asking) -> Changes:
    if "together" in clause.values(Kind.CONVERT) and clause.has(*_RECURRING) and not clause.has_rhythm:
        clause = Clause((*clause.atoms, Token(Kind.DIGEST, None)))  # « regroupez tout à 7h30 »
    named = clause.has(Kind.WAY, Kind.CATEGORY)
    if _as_it_is(clause, asking.context):
        return ()
    if clause.has(Kind.CATEGORY) and all(atom.kind in (Kind.CATEGORY, Kind.BREAK, Kind.BEYOND) for atom in clause.atoms):
        return ()  # « un compte pour ma collègue », « l'équipe du dossier »
    _refuse_what_cannot_be(clause)
    if is_exemption(clause):
        return read_exemption(clause, asking)
    if clause.has(Kind.QUIET) and (clause.has(Kind.LIFT) or (clause.has(Kind.NEVER) and not clause.has_time)):
        return read_no_quiet(clause)
    off = clause.has(Kind.LIFT) and clause.has(Kind.PAUSE, Kind.THING, Kind.DOSSIER) and not clause.has_rhythm
    if (
        clause.has(Kind.RESUME)
        or (off and not named)
        or (clause.has(Kind.ON) and clause.has(Kind.THING) and not named and not clause.has_time)
    ):
        if clause.has(*_RECURRING, *_SPAN_OF_TIME):
            raise Unclear(About.UNCLEAR)
        return read_modes(clause, whole, asking) if named else read_resume(clause, asking)
    if is_dossier_rule(clause) and not named and not clause.has(Kind.COUNT, Kind.URGENT, Kind.OUTSIDE):
        return read_dossier_rule(clause, asking)
    if clause.has(Kind.DOSSIER) and (named or clause.has_rhythm or clause.has(*_RECURRING)):
        others = (Kind.WAY, Kind.CATEGORY, *_RECURRING)
        if clause.has(Kind.OUTSIDE):
            raise Unclear(About.UNCLEAR)
        mute = {Choice(name="mute"): read_pause(Clause(tuple(atom for atom in clause.atoms if atom.kind not in others)), asking)}
        return asking.between(About.DOSSIER_MODE, mute if clause.unwanted else {})
    if clause.has(Kind.URGENT) and (clause.has(Kind.ONLY) or not clause.has(*_RECURRING)):
        return _urgent(clause, asking)
    if clause.has(Kind.OUTSIDE) and clause.has(Kind.RANGE, Kind.DAYS) and not clause.has_rhythm:
        return read_limits(clause, asking)
    vague = all(value is None for kind in _SPAN_OF_TIME for value in clause.values(kind))  # « pendant mes tournées »
    if clause.unwanted and clause.has(*_SPAN_OF_TIME) and not (vague and clause.has(*_RECURRING)):
        if clause.has(*_RECURRING):
            raise Unclear(About.UNCLEAR)
        return read_pause(clause, asking)
    if clause.unwanted and clause.has(*_RECURRING) and not clause.has_rhythm:
        return read_quiet(clause, asking)
    if clause.unwanted and clause.has(Kind.DOSSIER):
        return read_pause(clause, asking)
    if clause.has(Kind.FEWER) and not clause.has_rhythm and not clause.has_time and not clause.unwanted:
        return _fewer(clause, asking)
    if clause.has(*_RECURRING) and not clause.has_rhythm:
        return _when(clause, whole, asking)
    if named or clause.has_rhythm:
        return read_modes(clause, whole, asking)
    return _stop(clause, asking)


def _as_it_is(clause: Clause, context: Context) -> bool:
    """« le reste attend 7h », « garde la nuit coupée pour l'autre », said where there are such quiet hours: they stay."""
    quiet = [window for window in context.preferences.quiet if not window.dossiers]
    keeps = clause.has(Kind.ON) and clause.unwanted and clause.has(*_RECURRING) and not clause.has(Kind.DOSSIER, Kind.RANGE, Kind.AFTER)
    if not clause.has(Kind.WAITS) or clause.has(Kind.DOSSIER, Kind.CATEGORY, Kind.WAY):
        return keeps and bool(quiet)
    hours = {*clause.times(Kind.AT), *clause.times(Kind.AFTER)}
    if not quiet or any(hour not in {window.end for window in quiet} for hour in hours):
        raise Unclear(About.QUIET)
    return True


def _urgent_then(clause: Clause, asking: Asking) -> Changes:
    """« de jeudi à vendredi que l'urgent »: a mute, or quiet hours where they come every week."""
    rest = Clause(tuple(atom for atom in clause.atoms if atom.kind not in (Kind.URGENT, Kind.ONLY, Kind.EXCEPT)))
    options: dict[Choice, Changes] = {}
    if rest.has(*_SPAN_OF_TIME) and not rest.has(*_RECURRING):
        options[Choice(name="pause")] = read_pause(rest, asking)
        if some := active(EVERYTHING, asking.context):
            options[Choice(name="digest")] = (SetMode(categories=EVERYTHING, ways=some, mode=Mode.DIGEST),)
    elif rest.has(*_RECURRING) and not rest.has(*_SPAN_OF_TIME, Kind.AT):
        always = replace(asking, given={**asking.given, About.ONCE_OR_ALWAYS: Choice(name="always")})
        options[Choice(name="quiet")] = read_quiet(rest, always)
        if all(days.bare for days in rest.days()) and rest.days():
            once = replace(asking, given={**asking.given, About.ONCE_OR_ALWAYS: Choice(name="once")})
            options = {Choice(name="pause"): read_quiet(rest, once), **options}
    return asking.between(About.URGENT_THEN if options else About.UNCLEAR, options)


def _refuse_what_cannot_be(clause: Clause) -> None:
    """Raise Unclear for what would be read wrong without it: conditions, complaints, « sauf » of what nobody can except."""
    for words in clause.values(Kind.BEYOND):
        raise Unclear(About.UNCLEAR, value=words)
    if EACH in clause.values(Kind.DOSSIER):
        raise Unclear(About.DOSSIER_MODE)
    timed = clause.has(*_RECURRING, *_SPAN_OF_TIME)
    if clause.has(Kind.UNREADABLE) and not timed and not clause.has(Kind.CATEGORY, Kind.FEWER):
        raise Unclear(About.UNCLEAR)
    if any(days.part for days in clause.excepted(Kind.DAYS)):
        raise Unclear(About.UNCLEAR)  # « le week-end sauf le samedi matin »
    known = (Kind.WAY, Kind.CATEGORY, Kind.DAYS, Kind.URGENT, Kind.DOSSIER)
    if clause.has(Kind.EXCEPT) and not any(clause.excepted(kind) for kind in known):
        raise Unclear(About.UNCLEAR)
    named = clause.has(Kind.WAY, Kind.CATEGORY)
    if clause.has(Kind.SINCE) and (named or not clause.unwanted):
        raise Unclear(About.UNCLEAR)  # nothing but a mute can be put off
    if sum(bool(clause.excepted(kind)) for kind in (Kind.CATEGORY, Kind.WAY, Kind.DAYS)) > 1:
        raise Unclear(About.UNCLEAR)


def _stop(clause: Clause, asking: Asking) -> Changes:
    """« stop », « plus de notifs », « coupez tout »; not every « pas »."""
    if clause.has(Kind.PAUSE) or any(clause.values(Kind.NEVER)) or (clause.has(Kind.NEVER) and clause.has(Kind.THING, Kind.TELL)):
        return read_pause(clause, asking)
    if clause.has(Kind.QUIET):
        raise Unclear(About.QUIET)
    if clause.has(*_SPAN_OF_TIME):
        pause = {Choice(name="pause"): read_pause(clause, asking)} if clause.has(Kind.AWAY) else {}
        return asking.between(About.AWAY if pause else About.UNCLEAR, pause)
    return ()


def _when(clause: Clause, whole: Whole, asking: Asking) -> Changes:
    """Ask what « à 8h », « le soir », « le lundi », « après 16h » mean: the hour of a digest, or the only time for notifications."""
    narrow = clause.has(Kind.PART) or any(len(days.days) > 1 or days.part for days in clause.days())
    if (clause.has(*_BOUNDS) and clause.has(Kind.TELL, Kind.ONLY) and not clause.has(Kind.AT, Kind.PART)) or (
        clause.has(Kind.ONLY) and narrow and not clause.has(Kind.AT)
    ):
        if clause.has(Kind.WAY, Kind.CATEGORY):
            raise Unclear(About.UNCLEAR)  # no way and no category has times of its own
        return read_limits(clause, asking)
    names, hours = _meanings(clause, asking)
    chosen = asking.given.get(About.MEANING)
    if chosen is None or chosen.name not in names:
        raise Unclear(About.MEANING, tuple(Choice(name=name) for name in names), f"{hours[0]:%H:%M}" if hours else "")
    if chosen.name == "digest_at":
        digest = [replace(atom, kind=Kind.AT) if atom.kind is Kind.AFTER else atom for atom in clause.atoms]
        return read_modes(Clause((*digest, Token(Kind.DIGEST, None))), whole, asking)
    changes = _apart_from_times(clause, whole, asking)
    if chosen.name == "only_then":
        return changes + read_limits(clause, asking)
    if chosen.name == "quiet":
        return changes + read_quiet(clause, asking)
    start, end = (MIDNIGHT, hours[0]) if chosen.name == "not_before" else (hours[0], NIGHT[1])
    return (*changes, AddQuiet(windows=(Window(days=EVERY_DAY, start=start, end=end),)))


def _meanings(clause: Clause, asking: Asking) -> tuple[list[str], tuple[time, ...]]:
    """Return what the times of a clause can mean, and the hours that it names."""
    hours = tuple(clause.times(Kind.AFTER)) if clause.has(*_BOUNDS) else hours_said(clause, asking)
    if clause.has(Kind.AT) and not clause.has(Kind.DAYS, Kind.PART, *_BOUNDS):
        return ["digest_at", "not_before", *(["not_after"] if max(hours) >= time(16) else [])], hours
    names = ["only_then"] if clause.has(Kind.RANGE, Kind.BEFORE) else ["digest_at", "only_then"]
    if not clause.has(Kind.TELL, Kind.CONVERT, Kind.WAY, Kind.PREFER, Kind.ONLY):
        names.append("quiet")
    return names, hours


def _apart_from_times(clause: Clause, whole: Whole, asking: Asking) -> Changes:
    """Return what a clause requests besides its hours and days."""
    rest = Clause(tuple(atom for atom in clause.atoms if atom.kind not in _RECURRING))
    return read_modes(rest, whole, asking) if rest.has(Kind.WAY, Kind.CATEGORY) else ()


def _fewer(clause: Clause, asking: Asking) -> Changes:
    """« moins de notifs », « je reçois trop de mails »."""
    ways = frozenset(way for way in clause.ways() if isinstance(way, DeliveryChannel))
    some = ways or active(EVERYTHING, asking.context)
    options: dict[Choice, Changes] = {}
    if some:
        options[Choice(name="digest")] = (SetMode(categories=EVERYTHING, ways=some, mode=Mode.DIGEST),)
    if ways:
        options[Choice(name="never")] = (SetMode(categories=EVERYTHING, ways=ways, mode=Mode.NEVER),)
    else:
        options[Choice(name="quiet_evening")] = (AddQuiet(windows=(_EVENING,)),)
        options[Choice(name="quiet_weekend")] = (AddQuiet(windows=(_WEEKEND,)),)
    return asking.between(About.LESS, options)


def _urgent(clause: Clause, asking: Asking) -> Changes:
    """« que les urgences »: what is urgent comes at once anyway; the rest can be gathered. No mute lets it through, quiet hours do."""
    if clause.has(*_RECURRING, *_SPAN_OF_TIME):
        return _urgent_then(clause, asking)
    some = frozenset(way for way in clause.ways() if isinstance(way, DeliveryChannel)) or active(EVERYTHING, asking.context)
    daily = SetDigest(hours=(min(asking.context.preferences.digest_hours),), days=EVERY_DAY)
    gathered = (SetMode(categories=EVERYTHING, ways=some, mode=Mode.DIGEST), daily)
    return asking.between(About.URGENT, {Choice(name="digest"): gathered} if some else {})
