"""A throw-away PostgreSQL; of the standard library alone, so that the tests of both environments may use it."""

from __future__ import annotations

import getpass
import os
import shutil
import subprocess
import tempfile
from pathlib import Path

SERVER_USER = "postgres"
"""PostgreSQL refuses to run as root: then it runs as the user that Debian's package makes."""


class NoPostgres(Exception):
    """There is no PostgreSQL on this machine."""

    def __init__(self) -> None:
        super().__init__(self.__doc__)


def postgres_programs() -> Path | None:
    """Folder of initdb and pg_ctl, the newest version's; Debian has none of them on the path."""
    folders = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: int(path.parts[-3]))
    found = str(folders[-1]) if folders else shutil.which("initdb")
    return Path(found).resolve().parent if found else None


class Cluster:
    """A PostgreSQL cluster of one's own in a temporary folder: durable as a real one (fsync on), or good until the machine stops.

    It listens on a Unix socket there, and on `port` of loopback where one is given.
    """

    def __init__(self, *, durable: bool = True, port: int | None = None) -> None:
        programs = postgres_programs()
        if programs is None:
            raise NoPostgres
        self._programs = programs
        self.folder = Path(tempfile.mkdtemp(prefix="postgres-"))
        if os.geteuid() == 0:
            shutil.chown(self.folder, SERVER_USER, SERVER_USER)
        self._run("initdb", "--pgdata", str(self._data), "--username", SERVER_USER, "--auth", "trust", "--encoding", "UTF8", "--no-sync")
        self._port = port
        listen = "-c listen_addresses=''" if port is None else f"-c listen_addresses=127.0.0.1 -c port={port}"
        self._options = f"-k {self.folder} {listen} -c max_connections=200"
        if not durable:
            self._options += " -c fsync=off -c synchronous_commit=off -c full_page_writes=off"
        self.start()

    @property
    def _data(self) -> Path:
        return self.folder / "data"

    @property
    def url(self) -> str:
        """SQLAlchemy URL of the cluster's first database."""
        if self._port is not None:
            return f"postgresql+psycopg://{SERVER_USER}@127.0.0.1:{self._port}/postgres"
        return f"postgresql+psycopg://{SERVER_USER}@/postgres?host={self.folder}"

    def _run(self, program: str, *arguments: str) -> None:
        as_server = ["runuser", "-u", SERVER_USER, "--"] if os.geteuid() == 0 and getpass.getuser() != SERVER_USER else []
        command = [*as_server, str(self._programs / program), *arguments]
        done = subprocess.run(command, cwd="/", stdout=subprocess.PIPE, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL, check=False)
        if done.returncode != 0:
            raise RuntimeError(f"{program} failed: {done.stdout.decode(errors='replace')[-2000:]}")

    def start(self) -> None:
        """Start it, as after `halt`."""
        log = str(self.folder / "log")
        self._run("pg_ctl", "--pgdata", str(self._data), "--wait", "--log", log, "--options", self._options, "start")

    def halt(self) -> None:
        """Stop it as a crash does, what it holds left as it is."""
        self._run("pg_ctl", "--pgdata", str(self._data), "--wait", "--mode", "immediate", "stop")

    def stop(self) -> None:
        """Stop it and remove everything."""
        self.halt()
        shutil.rmtree(self.folder, ignore_errors=True)
