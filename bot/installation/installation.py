"""One installation on one machine: its data folder, its processes with their environment, and what `run.json` says of them."""

from __future__ import annotations

import asyncio
import fcntl
import os
import secrets
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import IO, Any, Literal

from pydantic import SecretStr

from bot.core.private_files import write_private
from bot.installation.companions import CompanionFactory, PrintLine, Site, no_companions
from bot.installation.data_folder import prepare_data_folder
from bot.installation.environments import ACTIONS, BOT, RASA, environment_of
from bot.installation.supervisor import Process, Supervisor, SupervisorError, free_port, port_is_free
from bot.migrations import check
from bot.settings import Settings, read_secrets

ROOT = Path(__file__).resolve().parents[2]
"""The checkout: Rasa's files (config, domain, data, endpoints, credentials) are read from here."""
RASA_PYTHON = ROOT / "nlu" / ".venv" / "bin" / "python"
RASA_CHANNEL = "webhooks/gateway/messages"
LOOPBACK = "127.0.0.1"
_HEALTH_PATHS = {"rasa": "webhooks/gateway/health", "actions": "health"}
_NOTHING: Mapping[str, str] = MappingProxyType({})
_SECRETS = ("secret", "rasa_token", "actions_token", "events_token", "fhir_token", "desk_password", "smtp_password", "control_path")


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
        """Make the data folder and close it to others, lock it, look at the database, and choose secrets and ports.

        Raises:
            SupervisorError: another run holds the folder, or the bot's port is in use.
            DataFolderError, SettingsError, DatabaseError: the folder, its secrets or the database cannot be used.
        """
        prepare_data_folder(self.data)
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
        if self.settings.database_url is None:  # a server may still be starting: the bot waits for it
            check(self.settings.sqlalchemy_url)
        self.ports = {name: self._reserve_port() for name in ("rasa", "actions")}
        self.companions = self._companion_factory(Site(self.settings, self.data, self.secrets, self._reserve_port))

    def _load_secrets(self) -> dict[str, str]:
        """Return the secrets of this folder, made once: tokens given to browsers must outlive a restart."""
        path = self.settings.secrets_file
        known = read_secrets(path)
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
        env = environment_of(frozenset(), {**os.environ, "PYTHONPATH": str(ROOT)})
        if not RASA_PYTHON.exists():
            raise SupervisorError("Rasa is not installed: run `make install`")
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
        bot = [sys.executable, "-m", "bot.cli"]
        port = self.ports
        rasa = [str(RASA_PYTHON), "-m", "rasa", "run", "--model", str(model), "--interface", LOOPBACK, "--port", str(port["rasa"])]
        rasa += ["--endpoints", str(ROOT / "endpoints.yml"), "--credentials", str(ROOT / "credentials.yml")]
        rasa_health, actions_health = (f"http://{LOOPBACK}:{port[name]}/{path}" for name, path in _HEALTH_PATHS.items())
        return [
            self._process(
                "rasa", rasa, RASA, rasa_health, self.token("rasa_token"), more={"RASA_TRACKER_DB": self.settings.tracker_database}
            ),
            self._process(
                "actions", [*bot, "actions", "--port", str(port["actions"])], ACTIONS, actions_health, self.token("actions_token")
            ),
            *(self._process(one.name, one.command, one.secrets, one.ready_url, more=one.own_environment) for one in self.companions),
            self._process("bot", [*bot, "serve"], BOT, f"http://{self.settings.host}:{self.settings.port}/health/live"),
        ]

    def _process(
        self,
        name: str,
        command: list[str],
        allowed: frozenset[str],
        ready_url: str,
        key: str | None = None,
        more: Mapping[str, str] = _NOTHING,
    ) -> Process:
        env = {**environment_of(allowed, self._environment()), **more}
        return Process(name, command, env, ready_url, self.data / "logs" / f"{name}.log", key)

    def token(self, name: Literal["secret", "rasa_token", "actions_token", "events_token"]) -> str:
        """Return a token: the settings' where they have one, else that of this folder."""
        given: SecretStr | None = getattr(self.settings, name)
        return given.get_secret_value() if given is not None else self.secrets[name]

    def _environment(self) -> dict[str, str]:
        env = {
            **os.environ,
            "DATA": str(self.data),
            "PORT": str(self.settings.port),
            "PYTHONPATH": str(ROOT),
            "PYTHONUNBUFFERED": "1",
            "DRAIN_SECONDS": "0",  # nothing stands before these processes that would send requests elsewhere
            "RASA_URL": f"http://{LOOPBACK}:{self.ports['rasa']}/{RASA_CHANNEL}",
            "RASA_TOKEN": self.token("rasa_token"),
            "ACTIONS_TOKEN": self.token("actions_token"),
            "SECRET": self.token("secret"),
            "EVENTS_TOKEN": self.token("events_token"),
            "DIRECTORY_INDEX": str(self.settings.directory_index.resolve()),
            "RASA_TELEMETRY_ENABLED": "false",
            "ACTIONS_URL": f"http://{LOOPBACK}:{self.ports['actions']}/webhook",
        }
        if self.settings.telegram_token is None:  # the action server, which has no token, knows Telegram by the bot's name
            env.pop("TELEGRAM_BOT", None)
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
            "events_token": self.token("events_token"),
            "rasa": f"http://{LOOPBACK}:{self.ports['rasa']}/{RASA_CHANNEL}",
            "rasa_token": self.token("rasa_token"),
            "actions": f"http://{LOOPBACK}:{self.ports['actions']}/webhook",
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
    settings = installation.settings
    log_bytes = int(settings.log_megabytes * 1_000_000)
    supervisor = Supervisor(installation.processes(model), print_line, log_bytes, settings.log_files)
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
