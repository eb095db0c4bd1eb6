"""What goes where and when: each rule, and what holds whatever was said."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.core.clock import PARIS
from bot.notifications.calendar import instant, next_digest, quiet_until
from bot.notifications.delivery_policy import DropReason, NotificationContext, PlannedDelivery, modes, plan
from bot.notifications.kinds import PASS_MUTES, Category, DeliveryChannel, Mode
from bot.notifications.preference_changes import (
    AddQuiet,
    Change,
    ClearQuiet,
    EndMute,
    EndMutes,
    SetDigest,
    SetMode,
    StartMute,
    SwitchOn,
    apply,
)
from bot.notifications.preferences import DEFAULTS, EVERY_DAY, Mute, Preferences, Window, always_quiet
from tests.unit.notifications.strategies import DOSSIERS, HOURS, INSTANTS, WINDOWS, preferences, unhurried

T, S, M, L = DeliveryChannel.TELEGRAM, DeliveryChannel.TEAMS, DeliveryChannel.MAIL, DeliveryChannel.SPHERE
NOW, DIGEST, NEVER = Mode.NOW, Mode.DIGEST, Mode.NEVER
DOCUMENTS, TEAM, ACCOUNT, SERVICE = Category.DOCUMENTS, Category.TEAM, Category.ACCOUNT, Category.SERVICE
DOSSIER = DOSSIERS[0]
AT = datetime(2026, 11, 25, 10, tzinfo=PARIS).astimezone(UTC)
NIGHT = Window(days=EVERY_DAY, start=time(21), end=time(7))

HAPPENINGS = st.builds(NotificationContext, st.sampled_from(Category), st.sampled_from((None, *DOSSIERS)), st.booleans())
WAYS = st.frozensets(st.sampled_from((T, S, M))).map(lambda ways: ways | {L})


def paris(*parts: int) -> datetime:
    return datetime(*parts, tzinfo=PARIS)  # type: ignore[arg-type,misc]


def going(planned: dict[DeliveryChannel, PlannedDelivery]) -> dict[DeliveryChannel, tuple[Mode, datetime | None]]:
    return {way: (it.mode, it.at) for way, it in planned.items() if it.mode is not NEVER}


def how(category: Category, wanted: Preferences, *ways: DeliveryChannel) -> dict[DeliveryChannel, Mode]:
    """The modes by which something of a category goes, SPHERE's list apart."""
    planned = plan(NotificationContext(category, DOSSIER), wanted, {*ways, L}, AT, AT)
    return {way: it.mode for way, it in planned.items() if it.mode is not NEVER and way is not L}


def said(category: Category = DOCUMENTS, **lines: Mode) -> Preferences:
    return Preferences(matrix={category: {DeliveryChannel(way): mode for way, mode in lines.items()}})


@pytest.mark.parametrize("category", Category)
def test_defaults_with_a_chat_are_the_chat(category: Category) -> None:
    assert how(category, Preferences(), T, M) == {way: mode for way, mode in DEFAULTS[category].items() if way is not L}


@pytest.mark.parametrize("category", Category)
def test_defaults_without_a_chat_are_by_mail(category: Category) -> None:
    assert how(category, Preferences(), M) == {M: DEFAULTS[category][T]}
    assert how(category, Preferences(), S, M).keys() == ({S, M} if category is ACCOUNT else {S})


