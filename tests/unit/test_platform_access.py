"""A bot before a gateway: what /health says of the platform, what is logged, and what redaction waits for."""

from __future__ import annotations

import logging
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from bot.dossiers import usager_cache
from bot.http import health
from tests.unit.fhir.gateway import CLIENT, SCOPE, SECRET, Gateway, running_gateway
from tests.unit.messaging.running_bot import Bot, running_bot
from tests.unit.sandbox.sandbox_server import Sandbox


@pytest.fixture
def behind(tmp_path: Path) -> Iterator[tuple[Gateway, Sandbox]]:
    with running_gateway(tmp_path / "sandbox") as running:
        yield running


def access(sandbox: Sandbox) -> dict[str, Any]:
    return {
        "PLATFORM_URL": sandbox.fhir,
        "PLATFORM_TOKEN_URL": f"{sandbox.url}/token",
        "PLATFORM_CLIENT_ID": CLIENT,
        "PLATFORM_CLIENT_SECRET": SECRET,
        "PLATFORM_SCOPE": SCOPE,
        "PLATFORM_TOKEN": None,
        "PLATFORM_HEADERS": "X-Key: the-key-of-the-gateway",
    }


async def platform_line(bot: Bot) -> tuple[int, str]:
    answer = await bot.http.get("/health")
    return answer.status_code, answer.json()["platform"]


async def test_health_tells_refused_from_down_by_a_call_that_needs_access(
    behind: tuple[Gateway, Sandbox], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(health, "CACHE_SECONDS", 0.0)
    monkeypatch.setattr(health, "CHECK_SECONDS", 30.0)
    gateway, sandbox = behind
    caplog.set_level(logging.DEBUG)
    async with running_bot(tmp_path, **access(sandbox)) as bot:
        auth: Any = bot.parts.fhir._sender._auth
        assert (await platform_line(bot))[1] == "ok"
        assert gateway.asked[-1][1].startswith("/fhir/Practitioner?")  # `metadata` is open to everybody
        gateway.refuses_tokens = True
        assert await platform_line(bot) == (503, "refused")
        gateway.end_tokens()
        gateway.refuses_tokens, gateway.refuses_client, auth._refusal = False, True, None
        assert await platform_line(bot) == (503, "refused")
        gateway.refuses_client, auth._refusal = False, None
        assert (await platform_line(bot))[1] == "ok"
        sandbox.fault("down")
        assert await platform_line(bot) == (503, "down")
        sandbox.fault("none")
    for secret in (SECRET, "the-key-of-the-gateway", *gateway.given):
        assert secret not in caplog.text


async def test_redaction_waits_for_a_frozen_platform_a_while_and_goes_on_when_it_answers(
    behind: tuple[Gateway, Sandbox], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(usager_cache, "WAIT_SECONDS", 0.2)
    _, sandbox = behind
    async with running_bot(tmp_path, **access(sandbox)) as bot:
        claire = await bot.parts.registry.by_email("claire.moreau@sphere.example")
        assert claire is not None
        cache = usager_cache.UsagerCache(bot.parts.dossiers, bot.parts.clock)
        sandbox.fault("slow", seconds=1.5, count=1)
        began = time.monotonic()
        assert await cache.of_account_if_known(claire.id) is None
        assert time.monotonic() - began < 1.2
        await cache._fetches[claire.id]  # it goes on
        known = await cache.of_account_if_known(claire.id)
        assert known is not None
        assert "Durand" in {usager.family for usager in known}
