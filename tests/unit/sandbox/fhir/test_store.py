"""What was answered is stored, over restarts and kills."""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path

import httpx

from tests.unit.sandbox.sandbox_server import TOKEN, listening_socket, running_sandbox

SERVE = """
import pathlib, socket, sys, uvicorn
from bot.sandbox.server import create_app
app = create_app(pathlib.Path(sys.argv[1]), sys.argv[3], "http://127.0.0.1:9/events", "x")
uvicorn.Server(uvicorn.Config(app, log_level="error")).run(sockets=[socket.socket(fileno=int(sys.argv[2]))])
"""


def test_a_write_that_was_answered_survives_a_kill(tmp_path: Path) -> None:
    headers = {"Authorization": f"Bearer {TOKEN}"}
    with listening_socket() as listener, httpx.Client(headers=headers, trust_env=False, timeout=60) as http:
        url = f"http://127.0.0.1:{listener.getsockname()[1]}"
        arguments = [sys.executable, "-c", SERVE, str(tmp_path), str(listener.fileno()), TOKEN]
        with subprocess.Popen(arguments, pass_fds=[listener.fileno()]) as process:
            created = [http.post(f"{url}/fhir/Patient", json={"resourceType": "Patient"}).json() for _ in range(20)]
            process.send_signal(signal.SIGKILL)
    with running_sandbox(tmp_path) as again:
        for body in created:
            assert again.get(f"Patient/{body['id']}").json() == body
        assert len(again.found("Patient", identifier="SPH-2024-000137")) == 1  # not seeded a second time
