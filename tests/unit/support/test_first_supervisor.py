"""The first supervisor, whom bots that start at once all want to add."""

from __future__ import annotations

import asyncio
from pathlib import Path

from bot.bot_container import BotContainer
from bot.settings import Settings
from tests.databases import every_database

__all__ = ["every_database"]

PASSWORD = "un mot de passe de test"


async def test_bots_that_start_at_once_add_one_first_supervisor(every_database: str, tmp_path: Path) -> None:
    bots = [BotContainer(Settings(DATA=tmp_path, SECRET="s" * 32)) for _ in range(4)]
    await bots[0].database.create_tables()
    try:
        added = await asyncio.gather(*(bot.agents.ensure_first("superviseur", PASSWORD) for bot in bots))
        assert sorted(added) == [False, False, False, True]
        assert [agent.login for agent in await bots[0].agents.list()] == ["superviseur"]
    finally:
        for bot in bots:
            await bot.aclose()
