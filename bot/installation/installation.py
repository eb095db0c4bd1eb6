"""What runs on one machine: which processes, with which environment, and what `run.json` says of them."""

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

from bot import fake_channels
from bot.directory.importer import import_file
from bot.installation.supervisor import Process, Supervisor, SupervisorError, free_ports, port_is_free, write_private
from bot.sandbox.demo_directory import write_demo_file
from bot.settings import Settings

ROOT = Path(__file__).resolve().parents[2]
"""The checkout: Rasa's files (config, domain, data, endpoints, credentials) are read from here."""
RASA_PYTHON = ROOT / "nlu" / ".venv" / "bin" / "python"
RASA_CHANNEL = "webhooks/gateway/messages"
LOOPBACK = "127.0.0.1"
DESK_USER = "superviseur"
"""Login of the supervisor of an embedded sandbox."""
_SECRETS = ("secret", "rasa_token", "events_token", "fhir_token", "desk_password")

Say = Callable[[str], None]


class Installation:
    """One `DATA` folder, its secrets, its ports and its processes."""

    def __init__(self, settings: Settings, say: Say) -> None:
        self.settings = settings
        self.data = settings.data.resolve()
        self._say = say
        self._lock: IO[str] | None = None
        self.embedded = settings.platform_url is None

    def take(self) -> None:
        """Make the data folder and hold its lock. Raises SupervisorError if another run has it, or the port is taken."""
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
        names = ("rasa", "actions", "sandbox", "smtp", "telegram", "teams")
        self.ports = dict(zip(names, free_ports(len(names)), strict=True))

    def _load_secrets(self) -> dict[str, str]:
        """Secrets of this folder, made once: tokens given to browsers must outlive a restart."""
        path = self.settings.secrets_file
        known: dict[str, str] = json.loads(path.read_text()) if path.exists() else {}
        wanted = {name: known.get(name) or secrets.token_urlsafe(32) for name in _SECRETS}
        if wanted != known:
            write_private(path, wanted)
        return wanted

    def train(self) -> Path:
        """The trained model's path; trains it first where there is none (some minutes, once)."""
        command = [str(RASA_PYTHON), "-m", "nlu.train"]
        env = {**os.environ, "PYTHONPATH": str(ROOT)}
        with subprocess.Popen(command, cwd=ROOT, env=env, stdout=subprocess.PIPE, text=True) as child:
            lines: list[str] = []
            for line in child.stdout or ():
                lines.append(line.strip())
                if not line.startswith("/"):
                    self._say(f"understanding: {line.strip()}")
        if child.returncode != 0 or not lines:
            raise SupervisorError("training the model failed; see the lines above")
        return Path(lines[-1])

    def processes(self, model: Path) -> list[Process]:
        """Every process of this installation, the slowest to start first."""
        env = self._environment()
        bot = [sys.executable, "-m", "bot.cli"]
        port = self.ports
        rasa = [str(RASA_PYTHON), "-m", "rasa", "run", "--model", str(model), "--interface", LOOPBACK, "--port", str(port["rasa"])]
        rasa += ["--endpoints", str(ROOT / "endpoints.yml"), "--credentials", str(ROOT / "credentials.yml")]
        found = [
            self._process("rasa", rasa, env, f"http://{LOOPBACK}:{port['rasa']}/webhooks/gateway/health"),
            self._process("actions", [*bot, "actions", "--port", str(port["actions"])], env, f"http://{LOOPBACK}:{port['actions']}/health"),
        ]
        if self.embedded:
            ports = ["--port", str(port["sandbox"]), "--smtp-port", str(port["smtp"])]
            found.append(self._process("sandbox", [*bot, "sandbox", *ports], env, f"http://{LOOPBACK}:{port['sandbox']}/fhir/metadata"))
        if self.settings.telegram == "fake":
            fake = [sys.executable, "-m", "bot.sandbox.telegram", "--port", str(port["telegram"])]
            fake += ["--no-limits"] if self.settings.telegram_per_chat > 1 else []
            fake.append(f"--group={self._telegram_group}")
            found.append(self._process("telegram", fake, env, f"{self._telegram_url}/"))
        if self.settings.teams == "fake":
            fake = [
                sys.executable,
                "-m",
                "bot.sandbox.teams",
                "--port",
                str(port["teams"]),
                "--app-id",
                fake_channels.TEAMS_APP,
                "--tenant",
                fake_channels.TEAMS_TENANT,
            ]
            fake += ["--bot-url", f"http://{LOOPBACK}:{self.settings.port}/teams/messages", "--support-channel", self._teams_channel]
            found.append(self._process("teams", fake, env, f"{self._teams_url}/"))
        found.append(self._process("bot", [*bot, "serve"], env, f"http://{self.settings.host}:{self.settings.port}/health/live"))
        return found

    def _process(self, name: str, command: list[str], env: dict[str, str], ready_url: str) -> Process:
        return Process(name, command, env, ready_url, self.data / "logs" / f"{name}.log")

    def _environment(self) -> dict[str, str]:
        port, secret = self.ports, self.secrets
        made = {
            "DATA": str(self.data),
            "PORT": str(self.settings.port),
            "PYTHONPATH": str(ROOT),
            "PYTHONUNBUFFERED": "1",
            "RASA_URL": f"http://{LOOPBACK}:{port['rasa']}/{RASA_CHANNEL}",
            "RASA_TOKEN": secret["rasa_token"],
            "RASA_TRACKER_DB": str(self.data / "rasa.db"),
            "DIRECTORY_INDEX": str(self.settings.directory_index.resolve()),
            "RASA_TELEMETRY_ENABLED": "false",
            "ACTIONS_URL": f"http://{LOOPBACK}:{port['actions']}/webhook",
        }
        if self.settings.secret is None:
            made["SECRET"] = secret["secret"]
        if self.embedded and self.settings.desk_user is None:
            made |= {"DESK_USER": DESK_USER, "DESK_PASSWORD": secret["desk_password"]}
        if self.settings.events_token is None:
            made["EVENTS_TOKEN"] = secret["events_token"]
        if self.embedded:
            made |= {"PLATFORM_URL": self._fhir_url, "PLATFORM_TOKEN": secret["fhir_token"]}
            if self.settings.smtp_port is None:
                made |= {"SMTP_HOST": LOOPBACK, "SMTP_PORT": str(port["smtp"])}
        if self.settings.telegram == "fake":
            made |= {**fake_channels.telegram_settings(self._telegram_url), "SUPPORT_TELEGRAM_GROUP": self._telegram_group}
        if self.settings.teams == "fake":
            made |= {**fake_channels.teams_settings(self._teams_url), "SUPPORT_TEAMS_CHANNEL": self._teams_channel}
        return {**os.environ, **made}

    @property
    def _telegram_group(self) -> str:
        return self.settings.support_telegram_group or fake_channels.TELEGRAM_GROUP

    @property
    def _telegram_url(self) -> str:
        return f"http://{LOOPBACK}:{self.ports['telegram']}"

    @property
    def _teams_channel(self) -> str:
        return self.settings.support_teams_channel or fake_channels.TEAMS_CHANNEL

    @property
    def _teams_url(self) -> str:
        return f"http://{LOOPBACK}:{self.ports['teams']}"

    @property
    def _fhir_url(self) -> str:
        return f"http://{LOOPBACK}:{self.ports['sandbox']}/fhir"

    def prepare_directory(self) -> None:
        """Import the invented demo directory where the sandbox is embedded and no directory was imported yet."""
        if not self.embedded or (self.settings.directory_index / "current").exists():
            return
        self._say("directory: making and indexing the demo directory (5,000 invented people)")
        file = self.data / "demo-annuaire.txt"
        write_demo_file(file)
        report = import_file(file, self.settings.directory_index)
        self._say(f"directory: {report.people} people indexed in {report.seconds:.1f} s")

    def describe(self, pids: dict[str, int]) -> dict[str, Any]:
        """What `run.json` says (see docs/reference.md)."""
        own = self.settings.public_url or f"http://{LOOPBACK}:{self.settings.port}"
        said: dict[str, Any] = {
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
            said |= {"metrics": f"{own}/metrics", "metrics_token": self.settings.metrics_token.get_secret_value()}
        elif self.settings.public_url is None:
            said["metrics"] = f"{own}/metrics"
        if self.settings.telegram == "fake":
            said["telegram"] = self._telegram_url
        if self.settings.teams == "fake":
            said["teams"] = self._teams_url
        if self.embedded and self.settings.desk_user is None:
            said |= {"desk_user": DESK_USER, "desk_password": self.secrets["desk_password"]}
        if self.embedded:
            said |= {
                "fhir": self._fhir_url,
                "fhir_token": self.secrets["fhir_token"],
                "mailbox": f"http://{LOOPBACK}:{self.ports['sandbox']}/mailbox",
                "event_page": f"http://{LOOPBACK}:{self.ports['sandbox']}/sandbox/events",
            }
        return said


async def run_installation(installation: Installation, stop_signals: Callable[[Callable[[], None]], None], say: Say) -> None:
    """Run until a stop is asked for. `stop_signals` wires the process's signals to the function it is given."""
    model = await asyncio.to_thread(installation.train)
    supervisor = Supervisor(installation.processes(model), say)
    stop_signals(supervisor.request_stop)
    run_file = installation.settings.run_file

    async def prepare() -> None:
        await asyncio.to_thread(installation.prepare_directory)

    def publish() -> None:
        write_private(run_file, installation.describe(supervisor.pids))

    def ready() -> None:
        publish()
        supervisor.on_change(publish)
        _announce(installation.describe(supervisor.pids), say)

    try:
        await supervisor.run(prepare, ready)
    finally:
        run_file.unlink(missing_ok=True)
        say("everything stopped; nothing is lost, the next start goes on from here")


def _announce(said: dict[str, Any], say: Say) -> None:
    say("")
    say(f"  web chat         {said['chat']}")
    say(f"  support desk     {said['desk']}")
    if "desk_user" in said:
        say(f"                   {said['desk_user']}, password {said['desk_password']}")
    if "telegram" in said:
        say(f"  Telegram (fake)  {said['telegram']}")
    if "teams" in said:
        say(f"  Teams (fake)     {said['teams']}")
    if "mailbox" in said:
        say(f"  caught e-mails   {said['mailbox']}")
        say(f"  post an event    {said['event_page']}")
        say("  demo user        claire.moreau@sphere.example (type it when the assistant asks; the code is in the caught e-mails)")
    say(f"  health           {said['health']}")
    say("")
    say("Ctrl-C stops everything.")
