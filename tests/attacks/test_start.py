"""Starting on what is broken, closed, full, newer or held by others: one sentence on standard error, no zero, no traceback."""

from __future__ import annotations

import asyncio
import errno
import os
import resource
import socket
import sqlite3
import stat
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result
from typer.testing import CliRunner

from bot.cli import app
from bot.installation import supervisor as supervisor_module
from bot.installation.supervisor import START_FAILED, Process, Supervisor, SupervisorError, free_port
from bot.migrations import upgrade
from bot.settings import secret_variables
from tests.attacks.inside_fixtures import change
from tests.databases import every_database

__all__ = ["every_database"]

ROOT = Path(__file__).resolve().parents[2]
COMMANDS = ("run", "serve", "migrate")


@pytest.fixture
def data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A data folder, and the settings of a bot of its own."""
    for name in secret_variables():
        monkeypatch.delenv(name, raising=False)
    folder = tmp_path / "data"
    values = {"PLATFORM_URL": "http://127.0.0.1:9/fhir", "PLATFORM_TOKEN": "x", "EVENTS_TOKEN": "y", "RASA_TOKEN": "z"}
    values |= {"DATA": str(folder), "PORT": str(free_port()), "RASA_URL": "http://127.0.0.1:9/"}
    for name, value in values.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr("bot.app.configure_logging", lambda *_, **__: None)  # it would take the handlers of the test's own log away
    return folder


def invoke(command: str) -> Result:
    """Run a command of the bot in this process; the umask is put back."""
    before = os.umask(0o022)
    try:
        return CliRunner().invoke(app, [command])
    finally:
        os.umask(before)


def assert_refused(result: Result, *words: str) -> None:
    """One line on standard error that says all the words, nothing on standard output, and an exit code that is not zero."""
    assert result.exit_code not in (0, None), result.output
    assert result.exception is None or isinstance(result.exception, SystemExit), repr(result.exception)
    (line,) = result.stderr.splitlines()
    assert line.startswith("bot: ")
    assert "Traceback" not in result.output
    for word in words:
        assert word in line, line
    assert result.stdout == ""


DAMAGED = [b"", b"{", b'{"secret": "x', b"[]", b"null", b'{"secret": 3}', b'{"secret": null}', b"\xff\xfe\x00", b"\x00" * 64]


@pytest.mark.parametrize("content", DAMAGED)
@pytest.mark.parametrize("command", COMMANDS)
def test_damaged_secrets(data: Path, command: str, content: bytes) -> None:
    data.mkdir()
    (data / "secrets.json").write_bytes(content)
    assert_refused(invoke(command), "secrets.json", "damaged", "backup")
    assert (data / "secrets.json").read_bytes() == content


@pytest.mark.parametrize("command", COMMANDS)
def test_a_data_folder_that_cannot_be(data: Path, command: str, monkeypatch: pytest.MonkeyPatch) -> None:
    data.write_text("a file")
    assert_refused(invoke(command), f"DATA={data}")
    monkeypatch.setenv("DATA", str(data / "below"))
    assert_refused(invoke(command), f"DATA={data / 'below'}")
    monkeypatch.setenv("DATA", "/proc/nowhere")
    assert_refused(invoke(command), "DATA=/proc/nowhere")


@pytest.mark.skipif(os.geteuid() == 0, reason="no mode binds root: the next test is for root too")
@pytest.mark.parametrize("command", COMMANDS)
def test_a_data_folder_that_is_closed_to_its_owner(data: Path, command: str) -> None:
    data.mkdir(mode=0o500)
    assert_refused(invoke(command), f"DATA={data}", "read-only")
    assert stat.S_IMODE(data.stat().st_mode) == 0o500


@pytest.mark.parametrize("command", COMMANDS)
@pytest.mark.parametrize("code", [errno.EROFS, errno.EACCES, errno.EIO])
def test_a_data_folder_on_a_file_system_that_refuses(data: Path, command: str, code: int, monkeypatch: pytest.MonkeyPatch) -> None:
    opened = os.open

    def refusing(path: Any, flags: int, *rest: Any, **more: Any) -> int:
        if flags & os.O_CREAT and str(path).startswith(str(data)):
            raise OSError(code, os.strerror(code), str(path))
        return opened(path, flags, *rest, **more)

    monkeypatch.setattr(os, "open", refusing)
    assert_refused(invoke(command), f"DATA={data}", "Input/output error" if code == errno.EIO else "read-only")


@contextmanager
def full_disk() -> Iterator[None]:
    """No file may grow beyond 64 kB, as on a disk with that much left: the write fails, not the opening."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (64 * 1024, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


@pytest.mark.parametrize("command", COMMANDS)
def test_a_full_disk(data: Path, command: str) -> None:
    with full_disk():
        result = invoke(command)
    assert_refused(result, "full", f"DATA={data}")
    assert not list(data.glob("probe*"))


