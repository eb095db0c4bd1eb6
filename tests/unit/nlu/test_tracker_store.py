"""A conversation's sessions: read and written whole, by one turn at a time, on SQLite and PostgreSQL."""

from __future__ import annotations

import asyncio
import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
import sqlalchemy as sa
from rasa.core.tracker_store import SQLTrackerStore
from rasa.shared.core.domain import Domain
from rasa.shared.core.events import ActionExecuted, BotUttered, SessionStarted, SlotSet, UserUttered
from rasa.shared.core.slots import AnySlot
from rasa.shared.core.trackers import DialogueStateTracker

from nlu import tracker_store
from nlu.tracker_store import TRACKERS, SessionTrackerStore, TurnOvertaken, begin_session
from tests.postgres import Cluster, NoPostgres

PARIS = ZoneInfo("Europe/Paris")
NOW = datetime(2026, 11, 25, 10, tzinfo=PARIS).timestamp()
RETENTION_LIMIT = datetime(2026, 8, 27, tzinfo=PARIS).timestamp()
DOMAIN = Domain.empty()
SLOTS = [AnySlot("dossier", mappings=[{}]), AnySlot("stack", mappings=[{}])]


@pytest.fixture(scope="module")
def server() -> Iterator[Cluster | None]:
    """A PostgreSQL of this file's own; None where there is none."""
    try:
        cluster = Cluster(durable=False)
    except NoPostgres:
        yield None
        return
    yield cluster
    cluster.stop()


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """Where an empty store is to be."""
    if request.param == "sqlite":
        yield str(tmp_path / "rasa.db")
        return
    cluster = request.getfixturevalue("server")
    if cluster is None:
        if os.environ.get("REQUIRE_POSTGRES"):
            pytest.fail("no PostgreSQL on this machine")
        pytest.skip("no PostgreSQL on this machine")
    yield cluster.url
    engine = sa.create_engine(sa.engine.make_url(cluster.url).set(drivername="postgresql+psycopg2"))
    TRACKERS.drop(engine, checkfirst=True)
    engine.dispose()


def open_store(url: str) -> SessionTrackerStore:
    """Open the store as a Rasa server does; it purges when a test says so."""
    store = SessionTrackerStore(DOMAIN, db=url)
    store._domain.slots = SLOTS
    store._last_purge = float("inf")
    return store


@pytest.fixture
def store(url: str) -> Iterator[SessionTrackerStore]:
    """An empty store."""
    opened = open_store(url)
    yield opened
    opened.engine.dispose()


def turn(text: str, at: float = NOW) -> list[object]:
    """The events of a turn, all at one time."""
    events = [UserUttered(text, timestamp=at, message_id=text), BotUttered(f"re: {text}", timestamp=at)]
    return [*events, ActionExecuted("action_listen", timestamp=at)]


def say(store: SessionTrackerStore, sender: str, *texts: str, at: float = NOW) -> DialogueStateTracker:
    """Take the turns of a conversation one after the other, each read and saved."""
    for text in texts:
        tracker = asyncio.run(store.get_or_create_tracker(sender, append_action_listen=False))
        tracker.update_with_events(turn(text, at), DOMAIN, override_timestamp=False)
        asyncio.run(store.save(tracker))
    return tracker


def read_texts(store: SessionTrackerStore, sender: str, *, everything: bool = False) -> list[str]:
    """What the user said in the last session, or in all of them."""
    read = store.retrieve_full_tracker if everything else store.retrieve
    tracker = asyncio.run(read(sender))
    return [event.text for event in tracker.events if isinstance(event, UserUttered)] if tracker else []


def count_rows(store: SessionTrackerStore) -> int:
    """How many rows there are."""
    with store.engine.connect() as connection:
        return int(connection.execute(sa.select(sa.func.count()).select_from(TRACKERS)).scalar())


def test_a_conversation_is_one_row_however_long_it_is(store: SessionTrackerStore) -> None:
    say(store, "a", *map(str, range(12)))
    say(store, "b", "bonjour")
    assert read_texts(store, "a") == list(map(str, range(12)))
    assert read_texts(store, "b") == ["bonjour"]
    assert read_texts(store, "c") == []
    assert count_rows(store) == 2
    assert sorted(asyncio.run(store.keys())) == ["a", "b"]


def test_a_session_that_begins_in_a_turn_is_a_row_of_its_own(store: SessionTrackerStore) -> None:
    say(store, "a", "avant")
    tracker = asyncio.run(store.retrieve("a"))
    tracker.update_with_events([SessionStarted(), SlotSet("dossier", "SPH-1"), *turn("après")], DOMAIN)
    asyncio.run(store.save(tracker))
    tracker.update_with_events(turn("encore"), DOMAIN)
    asyncio.run(store.save(tracker))
    assert read_texts(store, "a") == ["après", "encore"]
    assert read_texts(store, "a", everything=True) == ["avant", "après", "encore"]
    assert asyncio.run(store.retrieve("a")).get_slot("dossier") == "SPH-1"
    assert count_rows(store) == 2


