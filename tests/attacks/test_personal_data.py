"""Nothing of a person is kept longer than its term, all of it can be shown to them, and all of it can be erased."""

from __future__ import annotations

import json
import re
import sqlite3
from contextlib import closing
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select, update
from typer.testing import CliRunner

from bot.cli import app
from bot.core.audit import AuditEvent
from bot.core.clock import ManualClock
from bot.core.database import Database, sqlite_url
from bot.identity.tables import ChatLink
from bot.messaging import retention
from bot.messaging.retention import Retention
from bot.messaging.tables import Conversation, MessageRow
from bot.migrations import upgrade
from bot.migrations.tables import metadata
from bot.notifications.purge import Purge
from bot.personal_data.erasure import PersonalData, PersonBusy
from bot.personal_data.holdings import HOLDINGS, NOT_HELD
from bot.personal_data.purge import erasures
from bot.personal_data.retention_terms import NOTHING, TERMS, TRACKER_EVENTS
from bot.settings import Settings
from bot.support import retention as support_retention
from tests.attacks.personal_data_fixtures import (
    ACCOUNT,
    CHAT,
    CONVERSATION,
    EMAIL,
    NAME,
    NOW,
    OTHER,
    SECRET,
    TRACES,
    WORDS,
    content,
    database_with_person,
    make_trackers,
    put_everywhere,
    rows_of_person,
    traces,
)
from tests.databases import every_database
from tests.stack import ROOT

__all__ = ["every_database"]

ENDED = {
    "account_decisions", "account_request_askers", "account_requests", "buttons", "chat_links", "chat_sessions", "chat_sources",
    "continuations", "dossier_probes", "events", "limit_counters", "link_tokens", "login_codes", "login_guards", "notice_messages",
    "notice_sends", "notices", "outbox", "page_links", "sign_ins", "support_agent_links", "support_agent_sessions",
    "support_group_inputs", "support_link_codes", "support_notes", "support_recovery_codes", "support_sentences", "support_threads",
    "support_transcript_links", "support_viewers",
}  # fmt: skip
"""Tables whose rows are deleted at the end of their term; the others' are emptied, or hold nobody."""


def settings(**changes: Any) -> Settings:
    return Settings(SECRET=SECRET, **changes)


async def pass_retention(database: Database, chosen: Settings) -> int:
    clock = ManualClock(NOW)
    every = (*retention.ERASURES, *support_retention.ERASURES, *erasures(chosen))
    count = await Purge(database, clock, chosen).run_due() + await Retention(database, clock, chosen, every).run_due()
    # What a round leaves behind for the next: an event without notices, the thread of an erased ticket.
    return count + await Purge(database, clock, chosen).run_due() + await Retention(database, clock, chosen, every).run_due()


def test_every_table_has_a_term_and_says_what_it_holds_of_a_person() -> None:
    tables = set(metadata.tables)
    assert set(TERMS) == tables
    held = {holding.table.__tablename__ for holding in HOLDINGS}
    assert held | set(NOT_HELD) == tables
    assert held & set(NOT_HELD) == set()
    assert {table for table, term in TERMS.items() if term.holds.startswith("nothing")} == set(NOT_HELD)
    assert set(rows_of_person(NOW)) == held | {"support_moves"}, "a new table must be put into the fixture of these tests, too"


def test_operators_read_the_terms_that_are_enforced() -> None:
    reference = (ROOT / "docs" / "reference.md").read_text()
    rows = re.findall(r"^\| `(\w+)` \| (.+?) \| (.+?) \| (.+?) \| (.+?) \|$", reference, re.M)
    documented = {row[0]: row[1:] for row in rows if row[0] in TERMS and len(row) == 5 and row[1] == TERMS[row[0]].holds}
    assert {table: (term.holds, term.term, term.end) for table, term in TERMS.items()} == {
        table: (row[0], row[1], row[3]) for table, row in documented.items()
    }
    for table, row in documented.items():
        assert row[2].replace("`", "") == TERMS[table].setting
    assert f"| `rasa.db`: `trackers` | {TRACKER_EVENTS.holds} | {TRACKER_EVENTS.term} |" in reference
    names = {name for term in TERMS.values() if term.setting != NOTHING for name in term.setting.split(", ")}
    assert names <= {field.alias for field in Settings.model_fields.values()}


async def test_at_the_end_of_the_terms_nothing_of_the_person_is_left(every_database: str) -> None:
    async with database_with_person(every_database, NOW - timedelta(days=500)) as (database, _):
        assert {trace for _, trace in await traces(database)} == set(TRACES)
        await pass_retention(database, settings())
        assert await traces(database, without=("audit_events",)) == set()
        left = await content(database)
        for table in ENDED:
            assert left[table] == [], table
        for table in ("inbox", "support_tickets", "support_moves", "operations"):
            assert len(left[table]) == 1, f"figures are made of {table}"
        assert len(left["conversations"]) == len(left["messages"]) == 2
        assert any("880088" in row for row in left["conversations"])
        assert await pass_retention(database, settings()) == 0


