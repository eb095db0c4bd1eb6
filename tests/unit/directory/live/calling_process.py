"""A process that calls the Annuaire Santé as often as it may, until it made so many calls: python -m … DATABASE_URL ANNUAIRE_URL CALLS."""

from __future__ import annotations

import asyncio
import sys

from bot.core.clock import SystemClock
from bot.core.database import Database
from bot.live_directories import LiveDirectories
from bot.settings import Settings
from tests.unit.directory.live.annuaire_server import KEY


async def main(database_url: str, url: str, calls: int) -> None:
    database = Database(database_url)
    settings = Settings(secret="s" * 32, annuaire_sante_url=url, annuaire_sante_key=KEY, annuaire_sante_seconds=30)
    parts = LiveDirectories(settings, database, SystemClock())
    national = parts._national
    assert national is not None
    await asyncio.gather(*(national.healthy() for _ in range(calls)))
    await parts.aclose()
    await database.close()


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], sys.argv[2], int(sys.argv[3])))
