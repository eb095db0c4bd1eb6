"""What two idle bots ask of PostgreSQL: SQL statements a second, with and without channels: `python -m bench.idle [--quick]`.

Claim: two bots that nobody speaks to, on one PostgreSQL, make together at most ten statements a second, also with Telegram (by webhook),
Teams and the team's groups. Once they have settled (the first look at reminders and at what is to be erased is over), the server logs
every statement, BEGIN, COMMIT and ROLLBACK included; the lines of a minute are counted.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import httpx
import psycopg
from sqlalchemy.engine import make_url

from bench.figures import Figure, run_alone
from bench.installed import say
from bot.installation.companions import Companion, Site
from bot.installation.supervisor import free_port
from bot.sandbox.companions import sandbox_companions
from bot.settings import load_settings
from tests.notification_load.bots import Bot
from tests.postgres import Cluster, NoPostgres
from tests.stack import ROOT, wait_for

MOST_A_SECOND = 10.0
SETTLE_SECONDS, COUNT_SECONDS = (45, 20), (60, 20)
"""How long the bots settle and are counted, and when quick."""
CHANNELS = {"TELEGRAM": "fake", "TEAMS": "fake", "TELEGRAM_MODE": "webhook"}
SECRETS = {
    "fhir_token": "token-of-the-platform",
    "desk_password": "un mot de passe de mesure",
    "smtp_password": "password-of-the-relay",
    "control_path": "control",
}
COMMON = {
    "SECRET": "secret-of-the-idle-bots-secret-of-the-idle-bots",
    "EVENTS_TOKEN": "token-of-events",
    "RASA_URL": "http://127.0.0.1:9/",  # nobody speaks: nothing is asked of it
    "RASA_TOKEN": "token-of-rasa",
    "PLATFORM_TOKEN": SECRETS["fhir_token"],
}
_STATEMENT = re.compile(r"LOG:  (?:statement|execute [^:]*): (.*(?:\n\t.*)*)")
_FRAME = re.compile(r"BEGIN|COMMIT|ROLLBACK|SAVEPOINT|RELEASE|;$")
"""What surrounds queries: transactions, and the pool's question whether a connection still answers."""


def measure(quick: bool) -> list[Figure]:
    """Without channels, then with them; nothing where there is no PostgreSQL."""
    try:
        return [_figure("the web chat alone", {}, quick), _figure("Telegram, Teams and groups", CHANNELS, quick)]
    except NoPostgres as error:
        say(str(error))
        return []


def _figure(name: str, channels: Mapping[str, str], quick: bool) -> Figure:
    settle, seconds = SETTLE_SECONDS[quick], COUNT_SECONDS[quick]
    say(f"two idle bots, {name}: {settle + seconds} s…")
    with _idle_bots(channels) as cluster:
        time.sleep(settle)
        statements, lasted = _statements(cluster, seconds)
    queries = [statement for statement in statements if not _FRAME.match(statement)]
    for tables, count in Counter(map(_tables, queries)).most_common(12):
        say(f"  {count / lasted:.2f} a second: {tables}")
    meaning = f"{len(queries) / lasted:.1f} of them queries; two bots together, {lasted:.0f} s"
    return Figure(f"statements a second, {name}", len(statements) / lasted, "", meaning, MOST_A_SECOND)


@contextmanager
def _idle_bots(channels: Mapping[str, str]) -> Iterator[Cluster]:
    """Two bots on a PostgreSQL of their own, which is given, and the stand-ins that they need."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="bench-")))
        cluster, port = Cluster(), free_port()
        stack.callback(cluster.stop)
        settings = {**COMMON, **channels, "DATABASE_URL": cluster.url}
        values: dict[str, Any] = {**COMMON, **channels, "DATA": folder, "PORT": port}
        site = Site(load_settings(**values), folder, SECRETS, free_port)
        for companion in sandbox_companions(site):
            stack.enter_context(_running(companion, folder))
            settings |= companion.environment
        bots = [Bot(folder, number, port, **settings) for number, port in enumerate((port, free_port()))]
        for bot in bots:
            stack.callback(bot.stop)
            bot.start()
        for bot in bots:
            bot.wait()
        yield cluster


@contextmanager
def _running(companion: Companion, folder: Path) -> Iterator[None]:
    environment = {**os.environ, **COMMON, "DATA": str(folder)}
    with (folder / f"{companion.name}.log").open("wb") as log:
        process = subprocess.Popen(companion.command, cwd=ROOT, env=environment, stdout=log, stderr=log)
    try:
        wait_for(companion.name, lambda: _answers(companion.ready_url))
        yield
    finally:
        process.terminate()
        process.wait(60)


def _answers(url: str) -> bool:
    try:
        return httpx.get(url, timeout=2, trust_env=False).status_code < 500
    except httpx.HTTPError:
        return False


def _statements(cluster: Cluster, seconds: float) -> tuple[Sequence[str], float]:
    """Return the statements of so many seconds, and how many they were really."""
    log, server = cluster.folder / "log", make_url(cluster.url).set(drivername="postgresql").render_as_string()
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute("ALTER SYSTEM SET log_statement = 'all'")
        connection.execute("SELECT pg_reload_conf()")
        time.sleep(2)  # until every process of the server has read it
        begin, began = log.stat().st_size, time.monotonic()
        time.sleep(seconds)
        end, lasted = log.stat().st_size, time.monotonic() - began
    with log.open("rb") as file:
        file.seek(begin)
        return _STATEMENT.findall(file.read(end - begin).decode(errors="replace")), lasted


def _tables(statement: str) -> str:
    """Return the kind of a statement and its tables."""
    return " ".join([statement.split()[0], *sorted(set(re.findall(r"(?:FROM|JOIN|UPDATE|INTO) ([a-z_]+)", statement)))])


if __name__ == "__main__":
    sys.exit(run_alone("idle", __doc__, measure))
