"""Clauses about channels, categories and rhythm: « un résumé le matin par mail », « plus de mails », « que les documents »."""

from __future__ import annotations

from dataclasses import dataclass

from bot.notifications.delivery_policy import modes
from bot.notifications.kinds import Category, DeliveryChannel, Mode
from bot.notifications.preference_changes import SetMode, SwitchOn
from bot.notifications.preference_parser.categories import ALONE, UNCHANGED, Kind
from bot.notifications.preference_parser.clauses import NOT, ONLY, Clause
from bot.notifications.preference_parser.digests import digest_times, less_digests
from bot.notifications.preference_parser.values import About, Asking, Changes, Choice, Context, Unclear

PUSHED = (DeliveryChannel.TELEGRAM, DeliveryChannel.TEAMS, DeliveryChannel.MAIL)
"""« les notifs »: what comes to the person. SPHERE's list stays as it is unless it is named."""
EVERYTHING = frozenset(Category)
OF_DOSSIERS = EVERYTHING - {Category.ACCOUNT, Category.SERVICE}
"""What « que les documents » leaves out: notices about one's own account and of the service are no matter of taste unless named."""


@dataclass(frozen=True)
class Whole:
    """What the clauses of a request say together."""

    named: frozenset[Category]
    """Categories that some clause is about: « le reste » are the others."""
    spoken_for: frozenset[DeliveryChannel]
    """Ways that some clause wants or does not want: no other clause is asked about them."""
    refused: frozenset[DeliveryChannel]
    """Those that are not wanted."""
    at_once: bool
    """Some clause wants notices at once."""
    unchanged: bool
    """Said in words: « le reste ne bouge pas »."""
    shared_out: bool
    """Categories are shared out among channels: what goes by one goes by no other."""


def whole(clauses: list[Clause], context: Context) -> Whole:
    """Return what must be known of all clauses to read one."""
    named = [frozenset(clause.categories()) for clause in clauses]
    refused = {way for clause in clauses for way, stance in clause.ways().items() if stance == NOT}
    sharing = [names for names, clause in zip(named, clauses, strict=True) if names and clause.ways()]
    rest = any(clause.has(Kind.REST) and clause.ways() for clause in clauses)
    spoken_for = {way for clause in clauses for way in clause.ways()}
    return Whole(
        frozenset().union(*named),
        _known(spoken_for, context),
        _known(refused, context),
        at_once=any(clause.has(Kind.NOW) for clause in clauses),
        unchanged=any(UNCHANGED in clause.values(Kind.BREAK) for clause in clauses),
        shared_out=len(sharing) > 1 or (bool(sharing) and rest),
    )


def active(categories: frozenset[Category], context: Context) -> frozenset[DeliveryChannel]:
    """Return the channels, SPHERE's list apart, by which something of these categories comes now."""
    held = [modes(category, context.preferences, context.ways)[0] for category in categories]
    return frozenset(way for way in PUSHED if way in context.ways and any(line[way] is not Mode.NEVER for line in held))


def read_modes(clause: Clause, whole: Whole, asking: Asking) -> Changes:
    """Its changes; none where it is about nothing of this."""
    stances = _ways(clause, whole, asking)
    categories, besides = _categories(clause, whole)
    unwanted = frozenset(way for way, stance in stances.items() if stance == NOT)
    wanted = frozenset(stances) - unwanted
    mode = _mode(clause)
    if not stances and clause.has(Kind.NEVER, Kind.LIFT) and not _only(clause):
        if clause.ways() and not clause.categories():
            return ()  # « plus de SMS, seulement les mails »: there are none
        if mode is Mode.DIGEST and clause.has(Kind.AT):
            return less_digests(clause, asking)
        if mode is Mode.DIGEST:
            return () if whole.at_once else _no_digest(categories, asking)
        return _without(clause, categories, besides)
    changes: Changes = (SetMode(categories=categories, ways=unwanted, mode=Mode.NEVER),) if unwanted else ()
    limited = (
        _only(clause) and mode is Mode.DIGEST and ALONE not in clause.values(Kind.ONLY)
    )  # « uniquement les documents en résumé »: no more changes
    nothing_else = _only(clause) and not whole.unchanged and not limited
    if nothing_else:
        changes += (SetMode(categories=OF_DOSSIERS - categories, ways=wanted or frozenset(PUSHED), mode=Mode.NEVER),)
    if not wanted and (mode is None or unwanted):
        on = SwitchOn(categories=categories, ways=active(OF_DOSSIERS, asking.context) or _first(asking.context))
        return (*changes, on) if clause.categories() and not unwanted else changes
    if not wanted and mode is Mode.DIGEST and _of_digests_there_are(clause, asking.context):
        return changes + digest_times(clause, asking)
    times = digest_times(clause, asking) if mode is Mode.DIGEST else ()
    if mode and not wanted:
        return (*changes, *_where_it_comes(clause, categories, mode, whole, asking), *times)
    line = SetMode(categories=categories, ways=wanted, mode=mode) if mode else SwitchOn(categories=categories, ways=wanted)
    return (
        *changes,
        line,
        *(() if nothing_else else _exclusion(clause, categories, {} if limited else stances, wanted, whole, asking)),
        *times,
    )


def _of_digests_there_are(clause: Clause, context: Context) -> bool:
    """« le résumé à 9h », said where there are digests, « passe le résumé à 9h »: their hours alone change."""
    said = clause.has(Kind.CONVERT) or any(mode is Mode.DIGEST for line in context.preferences.matrix.values() for mode in line.values())
    return said and any(clause.values(Kind.DIGEST)) and clause.has_time and not clause.categories()


