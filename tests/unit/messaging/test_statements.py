"""What one turn costs the database: each statement is a round trip."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import psycopg
import pytest

from bot.migrations import upgrade
from tests.postgres import Cluster, NoPostgres
from tests.unit.messaging.running_bot import StandInRasa, buttons, running_bot

STATEMENT = re.compile(r"^LOG: +(?:statement|execute [^:]*): (.*)$", re.MULTILINE)
BACKGROUND = ("FROM outbox", "SELECT outbox", "SELECT inbox.id, inbox.lease_until", "SELECT min(")
"""Beginnings of what the workers ask now and then."""
MOST = 20
"""Statements of the gateway in one turn of the web chat, BEGIN and COMMIT included: 40 they were once."""


@pytest.fixture
def cluster() -> Iterator[Cluster]:
    """A server that logs every statement."""
    try:
        cluster = Cluster(durable=False)
    except NoPostgres as error:
        if os.environ.get("REQUIRE_POSTGRES"):
            raise
        pytest.skip(str(error))
    with psycopg.connect(cluster.url.replace("+psycopg", ""), autocommit=True) as connection:
        for setting in ("log_statement = 'all'", "log_line_prefix = ''"):
            connection.execute(f"ALTER SYSTEM SET {setting}")
        connection.execute("SELECT pg_reload_conf()")
    upgrade(cluster.url)
    yield cluster
    with suppress(RuntimeError):
        cluster.stop()


def statements_since(cluster: Cluster, position: int) -> list[str]:
    with (cluster.folder / "log").open() as log:
        log.seek(position)
        return [each for each in STATEMENT.findall(log.read()) if not each.startswith(BACKGROUND)]


async def test_a_turn_takes_few_statements(tmp_path: Path, cluster: Cluster) -> None:
    rasa = StandInRasa()
    rasa.answers["bonjour"] = [{"text": "Bonjour.", "buttons": buttons("help", "greet"), "link": None}]
    limits: dict[str, Any] = {"LIMITS": None, "DATABASE_URL": cluster.url}
    async with running_bot(tmp_path, rasa=rasa, **limits) as bot:
        chat = await bot.chat()
        await chat.say("bonjour")
        counts = []
        for text in ("bonjour", "merci", "bonjour"):
            before = (cluster.folder / "log").stat().st_size
            replies = await chat.say(text)
            counts.append(len(statements_since(cluster, before)))
        before = (cluster.folder / "log").stat().st_size
        await chat.press(replies[0]["buttons"][0]["token"])
        pressed = statements_since(cluster, before)
        assert min(counts) <= MOST, counts  # the least, for what workers do meanwhile
        assert len(pressed) <= MOST + 4, pressed