@pytest.mark.parametrize(
    ("wanted", "ways", "expected"),
    [
        # what was said goes before the default
        (said(telegram=DIGEST), {T, M}, {T: DIGEST}),
        (said(telegram=NEVER), {T, M}, {}),
        (said(mail=DIGEST), {T, M}, {T: NOW, M: DIGEST}),
        (said(telegram=NEVER, teams=NOW), {T, S}, {S: NOW}),
        # a way that is missing hands on, to the next that is there
        (Preferences(), {S, M}, {S: NOW}),
        (Preferences(), {M}, {M: NOW}),
        (Preferences(), set(), {}),
        (said(telegram=DIGEST), {M}, {M: DIGEST}),
        (said(teams=DIGEST), {T, M}, {T: NOW, M: DIGEST}),
        # not to one that was refused
        (said(teams=NEVER), {S, M}, {M: NOW}),
        (said(teams=NEVER, mail=NEVER), {S, M}, {}),
        (said(mail=NEVER), {M}, {}),
        # what is refused is not handed on
        (said(telegram=NEVER), {M}, {}),
        # the stronger of what was said holds
        (said(telegram=NOW, mail=DIGEST), {M}, {M: NOW}),
        (said(telegram=DIGEST, mail=NOW), {M}, {M: NOW}),
        (said(telegram=DIGEST, teams=NOW), {M}, {M: NOW}),
        (said(telegram=DIGEST, teams=NOW), {S, M}, {S: NOW}),
        # a default overrules nothing that was said for the taker
        (said(mail=DIGEST), {M}, {M: DIGEST}),
        (said(teams=DIGEST), {S, M}, {S: DIGEST}),
        # over two that are missing
        (said(teams=DIGEST), {M}, {M: NOW}),
    ],
)
def test_modes_and_ways(wanted: Preferences, ways: set[DeliveryChannel], expected: dict[DeliveryChannel, Mode]) -> None:
    assert how(DOCUMENTS, wanted, *ways) == expected


@pytest.mark.parametrize(
    ("wanted", "ways", "why"),
    [
        (Preferences(), {T, M, L}, {S: DropReason.NEVER, M: DropReason.NEVER}),
        (Preferences(), {M, L}, {T: DropReason.MOVED, S: DropReason.NEVER}),
        (Preferences(), {L}, {T: DropReason.CLOSED, S: DropReason.NEVER, M: DropReason.NEVER}),
        (said(mail=NEVER), {M, L}, {T: DropReason.CLOSED, S: DropReason.NEVER, M: DropReason.NEVER}),
        (said(sphere=NEVER), {T, L}, {S: DropReason.NEVER, M: DropReason.NEVER, L: DropReason.NEVER}),
    ],
)
def test_why_nothing_goes_by_a_way(wanted: Preferences, ways: set[DeliveryChannel], why: dict[DeliveryChannel, DropReason]) -> None:
    planned = plan(NotificationContext(DOCUMENTS, DOSSIER), wanted, ways, AT, AT)
    assert {way: it.reason for way, it in planned.items() if it.reason} == why


def test_spheres_list_neither_hands_on_nor_takes() -> None:
    planned = plan(NotificationContext(DOCUMENTS, DOSSIER), said(sphere=DIGEST), {L}, AT, AT)
    assert planned[L].mode is DIGEST
    assert plan(NotificationContext(DOCUMENTS, DOSSIER), said(sphere=NEVER), {M, L}, AT, AT)[L].mode is NEVER


@pytest.mark.parametrize(
    ("mute", "dossier", "muted"),
    [
        (Mute(since=AT), DOSSIER, True),
        (Mute(since=AT), None, True),
        (Mute(since=AT, dossier=DOSSIER), DOSSIER, True),
        (Mute(since=AT, dossier=DOSSIER), DOSSIERS[1], False),
        (Mute(since=AT, dossier=DOSSIER), None, False),
        (Mute(since=AT - timedelta(days=1), until=AT), DOSSIER, False),
        (Mute(since=AT - timedelta(days=1), until=AT + timedelta(seconds=1)), DOSSIER, True),
        (Mute(since=AT + timedelta(seconds=1)), DOSSIER, False),
    ],
)
@pytest.mark.parametrize("category", Category)
def test_a_mute_silences_all_but_account_and_service(category: Category, mute: Mute, dossier: str | None, muted: bool) -> None:
    planned = plan(NotificationContext(category, dossier), Preferences(mutes=(mute,)), {T, M, L}, AT, AT)
    if muted and category not in PASS_MUTES:
        assert {it.reason for it in planned.values()} == {DropReason.MUTED}
    else:
        assert planned == plan(NotificationContext(category, dossier), Preferences(), {T, M, L}, AT, AT)


def test_a_mute_silences_what_is_urgent_too() -> None:
    planned = plan(NotificationContext(DOCUMENTS, DOSSIER, urgent=True), Preferences(mutes=(Mute(since=AT),)), {T, L}, AT, AT)
    assert not going(planned)


