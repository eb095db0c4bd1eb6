"""The supervisor: it starts every process of an installation on one machine, restarts those that die, and stops them all.

The order is Rasa first (the slowest), the action server, the companions (such as the sandbox where no real platform is set), the
bot; meanwhile the database is migrated and the demo directory imported. When all of them answer, `run.json` appears in the data
folder (see docs/reference.md); it is removed when the installation stops.
"""

from __future__ import annotations

import asyncio
import ctypes
import os
import random
import signal
import socket
import sys
import time
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

import httpx
import psutil

from bot.core.message_signatures import ANSWER_HEADER, MessageSigner, route_of
from bot.core.tls import ssl_context
from bot.installation.log_rotation import CHECK_SECONDS, rotate

READY_SECONDS = 180
"""Time that a process may take until it answers; a first start on a slow disk reads 1.5 GB of libraries."""
STOP_SECONDS = 7
"""Time that a process has to stop by itself: all of them must be gone within 10 s."""
BACKOFF_SECONDS = (0.2, 0.5, 1.0, 2.0, 5.0, 15.0)
"""Waits before a process that died is restarted; they begin anew once it has run for a minute."""


START_FAILED, START_LATER = 78, 75
"""Exit codes of a process of ours that cannot start and says why on standard error (EX_CONFIG and EX_TEMPFAIL of sysexits.h): after the
first it is no use to try again, after the second it is."""


class SupervisorError(Exception):
    """The installation cannot run; the message says why."""


@dataclass
class Process:
    """One supervised process: how to start it, and the address that answers when it is ready."""

    name: str
    command: list[str]
    env: dict[str, str]
    ready_url: str
    log: Path
    key: str | None = None
    """Key that the request for readiness is signed with, and its answer (`bot.core.message_signatures`); None: none is needed."""
    child: asyncio.subprocess.Process | None = None
    started_at: float = 0.0
    restarts: int = 0
    answered: bool = False
    """Whether it was ready since the installation was started."""

    async def start(self) -> None:
        """Start the process; its output is appended to its log."""
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

    @property
    def port(self) -> int:
        """The port that it listens on."""
        return httpx.URL(self.ready_url).port or 80

    def listens(self) -> bool:
        """Return whether the process, or one that it started, is who listens on its port."""
        if self.child is None or self.child.returncode is not None:
            return False
        if port_is_free("127.0.0.1", self.port):  # looking at all processes costs a hundred times as much
            return False
        try:
            own = psutil.Process(self.child.pid)
            connections = [one for process in (own, *own.children(recursive=True)) for one in process.net_connections("tcp")]
        except psutil.Error:
            return False
        return any(one.status == psutil.CONN_LISTEN and one.laddr.port == self.port for one in connections)

    async def is_ready(self, client: httpx.AsyncClient) -> bool:
        """Return whether the process itself, not somebody else on its port, answers below 500."""
        if not self.listens():
            return False
        if self.key is None:
            return (await client.get(self.ready_url)).status_code < 500
        signer = MessageSigner(self.key)
        nonce, authorization = signer.sign_request(route_of(self.ready_url), b"")
        answer = await client.get(self.ready_url, headers={"Authorization": authorization})
        return answer.status_code < 500 and signer.is_answer(nonce, answer.status_code, answer.content, answer.headers.get(ANSWER_HEADER))

    def stop(self, signal_number: signal.Signals) -> None:
        """Send a signal to the whole process group, if the process runs."""
        if self.child is not None and self.child.returncode is None:
            with suppress(ProcessLookupError):
                os.killpg(self.child.pid, signal_number)


