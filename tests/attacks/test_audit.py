"""Attacks on the audit trail: not being in it, changing it, taking something out, filling it, stopping it."""

from __future__ import annotations

import asyncio
import json
import socket
import stat
from datetime import date, timedelta
from pathlib import Path

import pytest
from alembic import command
from fhir.resources.R4B.auditevent import AuditEvent as AuditEventResource
from sqlalchemy import create_engine, text
from sqlalchemy.exc import DBAPIError
from typer.testing import CliRunner

from bot.audit_cli import export_to, hashes_of
from bot.cli import app as cli
from bot.container import Container
from bot.core.audit import record
from bot.core.audit_chain import verify
from bot.core.audit_copy import AuditCopy, FileSink, SyslogSink, sink_of
from bot.core.clock import ManualClock
from bot.core.database import Database
from bot.dossiers.probing import Origin
from bot.identity.errors import IdentityError
from bot.identity.tables import ChatLink
from bot.migrations import configuration, upgrade
from bot.settings import Settings, SettingsError
from tests.attacks.audit_fixtures import NOW, Trail, UnreliableSink, small_trail, trail
from tests.attacks.oracle_fixtures import (
    CHANNELS,
    CLAIRE,
    KARIM,
    Probing,
    database_kind,
    directory,
    limits,
    probing,
    sandbox,
)
from tests.databases import every_empty_database
from tests.unit.harness import CLAIRES_DOSSIER
from tests.unit.web.desk.running_desk import running_desk

__all__ = [
    "database_kind",
    "directory",
    "every_empty_database",
    "limits",
    "probing",
    "sandbox",
    "small_trail",
    "trail",
]

ROW = "at, action, outcome"
VALUES = "'2026-01-01 00:00:00', 'x', 'y'"


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE audit_events SET actor = 'nobody'",
        "DELETE FROM audit_events",
        "DELETE FROM audit_events WHERE id = 2",
        f"INSERT OR REPLACE INTO audit_events (id, {ROW}) VALUES (2, {VALUES})",
        f"INSERT INTO audit_events (id, {ROW}) VALUES (2, {VALUES}) ON CONFLICT (id) DO UPDATE SET actor = 'nobody'",
        "TRUNCATE audit_events",
        "TRUNCATE audit_events CASCADE",
    ],
)
async def test_the_application_cannot_change_what_was_recorded(trail: Trail, statement: str) -> None:
    await trail.add("read", "read", "read")
    before = [event.hash for event in await trail.events()]
    with pytest.raises(DBAPIError):
        await trail.execute(statement)
    assert [event.hash for event in await trail.events()] == before
    assert (await verify(trail.database)).intact


@pytest.mark.parametrize(
    ("statement", "broken_at"),
    [
        ("UPDATE audit_events SET actor = 'nobody' WHERE id = 2", 2),
        ("UPDATE audit_events SET dossier = NULL WHERE id = 1", 1),
        ("DELETE FROM audit_events WHERE id = 2", 3),
        ("DELETE FROM audit_events WHERE id = 1", 2),
        (f"INSERT INTO audit_events (id, {ROW}) VALUES (9, {VALUES})", 9),
    ],
)
async def test_what_the_owner_of_the_database_changes_shows(trail: Trail, statement: str, broken_at: int) -> None:
    await trail.add("read", "read", "read")
    await trail.execute_as_owner(statement)
    assert (await verify(trail.database)).broken_at == broken_at


async def test_taking_out_the_newest_events_shows_by_what_was_kept_elsewhere(small_trail: Trail, tmp_path: Path) -> None:
    await small_trail.add("read", "read", "read")
    copy = tmp_path / "copy.ndjson"
    await AuditCopy(small_trail.database, small_trail.clock, "file", FileSink(copy)).run_due()
    await small_trail.execute_as_owner("DELETE FROM audit_events WHERE id = 3")
    verdict = await verify(small_trail.database, hashes_of(copy))
    assert (verdict.broken_at, len(verdict.missing), verdict.intact) == (None, 1, False)


async def test_events_written_at_once_are_one_chain(trail: Trail) -> None:
    await asyncio.gather(*(trail.add(f"o{number}") for number in range(30)))
    events = await trail.events()
    assert len(events) == 30
    assert [after.previous for after in events[1:]] == [before.hash for before in events[:-1]]
    assert (await verify(trail.database)).intact


