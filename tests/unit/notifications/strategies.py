"""Hypothesis strategies: preferences of any kind."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st

from bot.notifications.kinds import Category, DeliveryChannel, Mode
from bot.notifications.preferences import Mute, Preferences, Window, always_quiet

unhurried = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
"""For properties: no timing is judged."""
ZONES = ("Europe/Paris", "America/New_York", "Indian/Reunion", "Australia/Lord_Howe")
DOSSIERS = ("SPH-2024-000137", "SPH-2024-000205")
# Days about both changes of the clock in Paris and New York, about Easter and Christmas: everything that is special comes up.
_SPECIAL = [datetime(2026, *day, tzinfo=UTC) for day in ((3, 8), (3, 29), (4, 5), (10, 4), (10, 25), (11, 1), (12, 24), (12, 31))]
INSTANTS = st.one_of(
    st.datetimes(datetime(2025, 1, 1), datetime(2031, 12, 31), timezones=st.just(UTC)),
    st.builds(lambda day, after: day + after, st.sampled_from(_SPECIAL), st.timedeltas(timedelta(0), timedelta(days=2))),
)
HOURS = st.builds(time, st.integers(0, 23), st.sampled_from((0, 15, 30, 45)))
WINDOWS = st.builds(Window, days=st.frozensets(st.integers(0, 7), min_size=1), start=HOURS, end=HOURS)
MODES = st.sampled_from(Mode)
MATRICES = st.dictionaries(st.sampled_from(Category), st.dictionaries(st.sampled_from(DeliveryChannel), MODES))


def mutes() -> st.SearchStrategy[Mute]:
    """Mutes about the instants that are drawn, with and without an end."""
    return st.builds(
        lambda dossier, since, lasts: Mute(dossier=dossier, since=since, until=since + lasts if lasts is not None else None),
        st.sampled_from((None, *DOSSIERS)),
        INSTANTS,
        st.none() | st.timedeltas(timedelta(minutes=1), timedelta(days=400)),
    )


@st.composite
def preferences(draw: st.DrawFn, *, quiet_too: bool = True, mutes_too: bool = False) -> Preferences:
    """Any preferences that may be."""
    quiet = tuple(draw(st.lists(WINDOWS, max_size=4))) if quiet_too else ()
    return Preferences(
        matrix=draw(MATRICES),
        digest_hours=tuple(draw(st.lists(HOURS, min_size=1, max_size=3))),
        digest_days=draw(st.frozensets(st.integers(0, 6), min_size=1)),
        time_zone=draw(st.sampled_from(ZONES)),
        quiet=quiet if not always_quiet(quiet) else (),
        mutes=tuple(draw(st.lists(mutes(), max_size=2))) if mutes_too else (),
    )
