"""Bots behind a proxy that they trust, so that a test comes from as many addresses as it likes."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx

from bot.core.clock import ManualClock
from tests.unit.messaging.running_bot import Bot, StandInRasa, running_bot, served
from tests.unit.support.running_desk import OPEN_AT

NAT, ELSEWHERE = "203.0.113.7", "198.51.100.4"
DEEP = b"[" * 20_000


def source(address: str) -> dict[str, str]:
    """Header of the proxy for a client at this address."""
    return {"X-Forwarded-For": address}


@asynccontextmanager
async def two_bots(folder: Path, **changes: Any) -> AsyncIterator[tuple[Bot, Bot]]:
    """Two processes on one database, whose clock only tests move, behind a proxy on loopback; the limits are those of production."""
    clock, rasa = ManualClock(OPEN_AT), StandInRasa()
    values: dict[str, Any] = {"TRUSTED_PROXIES": "127.0.0.1", "LIMITS": None, **changes}
    async with served(rasa.app) as url:
        common: dict[str, Any] = {"rasa": rasa, "rasa_url": url, "clock": clock, **values}
        async with running_bot(folder, **common) as one, running_bot(folder, **common) as other:
            yield one, other


async def open_session(bot: Bot, address: str) -> httpx.Response:
    """Open a web chat from an address."""
    return await bot.http.post("/chat/sessions", headers=source(address))


async def say(bot: Bot, token: str, message_id: str, address: str) -> int:
    """Send a message in a web chat from an address, not waiting for what is answered; the status."""
    headers = {"Authorization": f"Bearer {token}", **source(address)}
    return (await bot.http.post("/chat/messages", json={"id": message_id, "text": "bonjour"}, headers=headers)).status_code