async def test_before_the_end_of_its_term_nothing_goes(every_database: str) -> None:
    async with database_with_person(every_database, NOW - timedelta(hours=20)) as (database, _):
        # An agent who is no agent any more keeps nothing that opens a way in: that goes at once.
        at_once = ("support_agent_sessions", "support_agent_links", "support_recovery_codes", "audit_events")
        before = await content(database, without=at_once)
        await pass_retention(database, settings())
        assert {table: rows for table, rows in (await content(database, without=at_once)).items() if rows != before[table] and
                table not in ("retention",)} == {}  # fmt: skip


async def test_each_term_is_that_of_its_setting(every_database: str) -> None:
    async with database_with_person(every_database, NOW - timedelta(days=200)) as (database, _):
        await pass_retention(database, settings())
        left = await content(database)
        assert left["account_requests"]
        assert any(CHAT in row for row in left["conversations"])
        assert any("title" not in row and ACCOUNT in row for row in left["events"]), "titles go with what was said"
        await pass_retention(database, settings(CONVERSATION_DAYS=199, ACCOUNT_REQUEST_DAYS=199, NOTICE_DAYS=199))
        left = await content(database)
        assert left["account_requests"] == left["events"] == left["notices"] == []
        assert not any(CHAT in row for row in left["conversations"])


async def test_a_chat_that_is_linked_or_waits_for_an_agent_keeps_its_address(every_database: str) -> None:
    async with database_with_person(every_database, NOW - timedelta(days=500), closed=False) as (database, _):
        await pass_retention(database, settings())
        assert any(CHAT in row for row in (await content(database))["conversations"])


