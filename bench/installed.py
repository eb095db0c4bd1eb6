"""A whole installation to be measured, on a fresh data folder: what `bot run` starts, stopped at the end."""

from __future__ import annotations

import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.stack import ROOT, Stack

NLU_PYTHON = ROOT / "nlu" / ".venv" / "bin" / "python"
NO_LIMITS = {"CHAT_MESSAGES_PER_MINUTE": "1000000", "LIMITS": "test"}
"""One address stands for many users here."""


def say(line: str) -> None:
    """Progress, beside the figures."""
    print(line, file=sys.stderr, flush=True)


def train_once() -> None:
    """Train the model of the present sources where there is none, so that no start waits for it."""
    # Its progress is shown; what its libraries warn of is not (`make train` shows it).
    subprocess.run([str(NLU_PYTHON), "-m", "nlu.train"], cwd=ROOT, check=True, stdout=sys.stderr, stderr=subprocess.DEVNULL)


@contextmanager
def installation(**environment: str) -> Iterator[tuple[Stack, float]]:
    """A running installation, and the seconds from the command to `run.json`."""
    train_once()
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        stack = Stack(Path(folder) / "var", **NO_LIMITS, **environment)
        say("starting an installation…")
        started = time.monotonic()
        try:
            stack.start()
            seconds = time.monotonic() - started
            say(f"started in {seconds:.1f} s")
            yield stack, seconds
        finally:
            stack.stop()


def supervisor_pid(stack: Stack) -> int:
    """The process that started all others."""
    stat = Path(f"/proc/{stack.run['pids']['bot']}/status").read_text()
    found = re.search(r"^PPid:\s+(\d+)", stat, re.MULTILINE)
    assert found is not None
    return int(found[1])
