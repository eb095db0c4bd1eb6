"""The whole: PostgreSQL, Redis, proxy and stand-ins on the hub; on each of two machines a bot, a deliverer, an action server, a Rasa."""

from __future__ import annotations

import os
import secrets
import shutil
import sys
from contextlib import suppress
from pathlib import Path
from typing import Any

import httpx
from sqlalchemy import create_engine, text
from sqlalchemy.engine import Engine

from bot.directory.importer import import_file
from bot.fake_channels import CONTROL_PATH, TEAMS_APP_ID, TEAMS_CHANNEL, TEAMS_TENANT_ID, TELEGRAM_GROUP, teams_settings, telegram_settings
from bot.installation.environments import environment_of
from bot.installation.supervisor import free_port, port_is_free
from bot.sandbox.demo_directory import write_demo_file
from tests.channels import ALWAYS_OPEN, TELEGRAM
from tests.machines import proxy
from tests.machines.network import LOOPBACK, Loopback, two_machines
from tests.machines.program import Program, answers
from tests.machines.roles import ROLES, Role
from tests.postgres import Cluster
from tests.stack import ROOT, START_SECONDS, Stack, wait_for

DRAIN_SECONDS = 6
"""As deploy/compose.yaml has it: what the proxy needs to see that a bot drains."""
HUB = ("postgres", "redis", "users", "rasa", "actions", "sandbox", "smtp", "telegram", "teams")
"""What has a port on the hub."""
DESK_USER = "superviseur"
_OF_CHAT = "JOIN conversations c ON c.id = r.conversation_id WHERE c.channel = :channel AND c.address = :address"


class Machine:
    """One of the two: its network, its folder, its processes by role."""

    def __init__(self, number: int, network: Loopback, folder: Path) -> None:
        self.number, self.network, self.folder = number, network, folder
        self.ports = {role.name: free_port() for role in ROLES}
        self.programs: dict[str, Program] = {}

    def prepare(self, directory: Path, common: dict[str, str], logs: Path) -> None:
        """Give it a folder with the directory, and describe its processes."""
        self.folder.mkdir(mode=0o700)
        shutil.copytree(directory, self.folder / "directory")
        for role in ROLES:
            own = {"DATA": str(self.folder), "HOST": self.network.address, "PORT": str(self.ports[role.name])}
            environment = environment_of(role.secrets, {**common, **own, "DIRECTORY_INDEX": str(self.folder / "directory")})
            command = role.command_at(self.network.address, self.ports[role.name])
            ready = answers(f"http://{self.address_of(role)}/{role.ready_path}", role.ready_status)
            name = f"{role.name}{self.number}"
            self.programs[role.name] = Program(name, command, environment, logs / f"{name}.log", ready, within=self.network.within)

    def address_of(self, role: Role) -> str:
        """Return where the process of a role is reached from the hub."""
        return f"{self.network.address}:{self.ports[role.name]}"

    def cut_off(self) -> None:
        """Let nothing reach it, nor leave it; where there is no cable, its processes do nothing meanwhile."""
        if not self.network.cut():
            for program in self.programs.values():
                program.freeze()

    def reconnect(self) -> None:
        """Take that back."""
        self.network.mend()
        for program in self.programs.values():
            program.thaw()


