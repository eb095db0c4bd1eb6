"""The wheel, built and installed into an environment of its own, and its programs started far from the checkout."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import sysconfig
import venv
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from functools import partial
from pathlib import Path

import httpx

from tests.stack import wait_for

ROOT = Path(__file__).resolve().parents[2]
_PASSED_ON = ("PATH", "LANG", "TZ", "TMPDIR")


def build_wheel(folder: Path) -> Path:
    """Build the wheel of this checkout, without a registry, and return it."""
    command = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)]
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True)
    (wheel,) = folder.glob("*.whl")
    return wheel


def install_wheel(wheel: Path, environment: Path) -> Path:
    """Install the wheel alone into a new environment, which borrows the locked packages, and return its program `bot`.

    The packages are borrowed by a line of a .pth file: files of that kind in the borrowed folder, the editable checkout's, are not read.
    """
    venv.create(environment, with_pip=False, symlinks=True)
    python = environment / "bin" / "python"
    uv = ROOT / ".tools" / "bin" / "uv"
    command = [str(uv), "pip", "install", "--quiet", "--offline", "--no-deps", "--compile-bytecode", "--python", str(python), str(wheel)]
    subprocess.run(command, check=True, capture_output=True, env={**os.environ, "UV_LINK_MODE": "copy"})
    site_packages = Path(sysconfig.get_path("purelib", vars={"base": str(environment)}))
    (site_packages / "borrowed.pth").write_text(sysconfig.get_path("purelib") + "\n", "utf-8")
    return environment / "bin" / "bot"


def free_port() -> int:
    """Return a port of loopback that nobody holds."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


class Machine:
    """An empty folder, and an environment with nothing but the settings given: no checkout, no PYTHONPATH."""

    def __init__(self, bot: Path, folder: Path, **settings: str) -> None:
        folder.mkdir(parents=True)
        self._bot, self._folder = bot, folder
        self.environment = {name: os.environ[name] for name in _PASSED_ON if name in os.environ} | {
            "HOME": str(folder),
            "DATA": str(folder / "data"),
            **settings,
        }

    def run(self, *arguments: str) -> str:
        """Run a command of `bot` to its end and return what it prints; fails where it does."""
        done = subprocess.run(
            [str(self._bot), *arguments], cwd=self._folder, env=self.environment, capture_output=True, text=True, timeout=120
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    @contextmanager
    def running(self, **commands: Sequence[str]) -> Iterator[None]:
        """Run processes of `bot`: by command its arguments, and last the address that answers when it is ready. Stop them in the end."""
        with ExitStack() as stack:
            children = {name: stack.enter_context(self._started(name, *arguments[:-1])) for name, arguments in commands.items()}
            for name, arguments in commands.items():
                wait_for(f"{name} at {arguments[-1]}", partial(_answers, children[name], arguments[-1], self._log(name)), seconds=180)
            yield

    def _log(self, name: str) -> Path:
        return self._folder / f"{name}.log"

    @contextmanager
    def _started(self, *command: str) -> Iterator[subprocess.Popen[bytes]]:
        with self._log(command[0]).open("wb") as output:
            child = subprocess.Popen([str(self._bot), *command], cwd=self._folder, env=self.environment, stdout=output, stderr=output)
        try:
            yield child
        finally:
            child.terminate()
            child.wait(15)


def _answers(child: subprocess.Popen[bytes], url: str, log: Path) -> bool:
    assert child.poll() is None, log.read_text("utf-8", "replace")[-2000:]
    try:
        httpx.get(url, trust_env=False)
    except httpx.TransportError:
        return False
    return True
