"""One installation on one machine: its data folder, its processes with their environment, and what `run.json` says of them."""

from __future__ import annotations

import asyncio
import fcntl
import json
import os
import secrets
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import IO, Any

from bot.installation.companions import CompanionFactory, PrintLine, Site, no_companions
from bot.installation.supervisor import Process, Supervisor, SupervisorError, free_port, port_is_free, write_private
from bot.settings import Settings

ROOT = Path(__file__).resolve().parents[2]
"""The checkout: Rasa's files (config, domain, data, endpoints, credentials) are read from here."""
RASA_PYTHON = ROOT / "nlu" / ".venv" / "bin" / "python"
RASA_CHANNEL = "webhooks/gateway/messages"
LOOPBACK = "127.0.0.1"
_SECRETS = ("secret", "rasa_token", "events_token", "fhir_token", "desk_password")


class Installation:
    """One `DATA` folder, its secrets, its ports, its processes and the companions beside them."""

    def __init__(self, settings: Settings, print_line: PrintLine, companion_factory: CompanionFactory = no_companions) -> None:
        self.settings = settings
        self.data = settings.data.resolve()
        self.print_line = print_line
        self._companion_factory = companion_factory
        self._lock: IO[str] | None = None
        self._reserved_ports: set[int] = set()

    def acquire(self) -> None:
        """Make the data folder, lock it and choose secrets and ports.

        Raises SupervisorError if another run holds the folder, or the bot's port is in use.
        """
        self.data.mkdir(parents=True, exist_ok=True)
        (self.data / "logs").mkdir(exist_ok=True)
        self._lock = (self.data / "lock").open("w")
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise SupervisorError(f"another run uses {self.data}; set DATA to another folder") from None
        if not port_is_free(self.settings.host, self.settings.port):
            raise SupervisorError(f"port {self.settings.port} is in use; set PORT to another one")
        self.settings.run_file.unlink(missing_ok=True)
        self.secrets = self._load_secrets()
        self.ports = {name: self._reserve_port() for name in ("rasa", "actions")}
        self.companions = self._companion_factory(Site(self.settings, self.data, self.secrets, self._reserve_port))

    def _load_secrets(self) -> dict[str, str]:
        """Return the secrets of this folder, made once: tokens given to browsers must outlive a restart."""
        path = self.settings.secrets_file
        known: dict[str, str] = json.loads(path.read_text()) if path.exists() else {}
        complete = {name: known.get(name) or secrets.token_urlsafe(32) for name in _SECRETS}
        if complete != known:
            write_private(path, complete)
        return complete

    def _reserve_port(self) -> int:
        port = free_port()
        while port in self._reserved_ports:
            port = free_port()
        self._reserved_ports.add(port)
        return port

    def train(self) -> Path:
        """Return the path of the trained model; train it first where there is none (some minutes, once).

        Raises SupervisorError if the training fails.
        """
        command = [str(RASA_PYTHON), "-m", "nlu.train"]
        env = {**os.environ, "PYTHONPATH": str(ROOT)}
        with subprocess.Popen(command, cwd=ROOT, env=env, stdout=subprocess.PIPE, text=True) as child:
            lines: list[str] = []
            for line in child.stdout or ():
                lines.append(line.strip())
                if not line.startswith("/"):
                    self.print_line(f"understanding: {line.strip()}")
        if child.returncode != 0 or not lines:
            raise SupervisorError("training the model failed; see the lines above")
        return Path(lines[-1])

    def processes(self, model: Path) -> list[Process]:
        """Return every process of this installation, the slowest to start first."""
        env = self._environment()
        bot = [sys.executable, "-m", "bot.cli"]
        port = self.ports
        rasa = [str(RASA_PYTHON), "-m", "rasa", "run", "--model", str(model), "--interface", LOOPBACK, "--port", str(port["rasa"])]
        rasa += ["--endpoints", str(ROOT / "endpoints.yml"), "--credentials", str(ROOT / "credentials.yml")]
        return [
            self._process("rasa", rasa, env, f"http://{LOOPBACK}:{port['rasa']}/webhooks/gateway/health"),
            self._process("actions", [*bot, "actions", "--port", str(port["actions"])], env, f"http://{LOOPBACK}:{port['actions']}/health"),
            *(self._process(one.name, one.command, env, one.ready_url) for one in self.companions),
            self._process("bot", [*bot, "serve"], env, f"http://{self.settings.host}:{self.settings.port}/health/live"),
        ]

    def _process(self, name: str, command: list[str], env: dict[str, str], ready_url: str) -> Process:
        return Process(name, command, env, ready_url, self.data / "logs" / f"{name}.log")

    def _environment(self) -> dict[str, str]:
        env = {
            **os.environ,
            "DATA": str(self.data),
            "PORT": str(self.settings.port),
            "PYTHONPATH": str(ROOT),
            "PYTHONUNBUFFERED": "1",
            "RASA_URL": f"http://{LOOPBACK}:{self.ports['rasa']}/{RASA_CHANNEL}",
            "RASA_TOKEN": self.secrets["rasa_token"],
            "RASA_TRACKER_DB": str(self.data / "rasa.db"),
            "DIRECTORY_INDEX": str(self.settings.directory_index.resolve()),
            "RASA_TELEMETRY_ENABLED": "false",
            "ACTIONS_URL": f"http://{LOOPBACK}:{self.ports['actions']}/webhook",
        }
        if self.settings.secret is None:
            env["SECRET"] = self.secrets["secret"]
        if self.settings.events_token is None:
            env["EVENTS_TOKEN"] = self.secrets["events_token"]
        for companion in self.companions:
            env |= companion.environment
        return env

    def prepare_companions(self) -> None:
        """Do the blocking work that companions ask for, one after the other."""
        for companion in self.companions:
            if companion.prepare is not None:
                companion.prepare(self.print_line)

    def describe(self, pids: dict[str, int]) -> dict[str, Any]:
        """Return the content of `run.json` (see docs/reference.md); `pids` are the processes' ids by name."""
        own = self.settings.public_url or f"http://{LOOPBACK}:{self.settings.port}"
        entries: dict[str, Any] = {
            "chat": f"{own}/chat",
            "desk": f"{own}/desk",
            "account": f"{own}/account",
            "health": f"{own}/health",
            "events": f"{own}/events",
            "events_token": self.settings.events_token.get_secret_value() if self.settings.events_token else self.secrets["events_token"],
            "rasa": f"http://{LOOPBACK}:{self.ports['rasa']}/{RASA_CHANNEL}",
            "rasa_token": self.secrets["rasa_token"],
            "pids": pids,
        }
        if self.settings.metrics_token is not None:
            entries |= {"metrics": f"{own}/metrics", "metrics_token": self.settings.metrics_token.get_secret_value()}
        elif self.settings.public_url is None:
            entries["metrics"] = f"{own}/metrics"
        for companion in self.companions:
            entries |= companion.run_entries
        return entries


