"""What operators see: `/metrics`, who may ask, and the lines of `/health`."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from prometheus_client.parser import text_string_to_metric_families
from prometheus_client.samples import Sample

from bot.app import create_app
from bot.core.clock import ManualClock
from bot.core.database import Database
from bot.http import metrics
from bot.installation.installation import Installation
from bot.installation.supervisor import free_port
from bot.jobs.outbox import CHAT, MAIL, PUSH, OutboxRow
from bot.notifications.delivery_metrics import DeliveryMetrics, DeliveryMetricsReader
from bot.notifications.metrics_collector import NotificationMetricsCollector
from bot.notifications.tables import (
    DELIVERED,
    FAILED,
    HANDED,
    RECALLED,
    SENT,
    WAITING,
    Event,
    Notice,
    NoticeMessage,
    NoticeSend,
    NotificationPerson,
)
from bot.settings import load_settings
from tests.databases import fresh_database
from tests.unit.messaging.running_bot import settings_for

NOW = datetime(2026, 11, 23, 10, tzinfo=UTC)
SECOND = timedelta(seconds=1)
TOKEN = "token-of-the-metrics"


@pytest.fixture(params=["sqlite", "postgresql"])
async def database(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Database]:
    async with fresh_database(request.param, tmp_path) as found:
        yield found


async def add(database: Database, *rows: Any) -> None:
    async with database.writing() as session:
        for row in rows:
            session.add(row)
            await session.flush()


async def read_metrics(database: Database) -> DeliveryMetrics:
    return await DeliveryMetricsReader(database, ManualClock(NOW)).read()


def message(way: str, state: str, due: timedelta, took: timedelta | None = None, handed: timedelta | None = None) -> NoticeMessage:
    due_at = NOW - due
    return NoticeMessage(
        account_id="a",
        way=way,
        digest=False,
        due_at=due_at,
        handed_at=NOW - (handed or due),
        outbox_id=1,
        state=state,
        delivered_at=due_at + took if took is not None else None,
    )


def row(key: str, kind: str, **values: Any) -> OutboxRow:
    given = {"payload": {}, "created_at": NOW, "not_before": NOW - SECOND, "attempts": 1} | values
    return OutboxRow(kind=kind, key=key, **given)


def samples(figures: DeliveryMetrics) -> dict[str, list[Sample]]:
    """What Prometheus itself would read."""
    families = text_string_to_metric_families(metrics.render(NotificationMetricsCollector(figures)).decode())
    return {family.name: list(family.samples) for family in families}


def values(found: list[Sample], *labels: str) -> dict[tuple[str, ...], float]:
    return {tuple(sample.labels[label] for label in labels): sample.value for sample in found}


async def test_nothing_there_is_nothing_wrong(database: Database) -> None:
    figures = await read_metrics(database)
    assert figures.on_time_ratio("1h") is None
    assert not figures.late
    found = samples(figures)
    assert found["sphere_notifications_on_time_ratio"] == []
    assert found["sphere_notifications_events_waiting"][0].value == 0


async def test_the_share_on_time_is_of_what_was_due(database: Database) -> None:
    minute = timedelta(minutes=1)
    await add(
        database,
        message("telegram", DELIVERED, minute, 9.9 * SECOND),
        message("telegram", DELIVERED, minute, 10 * SECOND),
        message("telegram", DELIVERED, minute, 10.1 * SECOND),
        message("telegram", SENT, 11 * SECOND),
        message("telegram", SENT, 9 * SECOND),
        message("telegram", FAILED, minute),
        message("telegram", RECALLED, minute),
        message("mail", DELIVERED, timedelta(minutes=30), SECOND),
        message("mail", DELIVERED, timedelta(hours=2), 500 * SECOND),  # before the window
    )
    figures = await read_metrics(database)
    found = samples(figures)
    outcomes = values(found["sphere_notifications_messages"], "window", "way", "outcome")
    assert {outcome: count for (window, way, outcome), count in outcomes.items() if (window, way) == ("1h", "telegram")} == {
        "on_time": 2, "late": 1, "overdue": 1, "under_way": 1, "failed": 1,
    }  # fmt: skip
    assert outcomes["1h", "mail", "on_time"] == 1
    assert ("5m", "mail", "on_time") not in outcomes
    assert values(found["sphere_notifications_on_time_ratio"], "window") == {("5m",): 2 / 4, ("1h",): 3 / 5}


async def test_what_waits_and_what_is_overdue(database: Database) -> None:
    event = Event(source="s", event_id="1", kind="note.added", received_at=NOW - 90 * SECOND, data={}, fanned_out_at=NOW)
    late = Event(source="s", event_id="2", kind="note.added", received_at=NOW - 40 * SECOND, data={})
    people = [
        NotificationPerson(account_id=name, preferences={}, unsubscribe_token=name, look_at=look_at)
        for name, look_at in (("a", NOW), ("b", None))
    ]
    await add(database, event, late, *people)
    notices = [
        Notice(event_id=event.id, account_id=name, kind="note.added", urgent=False, occurred_at=NOW, created_at=NOW) for name in ("a", "b")
    ]
    await add(database, *notices)
    sends = [
        NoticeSend(notice_id=notices[0].id, account_id="a", way="telegram", mode="now", due_at=NOW - 30 * SECOND, state=WAITING),
        NoticeSend(notice_id=notices[0].id, account_id="a", way="mail", mode="digest", due_at=NOW + 3600 * SECOND, state=WAITING),
        NoticeSend(notice_id=notices[1].id, account_id="b", way="telegram", mode="now", due_at=NOW - 30 * SECOND, state=HANDED),
    ]
    await add(database, *sends)
    figures = await read_metrics(database)
    found = samples(figures)
    assert values(found["sphere_notifications_sends_waiting"], "way", "mode") == {("telegram", "now"): 1, ("mail", "digest"): 1}
    assert values(found["sphere_notifications_sends_overdue"], "way", "mode") == {("telegram", "now"): 1, ("mail", "digest"): 0}
    assert found["sphere_notifications_sends_oldest_seconds"][0].value == 30
    assert found["sphere_notifications_events_waiting"][0].value == 1
    assert found["sphere_notifications_events_oldest_seconds"][0].value == 40
    assert figures.on_time_ratio("1h") == 0
    assert not figures.late


async def test_the_outbox_its_retries_and_its_dead_letters(database: Database) -> None:
    await add(
        database,
        row("1", PUSH, attempts=0),
        row("2", PUSH, attempts=3, last_error="ChannelUnavailable", not_before=NOW - 70 * SECOND),
        row("3", PUSH, not_before=NOW + 60 * SECOND),
        row("4", PUSH, attempts=4, done_at=NOW - 60 * SECOND, last_error="ChannelUnavailable"),
        row("5", PUSH, attempts=9, done_at=NOW - 7200 * SECOND),
        row("6", MAIL, dead_at=NOW, last_error="MailRefused"),
        row("7", MAIL, dead_at=NOW - 9000 * SECOND, last_error="MailRefused"),
        row("8", PUSH, dead_at=NOW, last_error="ChatClosed"),
        row("9", CHAT, done_at=NOW),
    )
    figures = await read_metrics(database)
    found = samples(figures)
    assert values(found["sphere_outbox_open"], "kind") == {("chat",): 0, ("push",): 3}
    assert values(found["sphere_outbox_retrying"], "kind")["push",] == 1
    assert values(found["sphere_outbox_retries_1h"], "kind") == {("chat",): 0, ("push",): 3}
    assert values(found["sphere_outbox_oldest_seconds"], "kind")["push",] == 70
    assert values(found["sphere_outbox_dead_letters"], "kind", "error") == {("mail", "MailRefused"): 2, ("push", "ChatClosed"): 1}
    assert figures.late


async def test_health_says_whether_people_are_told_in_time(tmp_path: Path) -> None:
    app = create_app(settings_for(tmp_path, "http://127.0.0.1:9"), ManualClock(NOW))
    transport = httpx.ASGITransport(app)
    async with app.router.lifespan_context(app), httpx.AsyncClient(transport=transport, base_url="http://bot") as http:
        await add(
            app.state.parts.database,
            message("telegram", DELIVERED, 60 * SECOND, SECOND),
            message("telegram", DELIVERED, 60 * SECOND, 20 * SECOND),
            row("1", MAIL, dead_at=NOW, last_error="MailRefused"),
            row("2", MAIL, not_before=NOW - 61 * SECOND, lease_until=NOW + 60 * SECOND),
        )
        lines = (await http.get("/health")).json()
    assert (lines["notifications"], lines["notifications_on_time_1h"]) == ("late", "0.5000")
    assert (lines["dead_letters"], lines["outbox_waiting"], lines["notifications_waiting"], lines["events_waiting"]) == ("1", "1", "0", "0")
    assert all(isinstance(value, str) for value in lines.values())


async def asked(
    folder: Path, *, client: str = "127.0.0.1", host: str = "127.0.0.1:8000", headers: dict[str, str] | None = None, **settings: Any
) -> httpx.Response:
    app = create_app(settings_for(folder, "http://127.0.0.1:9", **settings), ManualClock(NOW))
    transport = httpx.ASGITransport(app, client=(client, 1))
    async with app.router.lifespan_context(app), httpx.AsyncClient(transport=transport, base_url=f"http://{host}") as http:
        return await http.get("/metrics", headers=headers)


async def test_without_a_token_only_this_machine_may_ask(tmp_path: Path) -> None:
    answer = await asked(tmp_path)
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("text/plain; version=")
    assert "sphere_notifications_events_waiting 0.0" in answer.text


@pytest.mark.parametrize(
    "way",
    [
        {"client": "192.0.2.7"},
        {"host": "assistant.example"},
        {"headers": {"X-Forwarded-For": "127.0.0.1"}},
        {"headers": {"Forwarded": "for=192.0.2.7"}},
        {"PUBLIC_URL": "https://assistant.example"},
        {"PUBLIC_URL": "https://assistant.example", "headers": {"Authorization": f"Bearer {TOKEN}"}},
    ],
)
async def test_without_a_token_nobody_else_may(tmp_path: Path, way: dict[str, Any]) -> None:
    answer = await asked(tmp_path, **way)
    assert answer.status_code == 401
    assert answer.headers["www-authenticate"] == "Bearer"
    assert "sphere_" not in answer.text


@pytest.mark.parametrize(
    ("given", "status"), [(None, 401), ("Bearer wrong", 401), (f"Basic {TOKEN}", 401), (f"Bearer {TOKEN}", 200), (f"bearer {TOKEN}", 200)]
)
async def test_with_a_token_who_has_it_may_ask_from_anywhere_and_nobody_without(tmp_path: Path, given: str | None, status: int) -> None:
    headers = {"Authorization": given} if given else {}
    for way in ({}, {"client": "192.0.2.7", "host": "assistant.example", "PUBLIC_URL": "https://assistant.example"}):
        assert (await asked(tmp_path, headers=headers, METRICS_TOKEN=TOKEN, **way)).status_code == status


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({}, {"metrics": "http://127.0.0.1:{port}/metrics"}),
        ({"PUBLIC_URL": "https://assistant.example"}, {}),
        (
            {"PUBLIC_URL": "https://assistant.example", "METRICS_TOKEN": TOKEN},
            {"metrics": "https://assistant.example/metrics", "metrics_token": TOKEN},
        ),
    ],
)
def test_run_json_says_where_the_metrics_are(tmp_path: Path, settings: dict[str, Any], said: dict[str, str]) -> None:
    port = free_port()
    installation = Installation(load_settings(DATA=tmp_path, PORT=port, **settings), lambda line: None)
    installation.acquire()
    described = installation.describe({})
    installation._lock.close()  # held by a real run until its process ends
    expected = {name: value.replace("{port}", str(port)) for name, value in said.items()}
    assert {name: value for name, value in described.items() if name.startswith("metrics")} == expected