def test_a_mute_that_began_meanwhile_is_obeyed() -> None:
    wanted = Preferences(matrix={DOCUMENTS: {T: DIGEST}}, mutes=(Mute(since=AT + timedelta(minutes=5)),))
    assert going(plan(NotificationContext(DOCUMENTS, DOSSIER), wanted, {T, L}, AT, AT))
    assert not going(plan(NotificationContext(DOCUMENTS, DOSSIER), wanted, {T, L}, AT, AT + timedelta(minutes=5)))


@pytest.mark.parametrize(
    ("since", "now", "expected"),
    [
        (paris(2026, 11, 25, 10), paris(2026, 11, 25, 10), paris(2026, 11, 25, 10)),
        (paris(2026, 11, 25, 22), paris(2026, 11, 25, 22), paris(2026, 11, 26, 7)),
        # due since seven, however late it is looked at
        (paris(2026, 11, 25, 22), paris(2026, 11, 26, 9), paris(2026, 11, 26, 7)),
        # not gone before the night: it waits for its end
        (paris(2026, 11, 25, 20, 59), paris(2026, 11, 25, 21), paris(2026, 11, 26, 7)),
        (paris(2026, 11, 25, 22), paris(2026, 11, 26, 23), paris(2026, 11, 27, 7)),
        # the clock was set back
        (paris(2026, 11, 25, 10), paris(2026, 11, 25, 9), paris(2026, 11, 25, 10)),
        (paris(2026, 11, 25, 22), paris(2026, 11, 25, 20), paris(2026, 11, 26, 7)),
    ],
)
def test_at_once_waits_for_the_end_of_the_night(since: datetime, now: datetime, expected: datetime) -> None:
    planned = plan(NotificationContext(DOCUMENTS, DOSSIER), Preferences(quiet=(NIGHT,)), {T, L}, since, now)
    assert going(planned) == {T: (NOW, expected), L: (NOW, expected)}


@pytest.mark.parametrize(
    ("since", "now", "expected"),
    [
        (paris(2026, 11, 25, 7), paris(2026, 11, 25, 7), paris(2026, 11, 25, 8)),
        (paris(2026, 11, 25, 8), paris(2026, 11, 25, 8), paris(2026, 11, 25, 14)),
        (paris(2026, 11, 25, 15), paris(2026, 11, 25, 15), paris(2026, 11, 26, 9)),
        # down over the digest
        (paris(2026, 11, 25, 13), paris(2026, 11, 25, 18), paris(2026, 11, 25, 14)),
        (paris(2026, 11, 25, 13), paris(2026, 11, 25, 22), paris(2026, 11, 26, 9)),
    ],
)
def test_a_digest_leaves_at_its_hour_or_after_the_night(since: datetime, now: datetime, expected: datetime) -> None:
    late_night = Window(days=EVERY_DAY, start=time(21), end=time(9))
    wanted = Preferences(matrix={DOCUMENTS: {T: DIGEST}}, quiet=(late_night,) if since.hour == 15 or now.hour == 22 else ())
    assert going(plan(NotificationContext(DOCUMENTS, DOSSIER), wanted, {T}, since, now))[T] == (DIGEST, expected)


@pytest.mark.parametrize("mode", [NOW, DIGEST])
def test_what_is_urgent_goes_at_once_by_night(mode: Mode) -> None:
    since = paris(2026, 11, 25, 23)
    wanted = Preferences(matrix={DOCUMENTS: {T: mode, M: NEVER}}, quiet=(NIGHT,))
    planned = plan(NotificationContext(DOCUMENTS, DOSSIER, urgent=True), wanted, {T, M, L}, since, since)
    assert going(planned) == {T: (NOW, since), L: (NOW, since)}


@pytest.mark.parametrize("category", sorted(PASS_MUTES))
def test_account_and_service_do_not_pass_the_night(category: Category) -> None:
    since = paris(2026, 11, 25, 23)
    planned = plan(NotificationContext(category, None), Preferences(quiet=(NIGHT,), mutes=(Mute(since=AT),)), {T, L}, since, since)
    assert planned[T].at == paris(2026, 11, 26, 7)


