"""Bots in processes of their own, which can be killed: `bot serve` as it is, forked from a process that has read the code already."""

from __future__ import annotations

import multiprocessing
import os
import time
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any

import httpx

from bot.app import serve
from bot.installation.supervisor import free_port
from bot.settings import load_settings

START_SECONDS = 120.0
_forking = multiprocessing.get_context("forkserver")
_forking.set_forkserver_preload([__name__])


def _serve(given: dict[str, Any], log: str) -> None:
    with Path(log).open("ab") as file:
        os.dup2(file.fileno(), 1)
        os.dup2(file.fileno(), 2)
    serve(load_settings(**given))


class Bot:
    """One bot: started, killed, started again on the same port."""

    def __init__(self, folder: Path, number: int, port: int | None = None, **settings: Any) -> None:
        self.port = port or free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.log = folder / f"bot-{number}.log"
        self.kills: list[float] = []
        """When it was killed, in seconds since 1970."""
        self._settings = settings | {"DATA": str(folder), "PORT": self.port}
        self._process: BaseProcess | None = None

    def start(self) -> None:
        """Start it; see `ready`."""
        self._process = _forking.Process(target=_serve, args=(self._settings, str(self.log)), daemon=True)
        self._process.start()

    @property
    def ready(self) -> bool:
        """Whether it answers."""
        assert self._process is not None
        if self._process.exitcode is not None:
            raise AssertionError(f"the bot ended with {self._process.exitcode}:\n{self.log.read_text()[-3000:]}")
        try:
            return httpx.get(f"{self.url}/health/live", timeout=1, trust_env=False).status_code == 200
        except httpx.HTTPError:
            return False

    def wait(self) -> None:
        """Until it answers."""
        deadline = time.monotonic() + START_SECONDS
        while not self.ready:
            assert time.monotonic() < deadline, f"the bot did not answer in time:\n{self.log.read_text()[-3000:]}"
            time.sleep(0.02)

    def kill(self) -> None:
        """SIGKILL; returns when it is dead."""
        assert self._process is not None
        self._process.kill()
        self.kills.append(time.time())
        self._process.join()
        self._process.close()
        self._process = None

    def stop(self) -> None:
        """In order, if it runs."""
        if self._process is not None:
            self._process.terminate()
            self._process.join(15)
            if self._process.exitcode is None:
                self._process.kill()
                self._process.join()
            self._process.close()
            self._process = None
