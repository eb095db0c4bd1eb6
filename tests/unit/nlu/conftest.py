"""Fixtures: a real Rasa server with a small model of its own, and an action server in its place."""

from __future__ import annotations

import json
import logging
import os
import random
import socket
import subprocess
import sys
import threading
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from nlu.environment import VARIABLES, prepare_process
from nlu.evaluate import Example, Prediction
from nlu.message_signatures import ANSWER_HEADER, MessageSigner

prepare_process()

ROOT = Path(__file__).resolve().parents[3]
FIXTURES = Path(__file__).parent / "fixtures"
TOKEN = "secret-of-the-test"
ACTIONS_TOKEN = "key-of-the-action-server"
Predictor = Callable[[list[Example]], list[Prediction]]


@pytest.fixture(scope="session")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Train a model on the fixtures with the components of config.yml; return its path."""
    from rasa.model_training import train

    folder = tmp_path_factory.mktemp("model")
    os.environ["RASA_CACHE_DIRECTORY"] = str(folder / "cache")
    result = train(
        domain=str(FIXTURES / "domain.yml"),
        config=str(FIXTURES / "config.yml"),
        training_files=[str(FIXTURES / "nlu.yml"), str(FIXTURES / "rules.yml")],
        output=str(folder),
        force_training=True,
    )
    return Path(result.model)


@pytest.fixture(scope="session")
def predict() -> Predictor:
    """Load the assistant's own model, trained where the sources have changed; return its predictions of examples."""
    from rasa.utils.log_utils import configure_structlog

    from nlu.evaluate import load_predictor
    from nlu.train import ensure_model

    configure_structlog(logging.WARNING)  # Rasa's debug lines hold every text
    return load_predictor(ensure_model(report=False))


@dataclass
class ActionServer:
    """An HTTP server in the action server's place, and the calls that it got."""

    port: int = 0
    calls: list[dict[str, Any]] = field(default_factory=list)
    status: int = 200
    key: str = ACTIONS_TOKEN
    """Key that its answers are signed with; another one makes it a stranger."""


@pytest.fixture(scope="session")
def actions() -> Iterator[ActionServer]:
    """Start an action server that echoes the message's turn; `action_fails` fails with a body that holds the message."""
    server = ActionServer()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            raw = self.rfile.read(int(self.headers["Content-Length"]))
            nonce = MessageSigner(ACTIONS_TOKEN).verify_request("webhook", raw, self.headers["Authorization"])
            body = json.loads(raw)
            server.calls.append(body)
            latest = body["tracker"]["latest_message"]
            fails = body["next_action"] == "action_fails"
            answer: dict[str, Any] = {"events": [], "responses": [{"text": "tour " + latest["metadata"]["turn"]}]}
            data = json.dumps({"error": latest["text"], "tracker": body["tracker"]} if fails else answer).encode()
            status = 500 if fails or nonce is None else 200
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header(ANSWER_HEADER, MessageSigner(server.key).sign_answer(nonce or "", status, data))
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        def log_message(self, format: str, *args: Any) -> None:
            """Log nothing."""

    http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.port = http.server_address[1]
    threading.Thread(target=http.serve_forever, daemon=True).start()
    yield server
    http.shutdown()


def free_port() -> int:
    """Return a port on which nothing listens, below those of outgoing connections: none takes it while the server starts."""
    while True:
        port = random.randrange(20_000, 32_768)
        with socket.socket() as probe, suppress(OSError):
            probe.bind(("127.0.0.1", port))
            return port


@dataclass
class RasaServer:
    """A running server; `log` is the file of its output."""

    url: str
    log: Path
    process: subprocess.Popen[bytes]

    def send(self, body: Any, token: str | None = TOKEN, raw: bytes | None = None, route: str = "messages") -> tuple[int, dict[str, Any]]:
        """POST `body`; return status and JSON answer."""
        headers = {"Content-Type": "application/json"}
        if token is not None:
            headers["Authorization"] = f"Bearer {token}"
        data = raw if raw is not None else json.dumps(body).encode()
        request = urllib.request.Request(f"{self.url}/webhooks/gateway/{route}", data, headers, method="POST")
        try:
            with urllib.request.urlopen(request, timeout=60) as answer:
                return answer.status, json.load(answer)
        except urllib.error.HTTPError as error:
            return error.code, json.load(error)

    def say(self, conversation: str, text: str, turn: str | None = None) -> list[dict[str, Any]]:
        """Send a text as a turn, which must succeed; return its messages."""
        body = {"conversation": conversation, "text": text, **({"turn": turn} if turn else {})}
        status, answer = self.send(body)
        assert status == 200, answer
        return list(answer["messages"])

    def health(self) -> int:
        """Return the status of the health route, 0 where nothing listens yet."""
        request = urllib.request.Request(f"{self.url}/webhooks/gateway/health", headers={"Authorization": f"Bearer {TOKEN}"})
        try:
            with urllib.request.urlopen(request, timeout=5) as answer:
                return int(answer.status)
        except urllib.error.HTTPError as error:
            return error.code
        except OSError:
            return 0


def start_rasa(model: Path, actions_port: int, folder: Path) -> RasaServer:
    """Start `rasa run` as the launcher does, and wait until it is ready."""
    port = free_port()
    environment = {
        **os.environ,
        **VARIABLES,
        "PYTHONPATH": str(ROOT),
        "RASA_TOKEN": TOKEN,
        "ACTIONS_TOKEN": ACTIONS_TOKEN,
        "ACTIONS_URL": f"http://127.0.0.1:{actions_port}/webhook",
        "RASA_TRACKER_DB": str(folder / "rasa.db"),
        "PYTHONUNBUFFERED": "1",
    }
    log = folder / "rasa.log"
    command = [
        str(Path(sys.executable).with_name("rasa")), "run", "-m", str(model), "--endpoints", str(ROOT / "endpoints.yml"),
        "--credentials", str(ROOT / "credentials.yml"), "-i", "127.0.0.1", "-p", str(port),
    ]  # fmt: skip
    with log.open("ab") as output:
        process = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=output, stderr=subprocess.STDOUT)
    rasa = RasaServer(f"http://127.0.0.1:{port}", log, process)
    wait_until_ready(rasa)
    return rasa


def wait_until_ready(rasa: RasaServer, seconds: float = 240) -> None:
    """Wait until the health route answers 200; fail with the log where the server ended or took too long."""
    pause = threading.Event()
    for _ in range(int(seconds * 10)):
        if rasa.health() == 200:
            return
        if rasa.process.poll() is not None:
            break
        pause.wait(0.1)
    rasa.process.kill()
    raise AssertionError(rasa.log.read_text(errors="replace"))


@pytest.fixture(scope="session")
def rasa(model: Path, actions: ActionServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[RasaServer]:
    """Start one server for all tests of the session."""
    server = start_rasa(model, actions.port, tmp_path_factory.mktemp("server"))
    yield server
    server.process.terminate()
    server.process.wait(60)
