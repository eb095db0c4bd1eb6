"""`bot desk …`, run as an operator runs it, over a real database file."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import pytest
from click.testing import Result
from typer.testing import CliRunner

from bot.bot_container import BotContainer
from bot.settings import Settings
from bot.support.agents import Agents
from bot.support.cli import desk_app
from bot.support.errors import SignInFailed

PASSWORD = "un mot de passe de test"
Run = Callable[..., Awaitable[Result]]


@pytest.fixture
async def parts(tmp_path: Path) -> AsyncIterator[BotContainer]:
    """A bot's parts, beside the command line."""
    parts = BotContainer(Settings(DATA=tmp_path, SECRET="s" * 32))
    await parts.database.create_tables()
    yield parts
    await parts.aclose()


@pytest.fixture
def agents(parts: BotContainer) -> Agents:
    return parts.agents


@pytest.fixture
def bot(agents: Agents, tmp_path: Path) -> Run:
    env = {"DATA": str(tmp_path), "SECRET": "s" * 32, "COLUMNS": "200"}

    async def run(*arguments: str, typed: str = "") -> Result:
        return await asyncio.to_thread(CliRunner().invoke, desk_app, list(arguments), input=typed, env=env)

    return run


async def test_a_team_is_made_and_closed(agents: Agents, bot: Run) -> None:
    added = await bot("add-agent", "Ines@Sphere.example", "--name", "Inès", "--role", "supervisor", typed=f"{PASSWORD}\n{PASSWORD}\n")
    assert added.exit_code == 0, added.output
    assert PASSWORD not in added.output
    assert (await bot("add-agent", "paul", "--name", "Paul", "--password-stdin", typed=f"{PASSWORD}\n")).exit_code == 0
    listed = await bot("list")
    for word in ("ines@sphere.example", "Inès", "superviseur", "paul", "agent", "ouvert"):
        assert word in listed.output
    agent, _ = await agents.sign_in("ines@sphere.example", PASSWORD)
    assert agent.supervises
    assert (await bot("set-password", "paul", "--password-stdin", typed="un autre mot de passe\n")).exit_code == 0
    with pytest.raises(SignInFailed):
        await agents.sign_in("paul", PASSWORD)
    assert (await bot("close", "paul")).exit_code == 0
    assert "fermé" in (await bot("list")).output


async def test_a_messaging_account_is_linked_and_taken_away(parts: BotContainer, bot: Run) -> None:
    ines, links = await parts.agents.add("ines", "Inès", "agent", PASSWORD), parts.agent_links
    output = (await bot("link", "ines")).output
    assert "/relier " in output
    code = output.split("/relier ")[1].split()[0]
    assert await links.redeem("telegram", "7", code) == ines.agent
    assert await links.redeem("telegram", "8", code) is None
    assert await links.agent_of("telegram", "7") == ines.agent
    assert "déliées\u00a0: 1" in (await bot("unlink", "ines")).output
    assert await links.agent_of("telegram", "7") is None
    assert (await bot("link", "personne")).exit_code == 1


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("add-agent", "a b", "--name", "X", "--password-stdin"), "sans espace"),
        (("add-agent", "x1", "--name", " ", "--password-stdin"), "un nom compte"),
        (("add-agent", "x1", "--name", "X", "--role", "chef", "--password-stdin"), "rôle inconnu"),
        (("add-agent", "ines", "--name", "X", "--password-stdin"), "déjà celui"),
        (("set-password", "personne", "--password-stdin"), "n’existe pas"),
        (("close", "ines"), "qu’il reste un superviseur"),
    ],
)
async def test_what_cannot_be_is_one_line(agents: Agents, bot: Run, arguments: tuple[str, ...], said: str) -> None:
    await agents.add("ines", "Inès", "supervisor", PASSWORD)
    answer = await bot(*arguments, typed=f"{PASSWORD}\n")
    assert answer.exit_code == 1
    assert said in answer.output
    assert len(answer.output.strip().splitlines()) == 1
    assert [one.login for one in await agents.list()] == ["ines"]


@pytest.mark.parametrize("password", ["court", "x" * 201, "ines est mon nom à moi"])
async def test_a_weak_password_is_refused(bot: Run, password: str) -> None:
    answer = await bot("add-agent", "ines", "--name", "Inès", "--password-stdin", typed=f"{password}\n")
    assert answer.exit_code == 1
    assert "de 12 à 200" in answer.output