def test_a_session_that_takes_turns_along_leaves_none_behind_twice(store: SessionTrackerStore) -> None:
    say(store, "a", "1", "2", "3", "4")
    tracker = asyncio.run(store.retrieve("a"))
    started = begin_session(tracker, [SessionStarted(), SlotSet("dossier", "SPH-1")], 2, SLOTS)
    assert started.get_slot("dossier") == "SPH-1"
    assert started.latest_message.text == "4"
    started.update_with_events(turn("5"), DOMAIN)
    asyncio.run(store.save(started))
    assert read_texts(store, "a") == ["3", "4", "5"]
    assert read_texts(store, "a", everything=True) == ["1", "2", "3", "4", "5"]
    say(store, "a", "6")
    assert read_texts(store, "a") == ["3", "4", "5", "6"]


def test_a_session_begun_in_a_turn_that_fails_leaves_no_trace(store: SessionTrackerStore) -> None:
    say(store, "a", "1", "2", "3")
    begin_session(asyncio.run(store.retrieve("a")), [SessionStarted()], 1, SLOTS)
    assert read_texts(store, "a") == ["1", "2", "3"]


@pytest.mark.parametrize("border", [False, True])
def test_of_two_turns_at_once_the_later_saves_nothing(store: SessionTrackerStore, url: str, border: bool) -> None:
    """The lease of a turn ran out while it went on, and another process answered it."""
    say(store, "a", "1", "2")
    other = open_store(url)
    late = asyncio.run(other.retrieve("a"))
    if border:
        late = begin_session(late, [SessionStarted()], 1, SLOTS)
    say(store, "a", "3")
    late.update_with_events(turn("3 bis"), DOMAIN)
    with pytest.raises(TurnOvertaken):
        asyncio.run(other.save(late))
    assert read_texts(store, "a", everything=True) == ["1", "2", "3"]
    say(other, "a", "4")
    assert read_texts(store, "a") == ["1", "2", "3", "4"]
    other.engine.dispose()


def test_of_two_first_turns_at_once_one_is_saved(store: SessionTrackerStore, url: str) -> None:
    other = open_store(url)
    trackers = [asyncio.run(one.get_or_create_tracker("new", append_action_listen=False)) for one in (store, other)]
    for tracker, text in zip(trackers, ("un", "deux"), strict=True):
        tracker.update_with_events(turn(text), DOMAIN)
    asyncio.run(store.save(trackers[0]))
    with pytest.raises(TurnOvertaken):
        asyncio.run(other.save(trackers[1]))
    assert read_texts(other, "new") == ["un"]
    other.engine.dispose()


def test_servers_that_start_at_once_make_one_table(url: str) -> None:
    async def start() -> list[SessionTrackerStore]:
        return await asyncio.gather(*(asyncio.to_thread(open_store, url) for _ in range(4)))

    stores = asyncio.run(start())
    say(stores[0], "a", "bonjour")
    assert read_texts(stores[3], "a") == ["bonjour"]
    for one in stores:
        one.engine.dispose()


def test_a_store_that_is_away_is_an_error_and_no_new_conversation(tmp_path: Path) -> None:
    store = open_store(str(tmp_path / "rasa.db"))
    say(store, "a", "bonjour")
    store.engine.dispose()
    (tmp_path / "rasa.db").write_bytes(b"no database" * 1000)
    with pytest.raises(sa.exc.SQLAlchemyError):
        asyncio.run(store.retrieve("a"))


def test_what_rasa_kept_a_row_an_event_is_taken_over(tmp_path: Path) -> None:
    file = tmp_path / "rasa.db"
    former = SQLTrackerStore(DOMAIN, dialect="sqlite", db=str(file))
    first = [SessionStarted(timestamp=NOW), *turn("hier", NOW)]
    events = [*first, SessionStarted(timestamp=NOW + 9), SlotSet("dossier", "SPH-1", timestamp=NOW + 9), *turn("là", NOW + 9)]
    asyncio.run(former.save(DialogueStateTracker.from_events("a", events)))
    asyncio.run(former.save(DialogueStateTracker.from_events("b", turn("seul"))))
    former.engine.dispose()

    store = open_store(str(file))
    assert read_texts(store, "a") == ["là"]
    assert asyncio.run(store.retrieve("a")).get_slot("dossier") == "SPH-1"
    assert read_texts(store, "a", everything=True) == ["hier", "là"]
    assert read_texts(store, "b") == ["seul"]
    say(store, "a", "encore")
    store.engine.dispose()

    again = open_store(str(file))
    assert read_texts(again, "a") == ["là", "encore"]
    assert count_rows(again) == 3
    again.engine.dispose()