async def test_what_was_rolled_back_is_not_recorded_and_leaves_the_chain_whole(trail: Trail) -> None:
    async def interrupted() -> None:
        async with trail.database.writing() as session:
            await record(session, now=NOW, actor="a-1", action="x", outcome="never")
            raise RuntimeError

    await trail.add("read")
    with pytest.raises(RuntimeError):
        await interrupted()
    await trail.add("read")
    assert [event.outcome for event in await trail.events()] == ["read", "read"]
    assert (await verify(trail.database)).intact


async def _break_audit(database: Database) -> None:
    async with database.writing() as session:
        await session.execute(text("CREATE TRIGGER full BEFORE INSERT ON audit_events BEGIN SELECT RAISE(ABORT, 'disk full'); END"))


async def test_where_nothing_can_be_recorded_nobody_is_linked_and_nothing_is_read(probing: Probing) -> None:
    world = probing.world
    claire = await world.account(CLAIRE)
    await world.identity.start_code("chat", CLAIRE)
    code = await world.code(CLAIRE)
    await _break_audit(world.database)
    with pytest.raises(DBAPIError):
        await world.identity.check_code("chat", code)
    async with world.database.reading() as session:
        assert await session.get(ChatLink, "chat") is None
    with pytest.raises(DBAPIError):
        await probing.dossiers.get(CLAIRES_DOSSIER, claire, Origin("chat", "t1", "web"))
    with pytest.raises(DBAPIError):
        await world.partners.list(CLAIRES_DOSSIER, claire, Origin("chat", "t1", "web"))


async def test_a_reading_is_recorded_once_a_turn_and_names_nobody(probing: Probing) -> None:
    chat = await probing.chat(CLAIRE)
    for _ in range(2):
        await chat.say(f"qui suit {CLAIRES_DOSSIER} ?", "list_partners", CHANNELS["web"], dossier_ref=CLAIRES_DOSSIER)
    await chat.say("mes dossiers", "list_dossiers", CHANNELS["web"])
    await chat.say("dossier de Jeanne Durand", "find_dossier", CHANNELS["web"], usager_name="Jeanne Durand")
    claire = await probing.world.account(CLAIRE)
    events = await probing.trail(actor=claire.id, conversation="chat", channel="web")
    assert [(event.action, event.dossier) for event in events] == [
        ("dossiers.read", CLAIRES_DOSSIER),
        ("partners.list", CLAIRES_DOSSIER),
        ("dossiers.read", CLAIRES_DOSSIER),
        ("partners.list", CLAIRES_DOSSIER),
        ("dossiers.list", None),
        ("dossiers.search", None),
    ]
    every = [str(vars(event)) for event in await probing.trail()]
    assert not any(name in line for line in every for name in ("Durand", "Jeanne", "Moreau", "1948", "@"))


async def test_refusals_show_who_tried_what_from_where(probing: Probing) -> None:
    chat, karim = await probing.chat(KARIM), await probing.world.account(KARIM)
    await chat.say(f"qui suit {CLAIRES_DOSSIER} ?", "list_partners", CHANNELS["telegram"], dossier_ref=CLAIRES_DOSSIER)
    (event,) = await probing.trail(outcome="not_a_member")
    assert (event.actor, event.dossier, event.conversation, event.channel) == (karim.id, CLAIRES_DOSSIER, "chat", "telegram")


async def test_wrong_codes_and_the_lockout_are_recorded(probing: Probing) -> None:
    await probing.world.identity.start_code("chat", CLAIRE)
    code = await probing.world.code(CLAIRE)
    wrong = f"{(int(code) + 1) % 1_000_000:06d}"
    for _ in range(7):
        with pytest.raises(IdentityError):
            await probing.world.identity.check_code("chat", wrong)
    outcomes = [event.outcome for event in await probing.trail(action="identity.wrong_code")]
    assert outcomes == ["refused"] * 4 + ["locked"]  # what is tried while it is locked is looked at no more