@pytest.mark.parametrize("command", ["serve", "migrate"])
def test_a_database_of_a_newer_version(every_database: str, data: Path, command: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SECRET", "s" * 32)
    monkeypatch.setenv("DATABASE_URL", every_database)
    upgrade(every_database)
    change(every_database, "UPDATE alembic_version SET version_num = '9042'")
    assert_refused(invoke(command), "newer", "9042", "backup")


def test_a_newer_database_keeps_the_whole_from_starting(data: Path) -> None:
    data.mkdir()
    with sqlite3.connect(data / "sphere.db") as database:
        database.executescript("CREATE TABLE alembic_version (version_num TEXT); INSERT INTO alembic_version VALUES ('9042')")
    database.close()
    assert_refused(invoke("run"), "newer", "9042")
    assert not (data / "run.json").exists()


@pytest.mark.parametrize("command", COMMANDS)
def test_a_file_that_is_no_database(data: Path, command: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SECRET", "s" * 32)
    data.mkdir()
    (data / "sphere.db").write_bytes(b"Jeanne Durand " * 1000)
    result = invoke(command)
    assert_refused(result, "sphere.db", "damaged")
    assert "Durand" not in result.output


@pytest.mark.parametrize("command", ["serve", "migrate"])
def test_a_database_server_that_does_not_answer(data: Path, command: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SECRET", "s" * 32)
    monkeypatch.setenv("DATABASE_URL", f"postgresql+psycopg://sphere:password-of-the-database@127.0.0.1:{free_port()}/sphere")
    result = invoke(command)
    assert_refused(result, "database", "127.0.0.1")
    assert "password-of" not in result.output


@pytest.mark.parametrize("command", ["run", "serve"])
def test_a_port_that_somebody_holds(data: Path, command: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SECRET", "s" * 32)
    with socket.create_server(("127.0.0.1", 0)) as held:
        port = held.getsockname()[1]
        monkeypatch.setenv("PORT", str(port))
        assert_refused(invoke(command), str(port), "in use")
    assert not (data / "sphere.db").exists(), "nothing was begun"


@pytest.mark.parametrize("command", ["serve", "migrate", "actions", "sandbox"])
def test_a_wrong_setting(data: Path, command: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SUPPORT_HOURS", "nine to five")
    assert_refused(invoke(command), "SUPPORT_HOURS")


def test_a_run_file_that_a_killed_run_left_is_no_platform(data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The next run would take the dead sandbox for a real platform, and start none."""
    monkeypatch.delenv("PLATFORM_URL")
    data.mkdir()
    (data / "run.json").write_text('{"fhir": "http://127.0.0.1:9/fhir", "fhir_token": "x"}')
    seen: list[str | None] = []
    monkeypatch.setattr("bot.installation.installation.Installation.acquire", lambda self: seen.append(self.settings.platform_url))
    monkeypatch.setattr("bot.installation.installation.Installation.train", lambda self: (_ for _ in ()).throw(SupervisorError("enough")))
    assert_refused(invoke("run"), "enough")
    assert seen == [None]


def test_what_a_command_makes_is_its_owners_alone(data: Path) -> None:
    """Whatever the umask of whoever calls it: in a process of its own."""
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-m", "bot.cli", "migrate"]
    done = subprocess.run(command, env=environment, umask=0, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    paths = [data, *data.rglob("*")]
    assert (data / "sphere.db") in paths
    assert {(path.is_dir(), stat.S_IMODE(path.stat().st_mode)) for path in paths} == {(True, 0o700), (False, 0o600)}


# --- the supervisor ------------------------------------------------------------------------------


@contextmanager
def squatter(port: int = 0) -> Iterator[int]:
    """Another program on a port of ours, that answers everything."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:
            """Log nothing."""

    with ThreadingHTTPServer(("127.0.0.1", port), Handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield server.server_address[1]
        finally:
            server.shutdown()
            thread.join()


def supervise(process: Process) -> list[str]:
    """Run a supervisor over one process until all answers; return what it printed. Raises SupervisorError."""
    said: list[str] = []
    supervisor = Supervisor([process], said.append)

    async def nothing() -> None:
        return None

    try:
        asyncio.run(supervisor.run(nothing, supervisor.request_stop))
    except SupervisorError as error:
        said.append(str(error))
        raise SupervisorError("\n".join(said)) from None
    return said


def _process(tmp_path: Path, code: str, port: int, key: str | None = None) -> Process:
    return Process("bot", [sys.executable, "-c", code], dict(os.environ), f"http://127.0.0.1:{port}/health/live", tmp_path / "bot.log", key)


def test_a_squatter_is_not_taken_for_the_bot_that_cannot_listen(tmp_path: Path) -> None:
    with squatter() as port, pytest.raises(SupervisorError) as refused:
        supervise(_process(tmp_path, "raise SystemExit(1)", port))
    assert str(refused.value) == f"port {port} of bot is in use by another program"


def test_a_squatter_is_not_taken_for_a_bot_that_does_not_listen_yet(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(supervisor_module, "READY_SECONDS", 0.5)
    with squatter() as port, pytest.raises(SupervisorError) as refused:
        supervise(_process(tmp_path, "import signal; signal.pause()", port))
    assert "did not answer" in str(refused.value)
    assert "bot answers" not in str(refused.value)


SERVER = """
import http.server
class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.end_headers()
http.server.HTTPServer(("127.0.0.1", {port}), Handler).serve_forever()
"""


def test_a_process_that_listens_and_answers_is_ready(tmp_path: Path) -> None:
    port = free_port()
    assert supervise(_process(tmp_path, SERVER.format(port=port), port)) == ["bot answers"]


def test_a_process_that_does_not_sign_is_not_rasa(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(supervisor_module, "READY_SECONDS", 3)
    port = free_port()
    with pytest.raises(SupervisorError, match="did not answer"):
        supervise(_process(tmp_path, SERVER.format(port=port), port, key="key-of-rasa"))


def test_why_a_part_cannot_start_is_what_the_whole_says(tmp_path: Path) -> None:
    code = f"import sys; print('x\\nbot: the settings are wrong', file=sys.stderr); sys.exit({START_FAILED})"
    with pytest.raises(SupervisorError) as refused:
        supervise(_process(tmp_path, code, free_port()))
    assert str(refused.value) == "bot cannot start: the settings are wrong"


def test_a_program_that_is_missing(tmp_path: Path) -> None:
    process = _process(tmp_path, "", free_port())
    process.command = [str(tmp_path / "no-such-program")]
    with pytest.raises(SupervisorError, match=r"bot cannot be started: .*no-such-program"):
        supervise(process)