def test_what_a_former_version_kept_meanwhile_comes_after(tmp_path: Path) -> None:
    file = tmp_path / "rasa.db"
    store = open_store(str(file))
    say(store, "a", "avant")
    store.engine.dispose()
    former = SQLTrackerStore(DOMAIN, dialect="sqlite", db=str(file))
    asyncio.run(former.save(DialogueStateTracker.from_events("a", turn("entre"))))
    former.engine.dispose()
    again = open_store(str(file))
    assert read_texts(again, "a") == ["entre"]
    assert read_texts(again, "a", everything=True) == ["avant", "entre"]
    again.engine.dispose()


def test_a_table_of_somebody_elses_is_left_alone(url: str) -> None:
    engine = sa.create_engine(sa.engine.make_url(url).set(drivername="postgresql+psycopg2") if "://" in url else f"sqlite:///{url}")
    with engine.begin() as connection:
        connection.execute(sa.text("CREATE TABLE events (id INTEGER, title TEXT)"))
    open_store(url).engine.dispose()
    with engine.begin() as connection:
        assert sa.inspect(connection).has_table("events")
        connection.execute(sa.text("DROP TABLE events"))
    engine.dispose()


def test_a_day_in_paris_is_kept_whole_until_ninety_have_followed(store: SessionTrackerStore) -> None:
    say(store, "before", "Jeanne Durand", at=RETENTION_LIMIT - 1)
    say(store, "after", "Jeanne Durand", at=RETENTION_LIMIT)
    assert store.purge(NOW) == 1
    assert asyncio.run(store.keys()) == ["after"]
    assert store.purge(NOW) == 0


def test_a_purge_deletes_a_batch(store: SessionTrackerStore, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tracker_store, "BATCH_SIZE", 3)
    for number in range(8):
        say(store, f"old {number}", "Jeanne Durand", at=RETENTION_LIMIT - 1 - number)
    assert [store.purge(NOW) for _ in range(4)] == [3, 3, 2, 0]


def test_a_save_purges_old_sessions(store: SessionTrackerStore) -> None:
    say(store, "old", "Jeanne Durand", at=1_000_000_000.0)
    store._last_purge = float("-inf")
    say(store, "new", "bonjour", at=32_000_000_000.0)
    assert asyncio.run(store.keys()) == ["new"]


def test_what_is_deleted_is_no_longer_in_the_file(tmp_path: Path) -> None:
    store = open_store(str(tmp_path / "rasa.db"))
    say(store, "a", *(f"Zwartkowski {number} " + "x" * 3000 for number in range(9)))
    with store.engine.begin() as connection:
        connection.execute(TRACKERS.delete())
    store.engine.dispose()
    with closing(sqlite3.connect(tmp_path / "rasa.db")) as database:
        database.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
    assert b"Zwartkowski" not in (tmp_path / "rasa.db").read_bytes()


def test_whoever_dies_in_a_transaction_holds_nobody_up_for_long(server: Cluster | None) -> None:
    if server is None:
        pytest.skip("no PostgreSQL on this machine")
    engine = tracker_store._create_engine(server.url)
    with engine.connect() as connection:
        shown = {
            name: connection.execute(sa.text(f"SHOW {name}")).scalar() for name in ("lock_timeout", "idle_in_transaction_session_timeout")
        }
        told = connection.connection.connection.get_dsn_parameters()
    engine.dispose()
    assert shown == {"lock_timeout": "15s", "idle_in_transaction_session_timeout": "30s"}
    assert {name: told[name] for name in ("connect_timeout", "keepalives_idle", "keepalives_count", "tcp_user_timeout")} == {
        "connect_timeout": "5",
        "keepalives_idle": "5",
        "keepalives_count": "3",
        "tcp_user_timeout": "11000",
    }


def test_a_lock_of_somebody_who_went_silent_in_a_transaction_is_given_back(server: Cluster | None, monkeypatch: pytest.MonkeyPatch) -> None:
    if server is None:
        pytest.skip("no PostgreSQL on this machine")
    monkeypatch.setitem(tracker_store._SESSION_SETTINGS, "idle_in_transaction_session_timeout", 200)
    lock = sa.text("SELECT pg_advisory_xact_lock(7)")
    silent, waiting = tracker_store._create_engine(server.url), tracker_store._create_engine(server.url)
    with silent.connect() as hanging, waiting.connect() as other:
        hanging.execute(lock)
        other.execute(lock)
        with pytest.raises(sa.exc.DBAPIError):
            hanging.execute(sa.text("SELECT 1"))
    silent.dispose()
    waiting.dispose()