async def run_installation(installation: Installation, install_stop_handler: Callable[[Callable[[], None]], None]) -> None:
    """Run until a stop is requested. `install_stop_handler` makes the process's stop signals call the function it is given."""
    print_line = installation.print_line
    model = await asyncio.to_thread(installation.train)
    supervisor = Supervisor(installation.processes(model), print_line)
    install_stop_handler(supervisor.request_stop)
    run_file = installation.settings.run_file

    async def prepare() -> None:
        await asyncio.to_thread(installation.prepare_companions)

    def publish() -> None:
        write_private(run_file, installation.describe(supervisor.pids))

    def when_ready() -> None:
        publish()
        supervisor.on_restart(publish)
        _announce(installation.describe(supervisor.pids), print_line)

    try:
        await supervisor.run(prepare, when_ready)
    finally:
        run_file.unlink(missing_ok=True)
        print_line("everything stopped; nothing is lost, the next start goes on from here")


def _announce(entries: dict[str, Any], print_line: PrintLine) -> None:
    """Print where things are; `entries` are those of `run.json`."""
    print_line("")
    print_line(f"  web chat         {entries['chat']}")
    print_line(f"  support desk     {entries['desk']}")
    if "desk_user" in entries:
        print_line(f"                   {entries['desk_user']}, password {entries['desk_password']}")
    if "telegram" in entries:
        print_line(f"  Telegram (fake)  {entries['telegram']}")
    if "teams" in entries:
        print_line(f"  Teams (fake)     {entries['teams']}")
    if "mailbox" in entries:
        print_line(f"  caught e-mails   {entries['mailbox']}")
        print_line(f"  post an event    {entries['event_page']}")
        print_line("  demo user        claire.moreau@sphere.example (type it when the assistant asks; the code is in the caught e-mails)")
    print_line(f"  health           {entries['health']}")
    print_line("")
    print_line("Ctrl-C stops everything.")