def test_a_preference_changed_meanwhile_is_obeyed() -> None:
    since, changed = paris(2026, 11, 25, 22), paris(2026, 11, 25, 22, 30)
    thing = NotificationContext(DOCUMENTS, DOSSIER)
    assert plan(thing, Preferences(quiet=(NIGHT,)), {T, L}, since, since)[T].at == paris(2026, 11, 26, 7)
    # counted from the change on: « prochain résumé demain à 8h » is not a digest of this morning that is made up for
    digests = Preferences(matrix={DOCUMENTS: {T: DIGEST}}, digest_hours=(time(8),))
    assert plan(thing, digests, {T, L}, changed, changed)[T].at == paris(2026, 11, 26, 8)
    assert plan(thing, Preferences(), {T, L}, changed, changed)[T].at == changed
    assert plan(thing, said(telegram=NEVER), {T, L}, changed, changed)[T].reason is DropReason.NEVER
    assert plan(thing, Preferences(), {M, L}, changed, changed)[T].reason is DropReason.MOVED


@pytest.mark.parametrize(
    ("zone", "since", "expected"),
    [
        # the night that the clock goes forward, and back, in Paris; in New York
        ("Europe/Paris", datetime(2026, 3, 28, 22, tzinfo=UTC), datetime(2026, 3, 29, 5, tzinfo=UTC)),
        ("Europe/Paris", datetime(2026, 10, 24, 22, tzinfo=UTC), datetime(2026, 10, 25, 6, tzinfo=UTC)),
        ("America/New_York", datetime(2026, 3, 8, 4, tzinfo=UTC), datetime(2026, 3, 8, 11, tzinfo=UTC)),
        ("America/New_York", datetime(2026, 11, 1, 4, tzinfo=UTC), datetime(2026, 11, 1, 12, tzinfo=UTC)),
    ],
)
def test_nights_in_which_the_clock_is_changed(zone: str, since: datetime, expected: datetime) -> None:
    wanted = Preferences(quiet=(NIGHT,), time_zone=zone)
    assert plan(NotificationContext(DOCUMENTS, DOSSIER), wanted, {T, L}, since, since)[T].at == expected


@unhurried
@given(HAPPENINGS, preferences(mutes_too=True), WAYS, INSTANTS, st.timedeltas(timedelta(days=-1), timedelta(days=3)))
def test_what_always_holds(
    thing: NotificationContext, wanted: Preferences, ways: frozenset[DeliveryChannel], since: datetime, later: timedelta
) -> None:
    now = since + later
    planned = plan(thing, wanted, ways, since, now)
    assert planned.keys() == set(DeliveryChannel)
    for way, it in planned.items():
        assert (it.at is None) is (it.mode is NEVER) is (it.reason is not None)
        if it.at is None:
            continue
        assert way in ways
        assert it.at >= since
        if thing.urgent:
            assert (it.mode, it.at) == (NOW, since)
        else:
            assert quiet_until(wanted, it.at) is None
            assert it.at > now or quiet_until(wanted, now) is None, "due, and now is quiet"
        assert wanted.said(thing.category, way) is not NEVER


@unhurried
@given(HAPPENINGS, preferences(), WAYS, INSTANTS, st.timedeltas(timedelta(0), timedelta(days=60)))
def test_what_is_due_stays_due_and_is_due_one_day(
    thing: NotificationContext, wanted: Preferences, ways: frozenset[DeliveryChannel], since: datetime, later: timedelta
) -> None:
    """Looked at when it was planned for, it may go: nothing waits for ever, and nothing is planned twice."""
    for way, it in plan(thing, wanted, ways, since, since).items():
        if it.at is not None:
            assert plan(thing, wanted, ways, since, it.at)[way] == it
            again = plan(thing, wanted, ways, since, since + later)[way]
            assert again.at is not None
            assert again.at >= it.at
            then = plan(thing, wanted, ways, since, again.at)[way].at
            assert then is not None
            assert then <= again.at


