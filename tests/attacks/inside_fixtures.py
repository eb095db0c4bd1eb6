"""What the attacks from inside the machine are made with: a real action server, an installation that is not started, raw databases."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import Any

import pytest
from sanic import Sanic
from sqlalchemy import create_engine, inspect, text

from bot.bot_container import BotContainer
from bot.core.clock import ManualClock
from bot.core.database import Database
from bot.installation.installation import Installation
from bot.installation.supervisor import Process, free_port
from bot.messaging.mail_sender import MailSender
from bot.migrations import configuration, upgrade
from bot.sandbox.companions import sandbox_companions
from bot.settings import Settings, secret_variables
from tests.unit.harness import SETTINGS, START, Harness
from tests.unit.sandbox.sandbox_server import Sandbox

ACTIONS_TOKEN = "key-between-rasa-and-the-action-server"


@asynccontextmanager
async def action_server() -> AsyncIterator[str]:
    """The action server with all its actions; gives its address."""
    from actions.framework.server import create_app

    app, port = create_app(ACTIONS_TOKEN), free_port()
    app.config.TOUCHUP = False  # it rewrites Sanic's own methods, once in a process
    server = await app.create_server("127.0.0.1", port, return_asyncio_server=True, access_log=False)
    assert server is not None
    try:
        await server.startup()
        await server.start_serving()
        yield f"http://127.0.0.1:{port}"
    finally:
        await server.close()
        app.shutdown_tasks(0)
        Sanic.unregister_app(app)


class ActsAsDoctor:
    """What a process without a secret makes of a conversation id that it knows: a call that would add a partner to a dossier."""

    def __init__(self, conversation: str) -> None:
        events = [{"event": "slot", "name": "requested_slot", "value": None}]
        tracker = {"sender_id": conversation, "slots": {}, "latest_message": {}, "events": events, "paused": False, "active_loop": {}}
        self.call = {"next_action": "action_add_partner", "sender_id": conversation, "tracker": tracker, "domain": {}, "version": "3.6.21"}


def secrets_of_settings() -> dict[str, str]:
    """A value of its own for every secret that there is a setting for."""
    values = {name: f"secret-value-of-{name.lower()}-0123456789" for name in secret_variables()}
    return values | {
        "DATABASE_URL": "sqlite+aiosqlite:////nowhere/sphere-secret.db",
        "REDIS_URL": "redis://:secret-of-redis@127.0.0.1/0",
        "PLATFORM_HEADERS": "X-Gateway-Key: secret-of-the-gateway",
    }


@contextmanager
def installed(folder: Path, monkeypatch: pytest.MonkeyPatch, **variables: str) -> Iterator[list[Process]]:
    """The processes of an installation with these variables, as they would be started."""
    for name, value in {"DATA": str(folder), "PORT": str(free_port()), **variables}.items():
        monkeypatch.setenv(name, value)
    installation = Installation(Settings(), lambda line: None, sandbox_companions)
    installation.acquire()
    try:
        yield installation.processes(Path("model.tar.gz"))
    finally:
        assert installation._lock is not None
        installation._lock.close()


def everything_in(url: str) -> str:
    """Every value of every table, as whoever reads the database's files finds them."""
    engine = create_engine(configuration(url).attributes["url"])
    try:
        with engine.connect() as connection:
            tables = inspect(connection).get_table_names()
            rows = [row for table in tables for row in connection.execute(text(f'SELECT * FROM "{table}"'))]
        return "\n".join(str(tuple(row)) for row in rows)
    finally:
        engine.dispose()


def change(url: str, statement: str, **values: Any) -> None:
    """Change the database behind the product's back."""
    engine = create_engine(configuration(url).attributes["url"])
    try:
        with engine.begin() as connection:
            connection.execute(text(statement), values)
    finally:
        engine.dispose()


class Office:
    """Accounts, identity and the mail worker over a database of either kind."""

    def __init__(self, harness: Harness, mails: MailSender, url: str) -> None:
        self.harness, self.mails, self.url = harness, mails, url
        self.clock = harness.clock


@asynccontextmanager
async def office(url: str, sandbox: Sandbox, folder: Path, *, smtp_port: int | None, **settings: Any) -> AsyncIterator[Office]:
    """An office; `smtp_port` None: the mail relay is away."""
    await asyncio.to_thread(upgrade, url)
    clock, database = ManualClock(START), Database(url)
    values = {"DATA": folder, "SECRET": SETTINGS.required("secret"), "RASA_URL": "http://127.0.0.1:9/", "RASA_TOKEN": "token-of-rasa"}
    made = Settings(**(values | {"SMTP_PORT": smtp_port, "PLATFORM_URL": sandbox.fhir, "PLATFORM_TOKEN": sandbox.token} | settings))
    harness = Harness(database, sandbox, clock)
    mail_sender = BotContainer(made, clock, database).mail_sender
    try:
        yield Office(harness, mail_sender, url)
    finally:
        await harness.fhir.aclose()
        await database.close()
