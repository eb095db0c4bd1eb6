"""One process of an installation on several machines: started, looked after, killed, frozen, started again."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import httpx

from tests.stack import START_SECONDS, wait_for

STOP_SECONDS = 120


class Program:
    """A command with its environment. It does not outlive the tests, however they end (where there is `setpriv`)."""

    def __init__(
        self,
        name: str,
        command: Sequence[str],
        environment: Mapping[str, str],
        log: Path,
        ready: Callable[[], bool],
        *,
        within: Sequence[str] = (),
    ) -> None:
        """Describe it; `within` is what comes before the command to run it on its machine."""
        dies_with_us = ("setpriv", "--pdeathsig", "KILL", "--") if shutil.which("setpriv") else ()
        self.name, self._command, self._environment = name, [*within, *dies_with_us, *command], dict(environment)
        self._log, self._ready = log, ready
        self._child: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start it; see `wait_ready`."""
        with self._log.open("ab") as log:
            self._child = subprocess.Popen(self._command, env=self._environment, stdout=log, stderr=log, start_new_session=True)

    @property
    def pid(self) -> int:
        """Its process id."""
        assert self._child is not None, f"{self.name} was not started"
        return self._child.pid

    def wait_ready(self) -> float:
        """Wait until it says that it is ready; the seconds that this took. Raises AssertionError where it ended instead."""
        began = time.monotonic()
        wait_for(f"{self.name} to be ready (its log: {self._log})", self._look, START_SECONDS)
        return time.monotonic() - began

    def _look(self) -> bool:
        assert self._child is not None
        if self._child.poll() is not None:
            raise AssertionError(f"{self.name} ended with {self._child.returncode}:\n{self.log_end()}")
        return self._ready()

    def log_end(self) -> str:
        """The end of what it wrote."""
        return self._log.read_text(errors="replace")[-3000:]

    def kill(self) -> None:
        """SIGKILL."""
        self._signal(signal.SIGKILL)
        self._wait()

    def ask_to_stop(self) -> None:
        """SIGTERM; see `wait_stopped`."""
        self._signal(signal.SIGTERM)

    def wait_stopped(self) -> int:
        """Wait until it ended by itself; its exit code."""
        return self._wait()

    def freeze(self) -> None:
        """Let it do nothing more (SIGSTOP)."""
        self._signal(signal.SIGSTOP)

    def thaw(self) -> None:
        """Let it go on."""
        self._signal(signal.SIGCONT)

    def end(self) -> None:
        """Stop it, however it is."""
        if self._child is None or self._child.poll() is not None:
            return
        self.thaw()
        self.ask_to_stop()
        try:
            self._child.wait(20)
        except subprocess.TimeoutExpired:
            self.kill()

    def _signal(self, number: signal.Signals) -> None:
        os.killpg(self.pid, number)

    def _wait(self) -> int:
        assert self._child is not None
        return self._child.wait(STOP_SECONDS)


def answers(url: str, status: int | None = None) -> Callable[[], bool]:
    """Return a look at whether something answers there, with that status if one is given."""

    def look() -> bool:
        try:
            found = httpx.get(url, timeout=5, trust_env=False).status_code
        except httpx.HTTPError:
            return False
        return status in (None, found)

    return look