def _only(clause: Clause) -> bool:
    return ONLY in clause.categories().values()


def _mode(clause: Clause) -> Mode | None:
    rhythm = [atom.kind for atom in clause.atoms if atom.kind in (Kind.NOW, Kind.DIGEST, Kind.COUNT)]
    if not rhythm:
        return None
    if Kind.NOW in rhythm and set(rhythm) != {Kind.NOW} and not clause.has(Kind.CONVERT):
        raise Unclear(About.UNCLEAR)
    return Mode.NOW if rhythm[-1] is Kind.NOW else Mode.DIGEST


def _categories(clause: Clause, whole: Whole) -> tuple[frozenset[Category], frozenset[Category]]:
    """Return what a clause is about, and what it excepts."""
    excepted = frozenset(clause.excepted(Kind.CATEGORY))
    if clause.has(Kind.REST):
        return (EVERYTHING - whole.named) or EVERYTHING, excepted
    every = OF_DOSSIERS if "dossiers" in clause.values(Kind.THING) else EVERYTHING
    return (frozenset(clause.categories()) or every) - excepted, excepted


def _ways(clause: Clause, whole: Whole, asking: Asking) -> dict[DeliveryChannel, str]:
    """Return the channels that are named. Raises Unclear where one that is wanted is not offered, or cannot be known."""
    stances: dict[DeliveryChannel, str] = {}
    strange = {way: stance for way, stance in clause.ways().items() if not isinstance(way, DeliveryChannel)}
    named = clause.ways() | {way: ONLY if clause.has(Kind.NEVER) else NOT for way in clause.excepted(Kind.WAY)}
    for way, stance in named.items():
        if isinstance(way, DeliveryChannel):
            stances[way] = stance
        elif way == "here":
            if asking.context.here is None:
                raise Unclear(About.UNCLEAR, value="ici")
            stances[asking.context.here] = stance
        elif way == "all":
            stances |= {each: stance for each in PUSHED if each in asking.context.ways}
    unknown = [way for way, stance in strange.items() if way not in ("here", "all") and (stance != NOT or not whole.spoken_for)]
    if unknown:
        raise Unclear(About.NO_SUCH_WAY, value=unknown[0])
    return stances


def _known(ways: set[DeliveryChannel | str], context: Context) -> frozenset[DeliveryChannel]:
    here = {context.here} if "here" in ways and context.here is not None else set()
    return frozenset(way for way in ways if isinstance(way, DeliveryChannel)) | here


def _without(clause: Clause, categories: frozenset[Category], besides: frozenset[Category]) -> Changes:
    """« plus de notifs pour les rendez-vous », « rien sauf les documents »."""
    less = categories if clause.categories() or clause.has(Kind.REST) else OF_DOSSIERS - besides
    return (SetMode(categories=less, ways=frozenset(PUSHED), mode=Mode.NEVER),)


def _no_digest(categories: frozenset[Category], asking: Asking) -> Changes:
    """Ask about « plus de résumé »: at once then, or not at all."""
    ways = active(categories, asking.context) or _first(asking.context)
    return asking.between(
        About.NO_DIGEST,
        {
            Choice(name="now"): (SetMode(categories=categories, ways=ways, mode=Mode.NOW),),
            Choice(name="never"): (SetMode(categories=categories, ways=ways, mode=Mode.NEVER),),
        },
    )


def _where_it_comes(clause: Clause, categories: frozenset[Category], mode: Mode, whole: Whole, asking: Asking) -> Changes:
    """Apply a rhythm that names no channel where each category comes now, if that is one place or all are meant; else ask."""
    ways = active(categories, asking.context) - whole.refused or _first(asking.context)
    if len(ways) == 1:
        return (SetMode(categories=categories, ways=ways, mode=mode),)
    if clause.has(Kind.CONVERT, Kind.REST, Kind.ONLY) or clause.categories():
        return tuple(
            SetMode(
                categories=frozenset(each for each in categories if way in active(frozenset({each}), asking.context)),
                ways=frozenset({way}),
                mode=mode,
            )
            for way in PUSHED
            if way in ways
        )
    options = {Choice(name="way", value=way.value): frozenset({way}) for way in PUSHED if way in ways}
    options[Choice(name="every_way")] = ways
    named: dict[Choice, Changes] = {choice: (SetMode(categories=categories, ways=some, mode=mode),) for choice, some in options.items()}
    return asking.between(About.WAY, named)


def _first(context: Context) -> frozenset[DeliveryChannel]:
    return frozenset([next((way for way in PUSHED if way in context.ways), DeliveryChannel.MAIL)])


def _exclusion(
    clause: Clause,
    categories: frozenset[Category],
    stances: dict[DeliveryChannel, str],
    wanted: frozenset[DeliveryChannel],
    whole: Whole,
    asking: Asking,
) -> Changes:
    """Return what becomes of the other channels: « par mail » is besides them, or in their place."""
    others = SetMode(categories=categories, ways=frozenset(PUSHED) - wanted, mode=Mode.NEVER)
    if ONLY in stances.values() or whole.shared_out:
        if not wanted & asking.context.ways:
            raise Unclear(About.NOT_LINKED, value=min(wanted).value)
        return (others,)
    left = active(categories & OF_DOSSIERS or categories, asking.context) - wanted - whole.spoken_for
    if not left or clause.has(Kind.ALSO, Kind.ON, Kind.RESUME, Kind.REST):
        return ()
    return asking.between(About.ALSO_OR_ONLY, {Choice(name="also"): (), Choice(name="only"): (others,)})