CATEGORIES = st.frozensets(st.sampled_from(Category), min_size=1)
SOME_WAYS = st.frozensets(st.sampled_from(DeliveryChannel), min_size=1)
CHANGES: st.SearchStrategy[Change] = st.one_of(
    st.builds(SetMode, categories=CATEGORIES, ways=SOME_WAYS, mode=st.sampled_from(Mode)),
    st.builds(SwitchOn, categories=CATEGORIES, ways=SOME_WAYS),
    st.builds(SetDigest, hours=st.none() | st.lists(HOURS, min_size=1, max_size=3).map(tuple), days=st.none()),
    st.builds(lambda window: AddQuiet(windows=(window,)), WINDOWS),
    st.builds(ClearQuiet, days=st.none() | st.frozensets(st.integers(0, 7), min_size=1)),
    st.builds(StartMute, dossier=st.sampled_from((None, *DOSSIERS)), since=st.none(), until=st.none()),
    st.builds(EndMute, dossier=st.sampled_from((None, *DOSSIERS))),
    st.just(EndMutes()),
)


@unhurried
@given(HAPPENINGS, WAYS, INSTANTS, st.lists(st.tuples(CHANGES, st.timedeltas(timedelta(0), timedelta(days=2))), max_size=8))
def test_nothing_is_lost_whatever_the_order_of_changes(
    thing: NotificationContext, ways: frozenset[DeliveryChannel], since: datetime, changes: list[tuple[Change, timedelta]]
) -> None:
    """As long as no line says never and no mute holds, some way gets it, at an instant that comes."""
    wanted, now = Preferences(), since
    for change, after in changes:
        now += after
        if isinstance(change, AddQuiet) and always_quiet((*wanted.quiet, *change.windows)):
            continue
        wanted = apply(wanted, [change], now)
        planned = plan(thing, wanted, ways, max(since, now), now)
        refused = {way for way in DeliveryChannel if wanted.said(thing.category, way) is NEVER}
        muted = thing.category not in PASS_MUTES and wanted.mute_of(thing.dossier, now) is not None
        if muted:
            assert not going(planned)
        else:
            if not refused:
                assert L in going(planned)
                assert ways == {L} or going(planned).keys() & {T, S, M}
            for way in ways - refused:
                assert (way in going(planned)) is (modes(thing.category, wanted, ways)[0][way] is not NEVER)
            assert all(it.at is not None and it.at - now < timedelta(weeks=7) for it in planned.values() if it.reason is None)


@unhurried
@given(HAPPENINGS, preferences(), st.sets(st.sampled_from((T, S, M)), min_size=1))
def test_a_line_is_handed_on_until_somebody_takes_it(
    thing: NotificationContext, wanted: Preferences, missing: set[DeliveryChannel]
) -> None:
    """Who is told by some chat or mail and loses it is told by the next, if one is left that was not refused."""
    every = {T, S, M, L}
    before = {way for way, it in plan(thing, wanted, every, AT, AT).items() if it.at is not None} - {L}
    left = every - missing
    after = {way for way, it in plan(thing, wanted, left, AT, AT).items() if it.at is not None} - {L}
    for way in before & missing:
        takers = [w for w in (T, S, M)[(T, S, M).index(way) + 1 :] if w in left and wanted.said(thing.category, w) is not NEVER]
        assert not takers or takers[0] in after
    assert before - missing <= after


@unhurried
@given(preferences(), INSTANTS, st.lists(st.timedeltas(timedelta(0), timedelta(hours=30)), min_size=2, max_size=6))
def test_digests_made_before_a_digest_leave_with_it(wanted: Preferences, start: datetime, steps: list[timedelta]) -> None:
    """No two digests between which no digest hour lies: what is made until one leaves goes with that one."""
    wanted = wanted.model_copy(update={"matrix": {DOCUMENTS: {T: DIGEST}}})
    leaves = next_digest(wanted, start)
    for step in steps:
        made = start + step
        at = plan(NotificationContext(DOCUMENTS, DOSSIER), wanted, {T}, made, made)[T].at
        assert at is not None
        assert (at == leaves) if made < leaves else (at > leaves)


def test_the_hour_of_a_digest_is_the_persons_own() -> None:
    wanted = Preferences(matrix={DOCUMENTS: {T: DIGEST}}, time_zone="Indian/Reunion", digest_hours=(time(8),))
    at = plan(NotificationContext(DOCUMENTS, DOSSIER), wanted, {T}, AT, AT)[T].at
    assert at == instant(datetime(2026, 11, 26, tzinfo=UTC).date(), time(8), wanted.zone) == datetime(2026, 11, 26, 4, tzinfo=UTC)
