"""A backup is whole, made while everything runs, and nobody restores by mistake, or what somebody else prepared."""

from __future__ import annotations

import asyncio
import fcntl
import io
import json
import shutil
import sqlite3
import stat
import tarfile
from collections.abc import Callable
from contextlib import closing, nullcontext
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr
from sqlalchemy import select

from bot.core.database import Database, sqlite_url
from bot.installation import backup as backups
from bot.installation.backup import BackupFailed, write_backup
from bot.installation.log_rotation import rotate
from bot.installation.restore import RestoreFailed, restore_backup
from bot.messaging.tables import InboxRow
from bot.migrations import upgrade
from bot.settings import Settings
from tests.databases import every_database, postgres_database
from tests.unit.messaging.running_bot import running_bot, until

__all__ = ["every_database"]

NOW = datetime(2026, 11, 25, 9, tzinfo=UTC)
SECRETS = {"secret": "secret-of-an-installation-that-is-backed-up", "rasa_token": "r"}


def settings_of(folder: Path, url: str | None = None) -> Settings:
    folder.mkdir(exist_ok=True)
    return Settings(DATA=folder, SECRET=SECRETS["secret"], **({"DATABASE_URL": url} if url else {}))


@pytest.fixture
def installation(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """An installation that does not run, with a file of each kind."""
    monkeypatch.delenv("DATABASE_URL", raising=False)
    settings = settings_of(tmp_path / "here")
    upgrade(settings.sqlalchemy_url)
    (settings.data / "secrets.json").write_text(json.dumps(SECRETS))
    (settings.data / "training").mkdir()
    (settings.data / "training" / "sentences.yml").write_text("nlu: []\n")
    (settings.data / "directory").mkdir()
    (settings.data / "directory" / "index").write_text("x" * 1000)
    with closing(sqlite3.connect(settings.data / "rasa.db")) as connection, connection:
        connection.execute("CREATE TABLE events (id INTEGER PRIMARY KEY, data TEXT)")
        connection.execute("INSERT INTO events (data) VALUES ('bonjour')")
    return settings


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


async def test_what_was_acknowledged_before_is_in_it_while_the_bot_writes_all_the_time(every_database: str, tmp_path: Path) -> None:
    await asyncio.to_thread(upgrade, every_database)
    here, there = tmp_path / "here", tmp_path / "there"
    here.mkdir()
    acknowledged: list[str] = []
    stop = asyncio.Event()
    async with running_bot(here, DATABASE_URL=every_database) as bot:

        async def write(number: int) -> None:
            chat = await bot.chat()
            for count in range(10_000):
                if stop.is_set():
                    return
                said = f"message {number}-{count}"
                await chat.say(said, wait=False)
                acknowledged.append(said)

        writers = [asyncio.create_task(write(number)) for number in range(3)]
        await until(lambda: len(acknowledged) >= 30)
        before = list(acknowledged)
        made = await asyncio.to_thread(write_backup, bot.settings, tmp_path / "backup", NOW)
        stop.set()
        await asyncio.gather(*writers)
    assert mode(made.file) == 0o600

    with _other_database(every_database, there) as url:
        settings = settings_of(there, url).model_copy(update={"secret": bot.settings.secret})
        restored = await asyncio.to_thread(restore_backup, settings, made.file, NOW)
        assert not restored.other_secret
        rasa_url = "http://127.0.0.1:9"
        async with running_bot(there, rasa_url=rasa_url, DATABASE_URL=url) as again:  # it starts, and goes on
            database: Database = again.parts.database
            async with database.reading() as session:
                kept = set(await session.scalars(select(InboxRow.text)))
            assert set(before) <= kept
            await (await again.chat()).say("et la suite", wait=False)


def _other_database(url: str, folder: Path) -> Any:
    return nullcontext(sqlite_url(folder / "sphere.db")) if url.startswith("sqlite") else postgres_database(durable=False)


def test_a_backup_holds_what_it_says_and_its_owner_alone_may_read_it(installation: Settings, tmp_path: Path) -> None:
    made = write_backup(installation, tmp_path / "backup", NOW)
    assert set(made.members) == {"sphere.db", "rasa.db", "secrets.json", "settings.json", "training/sentences.yml"}
    assert mode(made.file) == 0o600
    assert made.sha256 == backups.file_digest(made.file)
    assert [path.name for path in tmp_path.iterdir() if path.name.startswith(".backup-")] == [], "nothing is left beside"
    there = settings_of(tmp_path / "there")
    restored = restore_backup(there, made.file, NOW)
    assert restored.put_aside is None
    assert {path.name for path in there.data.rglob("*") if path.is_file()} == {
        "sphere.db",
        "rasa.db",
        "secrets.json",
        "sentences.yml",
        "lock",
    }
    assert {mode(path) for path in there.data.rglob("*") if path.is_file()} == {0o600}
    assert mode(there.data / "training") == 0o700
    with closing(sqlite3.connect(there.data / "rasa.db")) as connection:
        assert connection.execute("SELECT data FROM events").fetchall() == [("bonjour",)]


def test_secrets_of_the_environment_are_not_in_it(installation: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SMTP_PASSWORD", "a-password-of-the-environment")
    monkeypatch.setenv("DATABASE_URL", installation.sqlalchemy_url + "?x=hidden")
    monkeypatch.setenv("SUPPORT_PHONE", "01 02 03 04 05")
    settings = installation.model_copy(update={"smtp_password": Settings().smtp_password, "support_phone": "01 02 03 04 05"})
    made = write_backup(settings, tmp_path / "backup", NOW)
    with tarfile.open(made.file) as tar:
        held = b"".join((tar.extractfile(member) or io.BytesIO()).read() for member in tar.getmembers())
    assert b"a-password-of-the-environment" not in held
    assert b"hidden" not in held
    assert b"01 02 03 04 05" in held
    monkeypatch.delenv("SMTP_PASSWORD")
    monkeypatch.delenv("DATABASE_URL")
    assert restore_backup(settings_of(tmp_path / "there"), made.file, NOW).environment_secrets == ("SMTP_PASSWORD",)


def test_another_secret_is_told(installation: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made = write_backup(installation, tmp_path / "backup", NOW)
    monkeypatch.setenv("SECRET", "another-secret-than-that-of-the-backup")
    there = settings_of(tmp_path / "there").model_copy(update={"secret": SecretStr("another-secret-than-that-of-the-backup")})
    assert restore_backup(there, made.file, NOW).other_secret
    monkeypatch.delenv("SECRET")
    assert not restore_backup(settings_of(tmp_path / "elsewhere"), made.file, NOW).other_secret


def test_nothing_is_written_over(installation: Settings, tmp_path: Path) -> None:
    made = write_backup(installation, tmp_path / "backup", NOW)
    with pytest.raises(BackupFailed, match="exists already"):
        write_backup(installation, tmp_path / "backup", NOW)
    with pytest.raises(RestoreFailed, match="not empty"):
        restore_backup(installation, made.file, NOW)
    (installation.data / "secrets.json").write_text("changed")
    restored = restore_backup(installation, made.file, NOW, force=True)
    assert restored.put_aside is not None
    assert (restored.put_aside / "secrets.json").read_text() == "changed"
    assert json.loads((installation.data / "secrets.json").read_text()) == SECRETS


def test_a_folder_that_somebody_runs_is_left_alone(installation: Settings, tmp_path: Path) -> None:
    made = write_backup(installation, tmp_path / "backup", NOW)
    with (installation.data / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        with pytest.raises(RestoreFailed, match="stop it first"):
            restore_backup(installation, made.file, NOW, force=True)


def _rewrite(file: Path, change: Callable[[list[tuple[tarfile.TarInfo, bytes]]], list[tuple[tarfile.TarInfo, bytes]]]) -> None:
    with tarfile.open(file) as tar:
        members = [(member, (tar.extractfile(member) or io.BytesIO()).read()) for member in tar.getmembers()]
    with tarfile.open(file, "w:gz") as tar:
        for member, content in change(members):
            member.size = len(content) if member.isfile() else 0
            tar.addfile(member, io.BytesIO(content) if member.isfile() else None)


def _member(name: str, kind: bytes = tarfile.REGTYPE, target: str = "") -> tarfile.TarInfo:
    member = tarfile.TarInfo(name)
    member.type, member.linkname = kind, target
    return member


Members = list[tuple[tarfile.TarInfo, bytes]]
FORGERIES: dict[str, Callable[[Members], Members]] = {
    "a byte changed": lambda members: [(m, c.replace(b"bonjour", b"bonsoir") if m.name == "rasa.db" else c) for m, c in members],
    "a file left out": lambda members: [(m, c) for m, c in members if m.name != "rasa.db"],
    "a file beside": lambda members: [*members, (_member("run.json"), b"{}")],
    "a file outside": lambda members: [*members, (_member("../outside"), b"x")],
    "an absolute path": lambda members: [*members, (_member("/tmp/outside-of-everything"), b"x")],
    "a link": lambda members: [*members[:-1], (_member("rasa.db", tarfile.SYMTYPE, "/etc/passwd"), b"")],
    "no manifest": lambda members: members[1:],
    "a manifest that is no JSON": lambda members: [(members[0][0], b"{"), *members[1:]],
    "another format": lambda members: [(members[0][0], members[0][1].replace(b'"format": 1', b'"format": 9')), *members[1:]],
    "a newer version": lambda members: [(members[0][0], members[0][1].replace(b'"revision": "', b'"revision": "9')), *members[1:]],
}


@pytest.mark.parametrize("forge", FORGERIES.values(), ids=FORGERIES)
def test_what_is_not_the_backup_that_was_written_is_refused(
    installation: Settings, tmp_path: Path, forge: Callable[[Members], Members]
) -> None:
    made = write_backup(installation, tmp_path / "backup", NOW)
    _rewrite(made.file, forge)
    there = settings_of(tmp_path / "there")
    with pytest.raises(RestoreFailed):
        restore_backup(there, made.file, NOW)
    assert {path.name for path in there.data.iterdir()} == {"lock"}
    assert not (tmp_path / "outside").exists()


def test_what_is_cut_short_or_no_backup_is_refused(installation: Settings, tmp_path: Path) -> None:
    made = write_backup(installation, tmp_path / "backup", NOW)
    there = settings_of(tmp_path / "there")
    for number, content in enumerate((made.file.read_bytes()[: made.size // 2], b"", b"no archive", b"\x1f\x8b\x08")):
        file = tmp_path / f"cut-{number}"
        file.write_bytes(content)
        with pytest.raises(RestoreFailed):
            restore_backup(there, file, NOW)
    with pytest.raises(RestoreFailed):
        restore_backup(there, tmp_path / "not-there", NOW)
    assert {path.name for path in there.data.iterdir()} == {"lock"}


def test_a_damaged_database_makes_no_backup(installation: Settings, tmp_path: Path) -> None:
    file = installation.data / "rasa.db"
    file.write_bytes(file.read_bytes()[:4096] + b"\xff" * 4096)
    with pytest.raises(BackupFailed, match=r"rasa\.db"):
        write_backup(installation, tmp_path / "backup", NOW)
    assert not (tmp_path / "backup").exists()


def test_without_an_installation_there_is_no_backup(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("DATABASE_URL", raising=False)
    with pytest.raises(BackupFailed, match=r"sphere\.db is missing"):
        write_backup(settings_of(tmp_path / "nothing"), tmp_path / "backup", NOW)


def test_without_pg_dump_it_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "which", lambda _: None)
    settings = settings_of(tmp_path / "here", "postgresql+psycopg://nobody:a-password@127.0.0.1:9/nowhere")
    with pytest.raises(BackupFailed, match="pg_dump is not installed") as caught:
        write_backup(settings, tmp_path / "backup", NOW)
    assert "a-password" not in str(caught.value)


def test_logs_are_rotated_by_size_and_their_owner_alone_reads_them(tmp_path: Path) -> None:
    log = tmp_path / "bot.log"
    assert not rotate(log, 10, 2), "a log that is not there yet"
    with log.open("ab") as process:  # as a process that runs all the time has it open
        for number in range(5):
            process.write(f"line {number} of some length\n".encode())
            process.flush()
            assert rotate(log, 10, 2)
            assert not rotate(log, 10, 2)
    assert log.read_bytes() == b""
    assert sorted(path.name for path in tmp_path.iterdir()) == ["bot.log", "bot.log.1", "bot.log.2"]
    assert (log.with_name("bot.log.1").read_text(), log.with_name("bot.log.2").read_text()) == (
        "line 4 of some length\n",
        "line 3 of some length\n",
    )
    assert mode(log.with_name("bot.log.1")) == mode(log.with_name("bot.log.2")) == 0o600