class Supervisor:
    """Keeps a list of processes running until a stop is requested."""

    def __init__(self, processes: list[Process], print_line: Callable[[str], None], log_bytes: int = 0, log_files: int = 1) -> None:
        """Take the processes, and the size (bytes) and number of rotated files that logs are rotated by; size 0: they are not."""
        self.processes = processes
        self._log_bytes, self._log_files = log_bytes, log_files
        self._print_line = print_line
        self._stopping = asyncio.Event()
        self._on_restart: Callable[[], None] = lambda: None

    def request_stop(self) -> None:
        """Request an orderly stop; safe in a signal handler of the loop."""
        self._stopping.set()

    def on_restart(self, callback: Callable[[], None]) -> None:
        """Call `callback` whenever a process was restarted, since its pid is another one."""
        self._on_restart = callback

    @property
    def pids(self) -> dict[str, int]:
        """The processes' ids by name."""
        return {p.name: p.child.pid for p in self.processes if p.child is not None}

    async def run(self, prepare: Callable[[], Awaitable[None]], when_ready: Callable[[], None]) -> None:
        """Start all, do `prepare` meanwhile, call `when_ready` once all answer, and keep them running until a stop is requested.

        Raises SupervisorError if a process cannot be started, or does not answer within READY_SECONDS.
        """
        keep_tasks = [asyncio.create_task(self._keep_running(p)) for p in self.processes]
        rotating = asyncio.create_task(self._rotate_logs())
        stopping: asyncio.Future[Any] = asyncio.create_task(self._stopping.wait())
        starting: asyncio.Future[Any] = asyncio.gather(prepare(), *(self._wait_ready(p) for p in self.processes))
        try:
            await asyncio.wait({starting, stopping, *keep_tasks}, return_when=asyncio.FIRST_COMPLETED)
            if starting.done() and not any(task.done() for task in keep_tasks):
                starting.result()
                when_ready()
                await asyncio.wait({stopping, *keep_tasks}, return_when=asyncio.FIRST_COMPLETED)
            for task in keep_tasks:
                if task.done():  # it gave up
                    task.result()
        finally:
            running: list[asyncio.Future[Any]] = [starting, rotating, *keep_tasks]
            for one in running:
                one.cancel()
            await asyncio.gather(*running, return_exceptions=True)
            await self._stop_all()

    async def _keep_running(self, process: Process) -> None:
        while True:
            try:
                await process.start()
            except OSError as error:  # its log cannot be written, or its program is missing
                line = f"{process.name} cannot be started: {error.filename or process.command[0]}: {error.strerror}"
                if not process.answered:
                    raise SupervisorError(line) from None
                self._print_line(line)
                await asyncio.sleep(BACKOFF_SECONDS[-1])
                continue
            try:
                self._on_restart()
            except OSError as error:
                self._print_line(f"run.json cannot be written: {error.strerror}")
            assert process.child is not None
            code = await process.child.wait()
            taken = not port_is_free(httpx.URL(process.ready_url).host, process.port)
            if not process.answered and (taken or code == START_FAILED):
                raise SupervisorError(_why_not(process, taken))
            if taken:
                self._print_line(f"port {process.port} of {process.name} is held by another program: end it")
            if time.monotonic() - process.started_at > 60:
                process.restarts = 0
            wait = BACKOFF_SECONDS[min(process.restarts, len(BACKOFF_SECONDS) - 1)]
            process.restarts += 1
            self._print_line(f"{process.name} stopped (code {code}); starting it again in {wait:g} s (log: {process.log})")
            await asyncio.sleep(wait)

    async def _rotate_logs(self) -> None:
        while self._log_bytes:
            for process in self.processes:
                try:
                    await asyncio.to_thread(rotate, process.log, self._log_bytes, self._log_files)
                except OSError as error:  # a full disk: the next round tries again
                    self._print_line(f"the log {process.log} could not be rotated: {error.strerror}")
            await asyncio.sleep(CHECK_SECONDS)

    async def _wait_ready(self, process: Process) -> None:
        deadline = time.monotonic() + READY_SECONDS
        async with httpx.AsyncClient(timeout=2.0, trust_env=False, verify=ssl_context()) as client:
            while time.monotonic() < deadline:
                with suppress(httpx.HTTPError):
                    if await process.is_ready(client):
                        self._print_line(f"{process.name} answers")
                        process.answered = True
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


def _why_not(process: Process, taken: bool) -> str:
    """Return why a process that ended before it ever answered cannot be started: its port, else what it said last."""
    if taken:
        return f"port {process.port} of {process.name} is in use by another program"
    lines = process.log.read_text("utf-8", "replace").splitlines()
    return f"{process.name} cannot start: {lines[-1].removeprefix('bot: ') if lines else 'it said nothing'}"


def _die_with_parent() -> None:
    """Ask the kernel, between fork and exec, to end this child when the supervisor is killed (prctl PR_SET_PDEATHSIG)."""
    ctypes.CDLL(None).prctl(1, signal.SIGTERM)


_OWN_PORTS = range(20_000, 32_768)
"""Below the ports that Linux gives to outgoing connections, so that a restarted process finds its port free."""


def free_ports(count: int) -> list[int]:
    """Return `count` different TCP ports of loopback that nobody listens on at this moment."""
    chance, found = random.SystemRandom(), set[int]()
    while len(found) < count:
        port = chance.choice(_OWN_PORTS)
        if port_is_free("127.0.0.1", port):
            found.add(port)
    return list(found)


def free_port() -> int:
    """Return a TCP port of loopback that nobody listens on at this moment."""
    return free_ports(1)[0]


def port_is_free(host: str, port: int) -> bool:
    """Return whether a server could listen there."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError:
            return False
        return True
