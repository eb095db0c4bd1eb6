"""Starts every process of an installation on one machine, starts again what dies, stops them all.

The order: Rasa first (the slowest), the sandbox where no real platform is set, the action server,
the bot; meanwhile the database is migrated and the demo directory imported. When all of them answer,
`run.json` appears in the data folder (see docs/reference.md) and goes when the installation stops.
"""

from __future__ import annotations

import asyncio
import ctypes
import itertools
import json
import os
import random
import signal
import socket
import sys
import time
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any

import httpx

from bot.core.tls import ssl_context

READY_SECONDS = 180
"""How long a process may take until it answers; a first start on a slow disk reads 1.5 GB of libraries."""
STOP_SECONDS = 7
"""What a process is given to stop by itself: all of them must be gone within 10 s."""
BACKOFF_SECONDS = (0.2, 0.5, 1.0, 2.0, 5.0, 15.0)
"""Waits before a process that died is started again; the count starts over once it has lived a minute."""


class SupervisorError(Exception):
    """The installation cannot run; the message says why."""


@dataclass
class Process:
    """One supervised process: how to start it, and where it answers when it is ready."""

    name: str
    command: list[str]
    env: dict[str, str]
    ready_url: str
    log: Path
    child: asyncio.subprocess.Process | None = None
    started_at: float = 0.0
    deaths: int = 0
    ready: asyncio.Event = field(default_factory=asyncio.Event)

    async def start(self) -> None:
        """Start it, its output appended to its log."""
        self.ready.clear()
        with self.log.open("ab") as log:
            self.child = await self._spawn(log)
        self.started_at = time.monotonic()

    async def _spawn(self, log: IO[bytes]) -> asyncio.subprocess.Process:
        return await asyncio.create_subprocess_exec(
            *self.command,
            env=self.env,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,
            preexec_fn=_die_with_parent if sys.platform == "linux" else None,
        )

    def stop(self, how: signal.Signals) -> None:
        """Signal its whole process group, if it lives."""
        if self.child is not None and self.child.returncode is None:
            with suppress(ProcessLookupError):
                os.killpg(self.child.pid, how)


class Supervisor:
    """Keeps a list of processes running until told to stop."""

    def __init__(self, processes: list[Process], say: Callable[[str], None]) -> None:
        self.processes = processes
        self._say = say
        self._stopping = asyncio.Event()
        self._changed: Callable[[], None] = lambda: None

    def request_stop(self) -> None:
        """Ask for an orderly stop; safe in a signal handler of the loop."""
        self._stopping.set()

    def on_change(self, changed: Callable[[], None]) -> None:
        """Call `changed` whenever a process was started again (its pid is another)."""
        self._changed = changed

    @property
    def pids(self) -> dict[str, int]:
        """The processes' ids by name."""
        return {p.name: p.child.pid for p in self.processes if p.child is not None}

    async def run(self, prepare: Callable[[], Awaitable[None]], when_ready: Callable[[], None]) -> None:
        """Start all, do `prepare` meanwhile, call `when_ready` once all answer, keep going until a stop is asked for."""
        keepers = [asyncio.create_task(self._keep(p)) for p in self.processes]
        stopping: asyncio.Future[Any] = asyncio.create_task(self._stopping.wait())
        starting: asyncio.Future[Any] = asyncio.gather(prepare(), *(self._wait_ready(p) for p in self.processes))
        try:
            await asyncio.wait({starting, stopping}, return_when=asyncio.FIRST_COMPLETED)
            if starting.done():
                starting.result()
                when_ready()
                await stopping
        finally:
            starting.cancel()
            for keeper in keepers:
                keeper.cancel()
            await asyncio.gather(starting, *keepers, return_exceptions=True)
            await self._stop_all()

    async def _keep(self, process: Process) -> None:
        while True:
            await process.start()
            self._changed()
            assert process.child is not None
            code = await process.child.wait()
            if time.monotonic() - process.started_at > 60:
                process.deaths = 0
            wait = BACKOFF_SECONDS[min(process.deaths, len(BACKOFF_SECONDS) - 1)]
            process.deaths += 1
            self._say(f"{process.name} stopped (code {code}); starting it again in {wait:g} s (log: {process.log})")
            await asyncio.sleep(wait)

    async def _wait_ready(self, process: Process) -> None:
        deadline = time.monotonic() + READY_SECONDS
        async with httpx.AsyncClient(timeout=2.0, trust_env=False, verify=ssl_context()) as client:
            while time.monotonic() < deadline:
                with suppress(httpx.HTTPError):
                    if (await client.get(process.ready_url)).status_code < 500:
                        self._say(f"{process.name} answers")
                        process.ready.set()
                        return
                await asyncio.sleep(0.1)
        raise SupervisorError(f"{process.name} did not answer within {READY_SECONDS} s; its log is {process.log}")

    async def _stop_all(self) -> None:
        for process in self.processes:
            process.stop(signal.SIGTERM)
        alive = [p.child.wait() for p in self.processes if p.child is not None]
        with suppress(TimeoutError):
            await asyncio.wait_for(asyncio.gather(*alive), STOP_SECONDS)
        for process in self.processes:
            process.stop(signal.SIGKILL)


def _die_with_parent() -> None:
    """Between fork and exec: a killed supervisor must not leave its children behind (prctl PR_SET_PDEATHSIG)."""
    ctypes.CDLL(None).prctl(1, signal.SIGTERM)


_OWN_PORTS = range(20_000, 32_768)
"""Below those that Linux gives to outgoing connections, so that a process which is started again finds its port free."""


def free_ports(count: int) -> list[int]:
    """So many TCP ports of loopback, all different, that nobody listens on at this moment."""
    shuffled = random.SystemRandom().sample(_OWN_PORTS, len(_OWN_PORTS))
    return list(itertools.islice((port for port in shuffled if port_is_free("127.0.0.1", port)), count))


def free_port() -> int:
    """A TCP port of loopback that nobody listens on at this moment."""
    return free_ports(1)[0]


def port_is_free(host: str, port: int) -> bool:
    """Whether a server could listen there."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError:
            return False
        return True


def write_private(path: Path, content: dict[str, Any]) -> None:
    """Write JSON that only its owner may read, all or nothing."""
    temporary = path.with_name(path.name + ".new")
    with suppress(FileNotFoundError):
        temporary.unlink()
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w") as file:
        json.dump(content, file, indent=1)
        file.flush()
        os.fsync(file.fileno())
    temporary.replace(path)