async def test_failed_sign_ins_and_what_agents_read_at_the_desk_are_recorded(tmp_path: Path) -> None:
    async with running_desk(tmp_path) as desk:
        browser = await desk.agent_browser("ines", supervisor=True)
        assert browser.agent is not None
        stranger = desk.browser()
        await stranger.sign_in("ines", "un autre mot de passe")
        await stranger.sign_in("personne", "un autre mot de passe")
        for _ in range(2):
            assert (await browser.open("/desk/figures/all.csv")).status_code == 200
        assert (await browser.open("/desk/duplicates")).status_code == 200
        other = await desk.agent_browser("marc", "Marc")
        assert (await other.open("/desk/figures/all.csv")).status_code == 403
        found = await Trail(desk.support_bot.bot.app.state.parts.database).events()
    failed = [(event.actor, event.subject) for event in found if event.action == "support.sign_in" and event.outcome == "failed"]
    assert failed == [(None, browser.agent.id), (None, None)]
    refused = [event.subject for event in found if event.action == "support.refused"]
    assert refused == ["/desk/figures/{name}.csv"]
    exports = [event for event in found if event.action == "support.export"]
    assert [(event.actor, event.subject) for event in exports] == [(f"agent:{browser.agent.id}", "all.csv")]
    assert "personne" not in str([vars(event) for event in found])


async def test_an_export_is_valid_fhir_names_nobody_and_is_itself_recorded(probing: Probing, tmp_path: Path) -> None:
    chat = await probing.chat(CLAIRE)
    await chat.say(f"qui suit {CLAIRES_DOSSIER} ?", "list_partners", CHANNELS["web"], dossier_ref=CLAIRES_DOSSIER)
    await chat.say("ouvre SPH-2024-000205", "find_dossier", CHANNELS["web"], dossier_ref="SPH-2024-000205")
    out, today = tmp_path / "export.ndjson", date(2026, 11, 23)
    count = await export_to(probing.world.database, probing.world.clock, out, today, today)
    lines = out.read_text().splitlines()
    assert len(lines) == count == len(await probing.trail())
    for line in lines:
        AuditEventResource.model_validate_json(line)
    assert stat.S_IMODE(out.stat().st_mode) == 0o600
    assert not any(name in out.read_text() for name in ("Durand", "Jeanne", "1948"))
    resources = [json.loads(line) for line in lines]
    read = next(resource for resource in resources if resource["outcomeDesc"] == "partners.list: read")
    assert (read["action"], read["outcome"], read["source"]["site"]) == ("R", "0", "web")
    assert read["entity"][0]["what"]["identifier"]["value"] == CLAIRES_DOSSIER
    assert next(resource for resource in resources if resource["outcomeDesc"] == "dossiers.read: not_a_member")["outcome"] == "4"
    assert resources[-1]["outcomeDesc"] == "audit.export: exported"
    with pytest.raises(FileExistsError):
        await export_to(probing.world.database, probing.world.clock, out, today, today)


async def test_nothing_is_lost_while_the_copy_cannot_be_written(trail: Trail) -> None:
    sink = UnreliableSink()
    copy = AuditCopy(trail.database, trail.clock, "sink", sink)
    await trail.add("read", "read")
    sink.refuses = True
    with pytest.raises(OSError, match="space"):
        await copy.run_due()
    trail.clock.advance(timedelta(minutes=2))
    assert not await copy.healthy()
    assert await copy.waiting() == 2
    sink.refuses = False
    await trail.add("read")
    await copy.run_due()
    assert sink.ids == [event.id for event in await trail.events()]
    assert await copy.healthy()


async def test_a_crash_while_copying_repeats_and_never_skips(trail: Trail) -> None:
    sink = UnreliableSink()
    await trail.add("read", "read")
    sink.dies_after_writing = True
    with pytest.raises(OSError, match="output"):
        await AuditCopy(trail.database, trail.clock, "sink", sink).run_due()
    sink.dies_after_writing = False
    await AuditCopy(trail.database, trail.clock, "sink", sink).run_due()
    ids = [event.id for event in await trail.events()]
    assert sink.ids == ids * 2


async def test_several_processes_copy_each_event_once_and_in_order(trail: Trail) -> None:
    sink = UnreliableSink()
    copies = [AuditCopy(trail.database, trail.clock, "sink", sink) for _ in range(3)]
    for _ in range(4):
        await trail.add("read", "read", "read")
        await asyncio.gather(*(copy.run_due() for copy in copies))
    assert sink.ids == [event.id for event in await trail.events()]


async def test_the_file_is_only_appended_to_and_is_not_followed_elsewhere(small_trail: Trail, tmp_path: Path) -> None:
    path = tmp_path / "audit.log"
    path.write_text("what was there\n")
    await small_trail.add("read")
    await AuditCopy(small_trail.database, small_trail.clock, "file", FileSink(path)).run_due()
    lines = path.read_text().splitlines()
    assert lines[0] == "what was there"
    assert hashes_of_lines(lines[1:]) == [event.hash for event in await small_trail.events()]
    elsewhere = tmp_path / "link.log"
    elsewhere.symlink_to(path)
    with pytest.raises(OSError, match="link"):
        FileSink(elsewhere).check()


