"""The backup and the drill of the operator's guide, command by command as they stand there, on PostgreSQL, with the installed wheel."""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import psycopg
import pytest
from sqlalchemy.engine import make_url

from tests.databases import postgres_database
from tests.deploy.deploy_files import ROOT
from tests.deploy.installed_wheel import Machine, build_wheel, install_wheel
from tests.postgres import NoPostgres

GUIDE = ROOT / "docs" / "exploitation.md"


def commands(name: str) -> str:
    """Return the commands of the guide that stand below a mark."""
    found = re.search(rf"<!-- tested: {name} -->\n```sh\n(.*?)```", GUIDE.read_text("utf-8"), re.DOTALL)
    assert found is not None, name
    return found[1]


def plain(url: str) -> str:
    """Return a URL as PostgreSQL's own programs take it."""
    return make_url(url).set(drivername="postgresql").render_as_string(hide_password=False)


@pytest.fixture
def databases() -> Iterator[list[str]]:
    """Four databases: the assistant's of the newest schema, Rasa's, and those of the drill."""
    try:
        with ExitStack() as stack:
            yield [stack.enter_context(postgres_database(newest=newest)) for newest in (True, False, False, False)]
    except NoPostgres:
        pytest.skip("no PostgreSQL")


@pytest.mark.skipif(shutil.which("pg_dump") is None, reason="no pg_dump")
def test_the_drill_of_the_guide(databases: list[str], tmp_path: Path) -> None:
    assistant, rasa, drill, drill_rasa = databases
    with psycopg.connect(plain(rasa)) as connection:
        connection.execute("CREATE TABLE trackers AS SELECT 'c' AS conversation")
    bot = install_wheel(build_wheel(tmp_path / "dist"), tmp_path / "venv")
    machine = Machine(
        bot,
        tmp_path / "machine",
        DATABASE_URL=assistant,
        RASA_DATABASE_URL=plain(rasa),
        SECRET="s" * 40,
        BACKUPS=str(tmp_path),
        DRILL_DATABASE_URL=drill,
        DRILL_RASA_DATABASE_URL=plain(drill_rasa),
        DRILL_DATA=str(tmp_path / "drilled"),
    )
    machine.environment["PATH"] = f"{bot.parent}:{machine.environment['PATH']}"
    machine.run("desk", "add-agent", "nadia", "--name", "Nadia", "--no-password")
    _follow(machine, commands("backup"), tmp_path)
    drilled = _follow(machine, commands("drill"), tmp_path)
    assert "nadia" in drilled
    head = next(tmp_path.glob("audit-*.txt")).read_text("utf-8").strip()
    assert head
    assert head in drilled
    with psycopg.connect(plain(drill_rasa)) as connection:
        assert connection.execute("SELECT count(*) FROM trackers").fetchone() == (1,)


def _follow(machine: Machine, text: str, folder: Path) -> str:
    """Run commands as a shell does that stops at the first which fails, and return what they print."""
    done = subprocess.run(["bash", "-euo", "pipefail", "-c", text], cwd=folder, env=machine.environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return done.stdout
