"""R4 subscriptions over real HTTP: set up, notified of in every way that servers have, mended, ended; what was missed is found."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
from fastapi import FastAPI
from sqlalchemy import delete, select
from typer.testing import CliRunner

from bot.bot_container import BotContainer
from bot.cli import app
from bot.core.clock import SystemClock
from bot.core.database import Database
from bot.core.figures import read_figures
from bot.fhir.errors import FhirError
from bot.notifications.tables import Notice
from bot.notifications.watch import endpoint
from bot.notifications.watch.subscriptions import CARE_TEAMS, REQUESTS, Subscriptions, notification_token
from bot.notifications.watch.tables import LOOKS, PlatformLook, PlatformSubscription, PlatformWatch
from bot.settings import Settings
from tests.databases import fresh_database, newest_sqlite
from tests.unit.messaging.running_bot import served, settings_for, until
from tests.unit.notifications.notification_harness import CLAIRE, DOSSIER, PAUL
from tests.unit.notifications.subscribing_platform import Style, SubscribingPlatform, subscribing_platform
from tests.unit.notifications.test_declared_events import declared
from tests.unit.sandbox.sandbox_server import TOKEN, Sandbox

STYLES: tuple[Style, ...] = ("empty", "post", "put", "backport")


class Subscribed:
    """A bot of which notifications and the watcher run, and a platform that notifies it."""

    def __init__(self, parts: BotContainer, url: str, sandbox: Sandbox, platform: SubscribingPlatform) -> None:
        self.parts, self.url, self.sandbox, self.platform = parts, url, sandbox, platform
        self.subscriptions = parts.platform_watcher.subscriptions

    async def rows(self, table: Any) -> list[Any]:
        async with self.parts.database.reading() as session:
            return [*await session.scalars(select(table))]

    async def subscribe(self, criteria: str = CARE_TEAMS, *, payload: bool = True) -> None:
        await self.subscriptions.subscribe(criteria, payload=payload)

        async def based() -> bool:
            return all(row.baseline_at is not None for row in await self.rows(PlatformWatch))

        await until(based)

    def join(self, email: str) -> None:
        team = self.sandbox.team_of(DOSSIER)
        reference = f"Practitioner/{self.sandbox.practitioner(email)['id']}"
        team["participant"].append({"member": {"reference": reference}, "period": {"start": "2025-01-01"}})
        self.sandbox.put(team).raise_for_status()

    async def told(self, email: str) -> list[str]:
        account = self.sandbox.practitioner(email)["id"]
        return [row.kind for row in await self.rows(Notice) if row.account_id == account]

    async def until_told(self, email: str, kinds: list[str]) -> None:
        async def is_told() -> bool:
            return await self.told(email) == kinds

        await until(is_told, 30)

    async def post(self, content: Any = b"", path: str = "", method: str = "POST", token: str | None = None) -> httpx.Response:
        headers = {"Authorization": f"Bearer {token or notification_token(self.parts.settings)}", "Content-Type": "application/fhir+json"}
        kept = {"json": content} if not isinstance(content, bytes) else {"content": content}
        async with httpx.AsyncClient(trust_env=False) as client:
            return await client.request(method, f"{self.url}/platform/notifications{path}", headers=headers, **kept)  # type: ignore[arg-type]


@asynccontextmanager
async def running(folder: Path, settings: Settings, database: Database) -> AsyncIterator[tuple[BotContainer, FastAPI]]:
    parts = BotContainer(settings, SystemClock(), database)
    app = FastAPI()
    app.include_router(endpoint.router(settings, database, parts.clock, parts.fhir))
    workers = (parts.platform_watcher, parts.notification_worker)
    for worker in workers:
        worker.start()
    try:
        yield parts, app
    finally:
        for worker in workers:
            await worker.stop()
        await parts.gateway.stop()
        await parts.fhir.aclose()


@pytest.fixture
async def bot(tmp_path: Path) -> AsyncIterator[Subscribed]:
    forward = FastAPI()
    with subscribing_platform(tmp_path / "platform") as (sandbox, platform):
        async with fresh_database("sqlite", tmp_path) as database, served(forward) as url:
            changes = {"PLATFORM_URL": sandbox.fhir, "PLATFORM_TOKEN": TOKEN, "SMTP_PORT": sandbox.smtp_port, "PLATFORM_CALLBACK_URL": url}
            settings = settings_for(tmp_path, "http://127.0.0.1:9", **changes)
            async with running(tmp_path, settings, database) as (parts, app):
                forward.mount("/", app)
                yield Subscribed(parts, url, sandbox, platform)


@pytest.mark.parametrize("style", STYLES)
async def test_what_changes_is_told_within_five_seconds_and_once(bot: Subscribed, style: Style) -> None:
    await bot.subscribe(payload=style != "empty")
    bot.platform.style = style
    assert [one["channel"].get("payload") for one in bot.platform.subscriptions.values()] == [
        None if style == "empty" else "application/fhir+json"
    ]
    begun = time.monotonic()
    bot.join(PAUL)
    await bot.until_told(PAUL, ["access.granted"])
    assert time.monotonic() - begun < 5
    await bot.until_told(CLAIRE, ["team.joined"])
    await bot.platform.notify(bot.sandbox.team_of(DOSSIER))  # sent again
    assert (await bot.post()).status_code == 200  # and asked for
    await until(lambda: not bot.parts.platform_watcher._worker._woken.is_set())

    async def all_read() -> bool:
        return not await bot.rows(PlatformLook)

    await until(all_read)
    assert (await bot.told(PAUL), await bot.told(CLAIRE)) == (["access.granted"], ["team.joined"])
    assert set(bot.platform.answers) == {200}


@pytest.mark.parametrize("kind", ["handshake", "heartbeat"])
async def test_handshakes_and_heartbeats(bot: Subscribed, kind: str) -> None:
    await bot.subscribe()
    bot.platform.style, bot.platform.silent = "backport", True
    bot.join(PAUL)  # a notification that got lost
    bot.platform.silent = False
    await bot.platform.notify(None, kind)
    assert bot.platform.answers == [200]
    await bot.until_told(PAUL, ["access.granted"])
    assert all(one.heard_at is not None for one in await bot.rows(PlatformSubscription))


@pytest.mark.parametrize("harm", ["error", "off", "gone"])
async def test_a_subscription_that_ended_is_set_up_again_and_what_was_missed_is_told(bot: Subscribed, harm: str) -> None:
    await bot.subscribe()
    (key,) = bot.platform.subscriptions
    if harm == "gone":
        del bot.platform.subscriptions[key]
    else:
        bot.platform.subscriptions[key]["status"] = harm
    bot.join(PAUL)
    async with bot.parts.database.writing() as session:  # five minutes later
        for row in await session.scalars(select(PlatformSubscription)):
            row.checked_at = None
    assert (await bot.post()).status_code == 200
    await bot.until_told(PAUL, ["access.granted"])
    (row,) = await bot.rows(PlatformSubscription)
    assert (row.state, row.repairs) == ("active", 1)
    assert [one["status"] for one in bot.platform.subscriptions.values()] == ["active"]


async def test_declared_events_come_by_subscription_too(bot: Subscribed) -> None:
    await bot.subscribe(REQUESTS)
    named = declared("DOC", subject={"identifier": {"value": DOSSIER}}, contained=...)
    for path, method in (("", "POST"), ("/CommunicationRequest/com1", "PUT")):
        assert (await bot.post(named, path, method)).status_code == 200
    await bot.until_told(CLAIRE, ["document.added"])
    assert await bot.rows(PlatformLook) == []


@pytest.mark.parametrize(
    "body",
    [b"{", b"[]", b'"x"', b"{}", b'{"resourceType": "Patient"}', b'{"resourceType": "Bundle"}',
     b'{"resourceType": "Bundle", "entry": [{"resource": {"resourceType": "Patient"}}]}'],
)  # fmt: skip
async def test_what_is_not_known_is_refused(bot: Subscribed, body: bytes) -> None:
    answer = await bot.post(body)
    assert (answer.status_code, answer.json()["resourceType"]) == (400, "OperationOutcome")


async def test_without_the_secret_nothing_is_taken(bot: Subscribed) -> None:
    for token in ("x", "token-of-events", TOKEN):
        answer = await bot.post(b"", "/CareTeam/x", token=token)
        assert (answer.status_code, answer.json()["resourceType"]) == (401, "OperationOutcome")
    assert await bot.rows(PlatformLook) == []
    assert LOOKS.name == "platform_looks"


async def test_subscriptions_end(bot: Subscribed) -> None:
    await bot.subscribe()
    await bot.subscribe(REQUESTS, payload=False)
    assert await bot.subscriptions.unsubscribe() == 2
    assert {one["status"] for one in bot.platform.subscriptions.values()} == {"off"}
    assert await bot.rows(PlatformSubscription) == []


@pytest.mark.parametrize("heeds", [True, False])
async def test_what_was_set_up_already_is_found_again(bot: Subscribed, heeds: bool) -> None:
    bot.platform.heeds = heeds
    await bot.subscribe()
    async with bot.parts.database.writing() as session:  # the answer was lost, or the database is another one
        await session.execute(delete(PlatformSubscription))
    await bot.subscribe()
    await bot.subscribe()
    assert list(bot.platform.subscriptions) == ["s1"]
    await bot.subscriptions.unsubscribe()
    await bot.subscribe()
    assert [one["status"] for one in bot.platform.subscriptions.values()] == ["active"]


@pytest.mark.parametrize("heeds", [True, False])
async def test_several_bots_at_once_keep_one(bot: Subscribed, heeds: bool) -> None:
    bot.platform.heeds = heeds
    others = [Subscriptions(bot.parts.settings, bot.parts.database, bot.parts.clock, bot.parts.fhir) for _ in range(3)]
    await asyncio.gather(*(one.subscribe(CARE_TEAMS, payload=True) for one in others))
    for one in others:
        (row,) = await one.wanted()
        await one.check(row)
    active = [key for key, one in bot.platform.subscriptions.items() if one["status"] == "active"]
    assert active == ["s1"]
    assert [row.remote_id for row in await bot.rows(PlatformSubscription)] == active


@pytest.mark.parametrize("status", [400, 403, 422, 500])
async def test_a_subscription_that_cannot_be_set_up_is_not_wanted(bot: Subscribed, status: int) -> None:
    bot.platform.refused = {"Subscription": status}
    with pytest.raises(FhirError):
        await bot.subscriptions.subscribe(CARE_TEAMS, payload=True)
    assert await bot.rows(PlatformSubscription) == []
    bot.platform.refused = {}
    await bot.subscribe()
    bot.platform.refused = {"Subscription": status}
    with pytest.raises(FhirError):
        await bot.subscriptions.subscribe(CARE_TEAMS, payload=False)
    assert [row.payload for row in await bot.rows(PlatformSubscription)] == [True]  # as it was


@pytest.mark.parametrize("status", [400, 403, 404, 405, 501])
async def test_a_platform_whose_subscriptions_cannot_be_searched_has_them_all_the_same(bot: Subscribed, status: int) -> None:
    bot.platform.refused = {"Subscription/_search": status, "Subscription?": status}
    bot.platform.heeds = False
    await bot.subscribe()
    assert len(bot.platform.subscriptions) == 1


async def test_criteria_that_the_platform_writes_in_its_own_way_are_set_up_once(bot: Subscribed) -> None:
    bot.platform.base = "https://fhir.region.example/r4/"
    await bot.subscribe()
    (row,) = await bot.rows(PlatformSubscription)
    before = bot.platform.writes
    for _ in range(2):
        assert (await bot.subscriptions.check(row)).state == "active"
    assert (bot.platform.writes, len(bot.platform.subscriptions)) == (before, 1)


@pytest.mark.parametrize("mask", ["Authorization: Bearer ***", "***", "Authorization: [hidden]"])
async def test_a_header_that_is_masked_is_not_set_again_and_again(bot: Subscribed, mask: str) -> None:
    bot.platform.mask = mask
    await bot.subscribe()
    (row,) = await bot.rows(PlatformSubscription)
    another = Subscriptions(bot.parts.settings, bot.parts.database, bot.parts.clock, bot.parts.fhir)  # a process that did not see it made
    await another.check(row)
    before = bot.platform.writes
    for _ in range(3):
        assert (await another.check(row)).state == "active"
        await bot.subscriptions.check(row)
    assert bot.platform.writes <= before + 1
    (key,) = bot.platform.subscriptions
    bot.platform.subscriptions[key]["channel"]["endpoint"] = "https://elsewhere.example"  # somebody changed it
    await another.check(row)
    assert bot.platform.subscriptions[key]["channel"]["endpoint"].startswith(bot.url)


@pytest.mark.parametrize(("status", "bare"), [(403, False), (403, True), (404, False), (410, False), (400, False)])
async def test_what_may_not_be_read_is_left(bot: Subscribed, status: int, bare: bool) -> None:
    await bot.subscribe()
    bot.platform.refused, bot.platform.bare = {"CareTeam/secret": status}, bare
    assert (await bot.post(path="/CareTeam/secret")).status_code == 200

    async def all_read() -> bool:
        return not await bot.rows(PlatformLook)

    await until(all_read)
    async with bot.parts.database.reading() as session:
        assert (await read_figures(session)).get("notified_unreadable", 0) == (0 if status in (404, 410) else 1)


@pytest.mark.parametrize("status", [401, 403, 503])
async def test_what_cannot_be_read_while_the_platform_refuses_all_waits(bot: Subscribed, status: int) -> None:
    await bot.subscribe()
    bot.platform.refused, bot.platform.bare = {"": status}, True
    assert (await bot.post(path="/CareTeam/some")).status_code == 200

    async def tried() -> bool:
        return all(row.attempts > 0 and row.not_before is not None for row in await bot.rows(PlatformLook))

    await until(tried)
    assert [row.resource for row in await bot.rows(PlatformLook)] == ["CareTeam/some"]


@pytest.mark.parametrize("path", ["/CareTeam/..", "/CareTeam/.", "/CareTeam/a%2Fb", "/CareTeam/a%2F..%2Fb"])
async def test_what_can_be_no_id_is_not_looked_at(bot: Subscribed, path: str) -> None:
    await bot.post(path=path)
    assert await bot.rows(PlatformLook) == []
    async with bot.parts.database.writing() as session:  # by an earlier version
        session.add(PlatformLook(resource="CareTeam/..", asked_at=bot.parts.clock.now()))
    await bot.subscribe()
    await bot.post(path="/CareTeam/none")

    async def all_read() -> bool:
        return not await bot.rows(PlatformLook)

    await until(all_read)


def test_operators_subscribe_see_how_it_does_and_end_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    runner = CliRunner()
    with subscribing_platform(tmp_path / "platform") as (sandbox, platform):
        values = {"DATA": str(tmp_path), "PLATFORM_URL": sandbox.fhir, "PLATFORM_TOKEN": TOKEN, "SECRET": "s" * 32}
        for name, value in (values | {"PLATFORM_CALLBACK_URL": "https://bot.example"}).items():
            monkeypatch.setenv(name, value)
        monkeypatch.delenv("DATABASE_URL", raising=False)
        (tmp_path / "sphere.db").write_bytes(newest_sqlite())
        assert runner.invoke(app, ["platform", "status"]).output == "Aucun abonnement, aucun relevé.\n"
        assert runner.invoke(app, ["platform", "subscribe", "Patient?active=true"]).exit_code == 1
        done = runner.invoke(app, ["platform", "subscribe", "--events"])
        assert (done.exit_code, done.output.count("actif")) == (0, 2)
        (channel, _) = [one["channel"] for one in platform.subscriptions.values()]
        assert channel["endpoint"] == "https://bot.example/platform/notifications"
        assert channel["header"][0].startswith("Authorization: Bearer ")
        assert "Bearer" not in done.output
        shown = runner.invoke(app, ["platform", "status"], env={"COLUMNS": "200"})
        assert (shown.exit_code, "CareTeam?status=active" in shown.output) == (0, True)
        assert runner.invoke(app, ["platform", "unsubscribe"]).output == "2 abonnement(s) arrêté(s).\n"
        monkeypatch.setenv("PLATFORM_URL", "http://127.0.0.1:9/fhir")
        away = runner.invoke(app, ["platform", "subscribe"])
        assert (away.exit_code, "la plateforme ne le permet pas" in away.output) == (1, True)
        assert "CareTeam?status" not in runner.invoke(app, ["platform", "status"], env={"COLUMNS": "200"}).output
