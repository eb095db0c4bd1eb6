"""The health report: each check a line, 503 only where something required is down."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from pathlib import Path

import httpx
import pytest
from fastapi import FastAPI

from bot.core.database import Database
from bot.http import health
from bot.http.health import Check, Health, Readiness
from bot.http.health_checks import ReadingCheck
from tests.databases import database_url


async def up() -> bool:
    return True


async def down() -> bool:
    return False


async def broken() -> bool:
    raise ConnectionError


async def refusing() -> bool:
    raise health.AccessRefused


async def silent() -> bool:
    await asyncio.Event().wait()
    return True


async def more() -> Mapping[str, str]:
    return {"waiting": "3"}


async def test_the_report_has_a_line_for_each_check_in_order() -> None:
    report = Health({"rasa": up, "smtp": None, "telegram": down}, frozenset({"rasa"}), [more])
    status, lines = await report.report()
    assert status == 200
    assert list(lines.items()) == [
        ("status", "ok"),
        ("rasa", "ok"),
        ("smtp", "not configured"),
        ("telegram", "down"),
        ("waiting", "3"),
    ]


@pytest.mark.parametrize("check", [down, broken, silent])
async def test_without_a_required_dependency_it_is_503(check: Check, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(health, "CHECK_SECONDS", 0.01)
    status, lines = await Health({"rasa": check, "web": up}, frozenset({"rasa"})).report()
    assert (status, lines) == (503, {"status": "down", "rasa": "down", "web": "ok"})


async def test_a_dependency_that_refuses_us_is_told_from_one_that_is_down() -> None:
    status, lines = await Health({"platform": refusing, "web": up}, frozenset({"platform"})).report()
    assert (status, lines) == (503, {"status": "down", "platform": "refused", "web": "ok"})


async def test_however_often_it_is_asked_dependencies_are_checked_once() -> None:
    checked = 0

    async def counted() -> bool:
        nonlocal checked
        checked += 1
        return True

    report = Health({"rasa": counted}, frozenset())
    await asyncio.gather(*(report.report() for _ in range(5)))
    assert checked == 1


async def test_the_routes() -> None:
    app = FastAPI()
    app.include_router(health.router(Health({"rasa": down}, frozenset({"rasa"})), Readiness(up, {})))
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://bot") as client:
        report, live = await client.get("/health"), await client.get("/health/live")
    assert (report.status_code, report.json()) == (503, {"status": "down", "rasa": "down"})
    assert (live.status_code, live.text) == (200, "ok\n")
    assert report.headers["cache-control"] == live.headers["cache-control"] == "no-store"


@pytest.mark.parametrize(
    ("database", "redis", "draining", "status", "lines"),
    [
        (up, up, False, 200, {"status": "ok", "database": "ok", "redis": "ok"}),
        (up, None, False, 200, {"status": "ok", "database": "ok", "redis": "not configured"}),
        (up, broken, False, 200, {"status": "ok", "database": "ok", "redis": "down"}),
        (broken, up, False, 503, {"status": "down", "database": "down", "redis": "ok"}),
        (up, up, True, 503, {"status": "draining", "database": "ok", "redis": "ok"}),
    ],
)
async def test_requests_are_wanted_while_the_database_answers_and_the_process_does_not_drain(
    database: Check, redis: Check | None, draining: bool, status: int, lines: dict[str, str]
) -> None:
    readiness = Readiness(database, {"redis": redis})
    readiness.draining = draining
    app = FastAPI()
    app.include_router(health.router(Health({}, frozenset()), readiness))
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://bot") as client:
        ready, live = await client.get("/health/ready"), await client.get("/health/live")
    assert (ready.status_code, ready.json(), live.status_code) == (status, lines, 200)
    assert ("retry-after" in ready.headers) == (status == 503)


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
async def test_a_crowd_that_uses_every_connection_makes_no_bot_unready(kind: str, tmp_path: Path) -> None:
    with database_url(kind, tmp_path, newest=True) as url:
        database = Database(url, connections=1)
        check = ReadingCheck(database)
        async with database.engine.connect():  # all there are
            status, lines = await Readiness(check, {}).report()
        await asyncio.gather(check.aclose(), database.close())
    assert (status, lines["database"]) == (200, "ok")