def hashes_of_lines(lines: list[str]) -> list[str]:
    return [json.loads(line)["extension"][0]["valueString"] for line in lines]


async def test_a_syslog_gets_rfc_5424_with_the_facility_of_security(small_trail: Trail, tmp_path: Path) -> None:
    await small_trail.add("read", "read")
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as server:
        server.bind(str(tmp_path / "log"))
        server.settimeout(10)
        copy = AuditCopy(small_trail.database, small_trail.clock, "syslog", sink_of(f"syslog:{tmp_path / 'log'}"))
        assert await copy.run_due() == 2
        datagrams = [server.recv(65_536).decode() for _ in range(2)]
    assert all(datagram.startswith(f"<86>1 2026-11-23T09:00:00.000Z {socket.gethostname()} ") for datagram in datagrams)
    assert hashes_of_lines([datagram[datagram.index("{") :] for datagram in datagrams]) == [e.hash for e in await small_trail.events()]


async def test_a_syslog_that_is_gone_loses_nothing(small_trail: Trail, tmp_path: Path) -> None:
    await small_trail.add("read")
    copy = AuditCopy(small_trail.database, small_trail.clock, "syslog", SyslogSink(str(tmp_path / "nowhere")))
    with pytest.raises(OSError, match="no such socket"):
        await copy.run_due()
    assert await copy.waiting() == 1


@pytest.mark.parametrize("setting", ["file:relative", "/var/log/audit", "syslog:", "https://example.org", "syslog:host:port"])
def test_a_place_that_is_none_is_refused_at_start(setting: str) -> None:
    with pytest.raises(ValueError, match="AUDIT_LOG"):
        Settings(AUDIT_LOG=setting)


async def test_a_place_that_cannot_be_written_is_refused_at_start(tmp_path: Path) -> None:
    parts = Container(Settings(DATA=tmp_path, AUDIT_LOG=f"file:{tmp_path}/none/audit.log"), ManualClock(NOW))
    with pytest.raises(SettingsError, match="AUDIT_LOG"):
        assert parts.audit_copy
    await parts.aclose()


def test_events_of_an_older_version_are_chained_by_the_upgrade(every_empty_database: str) -> None:
    command.upgrade(configuration(every_empty_database), "0009")
    engine = create_engine(every_empty_database.replace("+aiosqlite", ""))
    with engine.begin() as connection:
        for number in range(3):
            connection.execute(
                text(f"INSERT INTO audit_events ({ROW}, actor) VALUES ('2026-01-01 00:00:00', 'x', 'y', :actor)"), {"actor": f"a-{number}"}
            )
    engine.dispose()
    upgrade(every_empty_database)

    async def check() -> None:
        database = Database(every_empty_database)
        trail = Trail(database)
        await trail.add("read")
        assert [event.actor for event in await trail.events()] == ["a-0", "a-1", "a-2", "a-1"]
        assert (await verify(database)).intact
        with pytest.raises(DBAPIError):
            await trail.execute("UPDATE audit_events SET actor = 'nobody'")
        await database.close()

    asyncio.run(check())


def test_the_command_line_says_whether_the_trail_is_whole(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATA", str(tmp_path))
    tmp_path.chmod(0o700)
    settings = Settings(DATA=tmp_path)
    upgrade(settings.sqlalchemy_url)

    async def fill(spoil: bool) -> None:
        database = Database(settings.sqlalchemy_url)
        trail = Trail(database)
        if spoil:
            await trail.execute_as_owner("UPDATE audit_events SET actor = 'nobody' WHERE id = 1")
        else:
            await trail.add("read", "read")
        await database.close()

    asyncio.run(fill(spoil=False))
    run = CliRunner()
    whole = run.invoke(cli, ["audit", "verify"])
    assert (whole.exit_code, "intact" in whole.output) == (0, True)
    out = tmp_path / "export.ndjson"
    exported = run.invoke(cli, ["audit", "export", "--from", "2026-11-23", "--to", "2026-11-23", "--out", str(out)])
    assert (exported.exit_code, len(out.read_text().splitlines())) == (0, 2)
    assert run.invoke(cli, ["audit", "verify", "--log", str(out)]).exit_code == 0
    asyncio.run(fill(spoil=True))
    spoilt = run.invoke(cli, ["audit", "verify"])
    assert (spoilt.exit_code, "a été modifié" in spoilt.output) == (1, True)