async def test_retention_goes_in_batches(every_database: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(retention, "BATCH_SIZE", 1)
    async with database_with_person(every_database, NOW - timedelta(days=500)) as (database, _):
        await pass_retention(database, settings())
        assert await traces(database, without=("audit_events",)) == set()


@pytest.mark.parametrize("who", [EMAIL, EMAIL.upper(), ACCOUNT, f"Practitioner/{ACCOUNT}"])
async def test_after_the_erasure_nothing_of_the_person_is_in_the_database(every_database: str, who: str) -> None:
    async with database_with_person(every_database) as (database, data):
        others = [row for row in (await content(database))["messages"] if "quelqu’un d’autre" in row]
        erased = await data.erase(who)
        assert await traces(database) == set()
        assert erased.kept == {"audit_events": 1}
        left = await content(database)
        assert [row for row in left["messages"] if "quelqu’un d’autre" in row] == others
        assert any("880088" in row for row in left["conversations"])
        assert any("other" in row for row in left["events"]), "others keep the event"
        for table, rows in left.items():
            if table not in ("audit_events",):
                assert not any(ACCOUNT in row for row in rows), table


async def test_erasing_twice_changes_nothing(every_database: str) -> None:
    async with database_with_person(every_database) as (database, data):
        await data.erase(EMAIL)
        before = await content(database)
        again = await data.erase(ACCOUNT)
        assert sum(again.rows.values()) == 0
        assert await content(database) == before


async def test_an_erasure_that_fails_halfway_erases_nothing(every_database: str, monkeypatch: pytest.MonkeyPatch) -> None:
    async with database_with_person(every_database) as (database, data):
        before = await content(database)

        async def fail(*_: Any, **__: Any) -> bool:
            raise ConnectionError

        monkeypatch.setattr("bot.personal_data.erasure.audit.record", fail)
        with pytest.raises(ConnectionError):
            await data.erase(EMAIL)
        assert await content(database) == before


async def test_nothing_is_erased_while_an_agent_is_asked_for(every_database: str) -> None:
    async with database_with_person(every_database, closed=False) as (database, data):
        before = await content(database)
        with pytest.raises(PersonBusy) as caught:
            await data.erase(EMAIL)
        assert caught.value.tickets == {1}
        assert await content(database) == before


async def test_a_chat_that_is_somebody_elses_now_is_left_alone(every_database: str) -> None:
    async with database_with_person(every_database) as (database, data):
        async with database.writing() as session:
            await session.execute(update(ChatLink).values(account_id="another-account"))
        erased = await data.erase(ACCOUNT)
        assert erased.person.shared == {CONVERSATION}
        async with database.reading() as session:
            assert await session.scalar(select(Conversation.address).where(Conversation.id == CONVERSATION)) == CHAT
            assert WORDS in list(await session.scalars(select(MessageRow.text)))


async def test_an_export_holds_what_is_held_and_nothing_that_opens_anything(every_database: str) -> None:
    async with database_with_person(every_database) as (database, data):
        person, tables = await data.export(EMAIL)
        assert person.accounts == {ACCOUNT}
        assert person.names == {NAME}
        written = json.dumps(tables, ensure_ascii=False, default=str)
        for trace in TRACES:
            assert trace in written, trace
        assert "quelqu’un d’autre" not in written
        for name in ("token", "token_hash", "code_hash", "session", "nonce", "unsubscribe_token", "password_hash"):
            assert f'"{name}"' not in written
        agents = {"support_agents", "support_agent_sessions", "support_agent_links", "support_link_codes", "support_recovery_codes"}
        held = {holding.table.__tablename__ for holding in HOLDINGS} - agents
        assert set(tables) == held - {"events"}, "an event on a dossier is about the dossier"
        async with database.reading() as session:
            exported = list(await session.scalars(select(AuditEvent).where(AuditEvent.action == "person.export")))
        assert [(event.subject, event.actor, event.outcome) for event in exported] == [(f"Practitioner/{ACCOUNT}", "operator", "exported")]


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An installation's folder with the person everywhere in it, as the command line finds it."""
    for name in ("DATABASE_URL", "PLATFORM_URL"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("DATA", str(tmp_path))
    monkeypatch.setenv("SECRET", SECRET)
    upgrade(sqlite_url(tmp_path / "sphere.db"))
    make_trackers(tmp_path / "rasa.db")
    return tmp_path


async def fill_folder(folder: Path) -> Database:
    database = Database(sqlite_url(folder / "sphere.db"))
    await put_everywhere(database, NOW)
    return database


def invoke(*arguments: str, answer: str | None = None) -> Any:
    """Run the command line in a thread of its own: it has its own loop."""
    import concurrent.futures

    with concurrent.futures.ThreadPoolExecutor(1) as pool:
        return pool.submit(lambda: CliRunner().invoke(app, ["person", *arguments], input=answer)).result()


async def test_the_command_line_shows_and_erases_everything(folder: Path) -> None:
    database = await fill_folder(folder)
    out = folder / "zoe.json"
    done = invoke("export", EMAIL, "--out", str(out))
    assert done.exit_code == 0, done.output
    assert out.stat().st_mode & 0o777 == 0o600
    exported = json.loads(out.read_text())
    assert list(exported["trackers"]) == [CONVERSATION]
    assert invoke("export", EMAIL, "--out", str(out)).exit_code == 1, "a file that is there is not written over"
    out.unlink()

    assert invoke("erase", EMAIL, answer="n\n").exit_code == 1
    assert await traces(database) != set()
    done = invoke("erase", EMAIL, answer="y\n")
    assert done.exit_code == 0, done.output
    assert "audit_events" in done.output
    assert await traces(database) == set()
    assert WORDS.encode() not in (folder / "rasa.db").read_bytes().replace(f"{WORDS} de {OTHER}".encode(), b"")
    with closing(sqlite3.connect(folder / "rasa.db")) as connection:
        assert connection.execute("SELECT conversation FROM trackers").fetchall() == [(OTHER,)]
    assert "Rien n’est conservé" in invoke("erase", ACCOUNT, "--yes").output
    await database.close()


async def test_while_the_database_is_locked_nothing_is_half_erased(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bot.core.database.BUSY_SECONDS", 0.1)
    database = await fill_folder(folder)
    before = await content(database)
    with closing(sqlite3.connect(folder / "sphere.db", isolation_level=None)) as locking:
        locking.execute("BEGIN EXCLUSIVE")
        done = invoke("erase", EMAIL, "--yes")
        assert done.exit_code == 1
        assert EMAIL not in done.output
        locking.execute("ROLLBACK")
    assert await content(database) == before
    with closing(sqlite3.connect(folder / "rasa.db")) as connection:
        assert connection.execute("SELECT count(*) FROM trackers").fetchone() == (2,)
    await database.close()


def test_a_person_nobody_knows_has_nothing(folder: Path) -> None:
    assert "Rien n’est conservé" in invoke("erase", "personne@nulle-part.test", "--yes").output


async def test_the_service_keeps_no_secret_of_who_was_erased(every_database: str) -> None:
    async with database_with_person(every_database) as (database, data):
        await data.erase(EMAIL)
        async with database.reading() as session:
            last = (await session.scalars(select(AuditEvent).order_by(AuditEvent.id.desc()))).first()
        assert last is not None
        assert (last.action, last.subject, last.actor) == ("person.erase", f"Practitioner/{ACCOUNT}", "operator")
        assert isinstance(data, PersonalData)