class Machines(Stack):
    """The installation, driven from outside as `bot run`'s is: `run`, `api`, the reading of its database."""

    def __init__(self, folder: Path) -> None:
        self.data, self.folder = folder / "hub", folder
        self.http = httpx.Client(timeout=60, trust_env=False)
        self._ports = {name: free_port() for name in HUB}
        self._tokens = {name: secrets.token_urlsafe(32) for name in ("SECRET", "RASA_TOKEN", "ACTIONS_TOKEN", "EVENTS_TOKEN", "PLATFORM")}
        self._tokens |= {name: secrets.token_urlsafe(32) for name in ("PROXY", "DESK", "SMTP")}
        self._control = f"/{secrets.token_urlsafe(24)}"
        self.machines = [Machine(number, network, folder / f"machine{number}") for number, network in enumerate(two_machines(), 1)]
        self.port = self._ports["users"]
        self._others: list[Program] = []
        self.engine: Engine | None = None

    @property
    def _proxy_file(self) -> Path:
        return self.folder / "haproxy.cfg"

    @property
    def network(self) -> str:
        """How the machines are kept apart."""
        return self.machines[0].network.kind

    def start(self) -> None:
        """Start everything, and wait until it is ready."""
        self.data.mkdir(parents=True, mode=0o700)
        logs = self.folder / "logs"
        logs.mkdir()
        self.postgres = Cluster(port=self._ports["postgres"])
        directory = self.folder / "directory"
        write_demo_file(self.folder / "demo-annuaire.txt")
        import_file(self.folder / "demo-annuaire.txt", directory)
        common = self._common_environment()
        for machine in self.machines:
            machine.prepare(directory, common, logs)
        self.redis = self._hub_program(
            "redis", ["redis-server", "--bind", LOOPBACK, "--port", str(self._ports["redis"]), "--save", "", "--dir", str(self.data)]
        )
        self._others = [self.redis, *self._stand_ins(common), self._proxy()]
        for machine in self.machines:
            self._others += machine.network.relay(list(self._ports.values()), self.folder)
        for program in self._others:
            program.start()
        for program in self.programs():
            program.start()
        for program in (*self._others, *self.programs()):
            program.wait_ready()
        for program in self.programs():
            self.wait_proxied(program)
        self.engine = create_engine(self.postgres.url, pool_pre_ping=True)

    def programs(self) -> list[Program]:
        """Every process of the two machines, the slowest to start first."""
        return [machine.programs[role.name] for role in ROLES for machine in self.machines]

    def stop(self) -> float:
        """Stop everything and remove what was made."""
        self.http.close()
        if self.engine is not None:
            self.engine.dispose()
        for machine in self.machines:
            if machine.programs:
                machine.network.mend()
        for program in (*self.programs(), *reversed(self._others)) if self._others else ():
            program.end()
        with suppress(RuntimeError, AttributeError):
            self.postgres.stop()
        for machine in self.machines:
            machine.network.remove()
        return 0.0

    def _hub_program(self, name: str, command: list[str], more: dict[str, str] | None = None) -> Program:
        port = self._ports[name]
        return Program(
            name, command, {**os.environ, **(more or {})}, self.folder / "logs" / f"{name}.log", lambda: not port_is_free(LOOPBACK, port)
        )

    def _proxy(self) -> Program:
        file = self._proxy_file
        servers = {
            f"{role.name.upper()}{machine.number}": machine.address_of(role) for role in ROLES if role.proxied for machine in self.machines
        }
        ports = (self._ports["users"], self._ports["rasa"], self._ports["actions"])
        variables = proxy.write(file, *ports, servers, self._tokens["PROXY"])
        program = shutil.which("haproxy") or "/usr/sbin/haproxy"
        return self._hub_program("users", [program, "-db", "-f", str(file)], variables)

    def _stand_ins(self, common: dict[str, str]) -> list[Program]:
        """Return platform with mailbox, Telegram and Teams, as `bot.sandbox.companions` starts them beside `bot run`."""
        control = {**common, CONTROL_PATH: self._control, "DATA": str(self.data)}
        ports = {name: str(port) for name, port in self._ports.items()}
        bot = {"HOST": LOOPBACK, "PORT": ports["users"]}
        python = [sys.executable, "-m"]
        platform = [*python, "bot.cli", "sandbox", "--port", ports["sandbox"], "--smtp-port", ports["smtp"]]
        telegram = [*python, "bot.sandbox.telegram", "--port", ports["telegram"], "--no-limits", f"--group={TELEGRAM_GROUP}"]
        teams = [
            *python,
            "bot.sandbox.teams",
            "--port",
            ports["teams"],
            "--app-id",
            TEAMS_APP_ID,
            "--tenant",
            TEAMS_TENANT_ID,
            "--no-limits",
        ]
        teams += ["--bot-url", f"{self.api}/teams/messages", "--support-channel", TEAMS_CHANNEL]
        return [
            self._hub_program("sandbox", platform, control | bot),
            self._hub_program("telegram", telegram, control),
            self._hub_program("teams", teams, control),
        ]

    def _common_environment(self) -> dict[str, str]:
        """Return every setting, secrets included: `environment_of` leaves to each process those that it needs."""
        at = {name: f"http://{LOOPBACK}:{port}" for name, port in self._ports.items()}
        return {
            **{name: value for name, value in os.environ.items() if name not in {"TELEGRAM", "TEAMS", "PORT"}},
            **ALWAYS_OPEN,
            **{name: value for name, value in TELEGRAM.items() if name != "TELEGRAM"},
            **telegram_settings(f"{at['telegram']}{self._control}"),
            **teams_settings(f"{at['teams']}{self._control}"),
            **{name: self._tokens[name] for name in ("SECRET", "RASA_TOKEN", "ACTIONS_TOKEN", "EVENTS_TOKEN")},
            "TELEGRAM_MODE": "webhook",
            "PYTHONPATH": str(ROOT),
            "PYTHONUNBUFFERED": "1",
            "RASA_TELEMETRY_ENABLED": "false",
            "LIMITS": "test",
            "CHAT_MESSAGES_PER_MINUTE": "1000000",
            "PUBLIC_URL": at["users"],
            "TRUSTED_PROXIES": "127.0.0.0/8,198.18.0.0/15",
            "TRUSTED_PROXY_TOKEN": self._tokens["PROXY"],
            "ROLES": "serve",
            "DRAIN_SECONDS": str(DRAIN_SECONDS),
            "DATABASE_URL": self.postgres.url,
            "RASA_DATABASE_URL": self.postgres.url.replace("+psycopg", ""),
            "REDIS_URL": f"redis://{LOOPBACK}:{self._ports['redis']}/0",
            "RASA_URL": f"{at['rasa']}/webhooks/gateway/messages",
            "ACTIONS_URL": f"{at['actions']}/webhook",
            "PLATFORM_URL": f"{at['sandbox']}/fhir",
            "PLATFORM_TOKEN": self._tokens["PLATFORM"],
            "PLATFORM_POLL_SECONDS": "0",
            "SMTP_HOST": LOOPBACK,
            "SMTP_PORT": str(self._ports["smtp"]),
            "SMTP_USER": "sandbox",
            "SMTP_PASSWORD": self._tokens["SMTP"],
            "DESK_USER": DESK_USER,
            "DESK_PASSWORD": self._tokens["DESK"],
        }

    @property
    def run(self) -> dict[str, Any]:
        """What run.json says of an installation on one machine."""
        at = {name: f"http://{LOOPBACK}:{port}" for name, port in self._ports.items()}
        return {
            "events": f"{self.api}/events",
            "events_token": self._tokens["EVENTS_TOKEN"],
            "fhir": f"{at['sandbox']}/fhir",
            "fhir_token": self._tokens["PLATFORM"],
            "mailbox": f"{at['sandbox']}/mailbox",
            "telegram": f"{at['telegram']}{self._control}",
            "teams": f"{at['teams']}{self._control}",
            "desk_user": DESK_USER,
            "desk_password": self._tokens["DESK"],
        }

    def is_proxied(self, program: Program) -> bool:
        """Whether the proxy sends requests to a process, or would never."""
        return proxy.server_states(self._proxy_file).get(program.name, "UP") == "UP"

    def wait_proxied(self, program: Program) -> None:
        """Wait until the proxy sends requests to a process."""
        wait_for(f"the proxy to use {program.name}", lambda: self.is_proxied(program), START_SECONDS)

    def read(self, query: str, **values: Any) -> list[Any]:
        """Return the rows that a query of the database gives."""
        assert self.engine is not None
        with self.engine.connect() as connection:
            return list(connection.execute(text(query), values))

    def turns_of(self, channel: str, address: str) -> list[bool]:
        """See `Stack`."""
        states = self.read(f"SELECT r.state FROM inbox r {_OF_CHAT} ORDER BY r.id", channel=channel, address=address)
        return [state == "done" for (state,) in states]

    def to_be_pushed(self, channel: str, address: str) -> int:
        """See `Stack`."""
        wanted = (
            "SELECT count(*) FROM outbox o JOIN conversations c ON c.id = o.conversation_id WHERE o.done_at IS NULL AND o.dead_at IS NULL"
        )
        return int(self.read(f"{wanted} AND c.channel = :channel AND c.address = :address", channel=channel, address=address)[0][0])

    def mails_to_come(self) -> int:
        """See `Stack`."""
        return int(self.read("SELECT count(*) FROM outbox WHERE kind = 'mail' AND done_at IS NULL AND dead_at IS NULL")[0][0])
