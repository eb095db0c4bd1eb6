"""`POST /events`, as the contract has it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import pytest
from fastapi import FastAPI
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from bot.core.clock import ManualClock
from bot.core.database import Database
from bot.notifications.cloudevents import KINDS
from bot.notifications.event_intake import MAX_BATCH, MAX_BODY_BYTES, router
from bot.notifications.tables import Event
from tests.databases import fresh_database
from tests.unit.sandbox.sandbox_server import EVENTS_TOKEN, running_sandbox, serve_app

NOW = datetime(2026, 11, 23, 10, tzinfo=UTC)
ONE, BATCH, PLAIN = "application/cloudevents+json", "application/cloudevents-batch+json; charset=utf-8", "application/json"


def event(number: int = 1, **changes: Any) -> dict[str, Any]:
    body = {
        "specversion": "1.0",
        "id": f"e-{number}",
        "source": "urn:sphere:test",
        "type": "fr.sphere.team.joined",
        "subject": "SPH-2024-000137",
        "time": "2026-11-23T10:59:00+01:00",
        "data": {"author": "a", "recipients": ["b", "c"], "title": "Un partenaire a rejoint le dossier", "urgent": False, "secret": "x"},
    }
    return {name: value for name, value in (body | changes).items() if value is not ...}


class Intake:
    """The route on a real database, spoken to over HTTP."""

    def __init__(self, database: Database, client: httpx.AsyncClient) -> None:
        self.database = database
        self.client = client

    async def post(self, body: Any, content_type: str = PLAIN, token: str = EVENTS_TOKEN) -> httpx.Response:
        headers = {"Content-Type": content_type, "Authorization": f"Bearer {token}"}
        if isinstance(body, bytes):
            return await self.client.post("/events", content=body, headers=headers)
        return await self.client.post("/events", json=body, headers=headers)

    async def stored(self) -> list[Event]:
        async with self.database.reading() as session:
            return list((await session.scalars(select(Event).order_by(Event.id))).all())


def application(database: Database, malformed_a_minute: int = 10_000) -> FastAPI:
    app = FastAPI()
    app.include_router(router(database, ManualClock(NOW), EVENTS_TOKEN, malformed_a_minute))
    return app


@pytest.fixture
async def intake(tmp_path: Path) -> AsyncIterator[Intake]:
    async with fresh_database("sqlite", tmp_path) as database:
        transport = httpx.ASGITransport(application(database))
        async with httpx.AsyncClient(transport=transport, base_url="http://bot.example") as client:
            yield Intake(database, client)


@pytest.mark.parametrize(("body", "content_type"), [(event(), ONE), ([event()], BATCH), (event(), PLAIN), ([event()], PLAIN)])
async def test_an_event_is_stored_once_however_often_it_is_sent(intake: Intake, body: Any, content_type: str) -> None:
    answers = await asyncio.gather(*(intake.post(body, content_type) for _ in range(5)))
    assert {answer.status_code for answer in answers} == {202}
    (row,) = await intake.stored()
    assert (row.source, row.event_id, row.kind, row.subject) == ("urn:sphere:test", "e-1", "team.joined", "SPH-2024-000137")
    assert (row.occurred_at, row.received_at) == (datetime(2026, 11, 23, 9, 59, tzinfo=UTC), NOW)
    assert row.data == {"author": "a", "recipients": ["b", "c"], "title": "Un partenaire a rejoint le dossier", "urgent": False}


async def test_the_same_id_of_another_source_is_another_event(intake: Intake) -> None:
    await intake.post([event(), event(), event(source="urn:other"), event(2)], BATCH)
    assert [(row.source, row.event_id) for row in await intake.stored()] == [
        ("urn:sphere:test", "e-1"), ("urn:other", "e-1"), ("urn:sphere:test", "e-2"),
    ]  # fmt: skip


@pytest.mark.parametrize("kind", KINDS)
async def test_every_kind_of_the_contract_is_taken(intake: Intake, kind: str) -> None:
    subject = ... if kind.startswith("service.") else "account-1" if kind.startswith("account.") else "SPH-2024-000137"
    assert (await intake.post(event(type=f"fr.sphere.{kind}", subject=subject, data=..., time=...))).status_code == 202


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        ({"id": ...}, "id"),
        ({"id": ""}, "id"),
        ({"id": 7}, "id"),
        ({"id": "a\0b"}, "id"),
        ({"source": ...}, "source"),
        ({"specversion": "0.3"}, "specversion"),
        ({"type": "fr.sphere.team.danced"}, "type"),
        ({"type": "org.other.team.joined"}, "type"),
        ({"type": ...}, "type"),
        ({"subject": "Jeanne Durand"}, "subject"),
        ({"subject": ...}, "subject"),
        ({"type": "fr.sphere.account.updated", "subject": ...}, "subject"),
        ({"type": "fr.sphere.service.notice"}, "subject"),
        ({"time": "hier"}, "time"),
        ({"time": "2026-11-23T10:59:00"}, "time"),
        ({"data": "text"}, "data"),
        ({"data": {"recipients": "b"}}, "data.recipients"),
        ({"data": {"urgent": "yes"}}, "data.urgent"),
        ({"data": {"url": "javascript:alert(1)"}}, "data.url"),
        ({"data_base64": "AA=="}, "data_base64"),
        ({"datacontenttype": "text/xml"}, "datacontenttype"),
    ],
)
async def test_what_is_wrong_is_named_and_not_quoted(intake: Intake, changes: dict[str, Any], named: str) -> None:
    answer = await intake.post(event(**changes), ONE)
    assert answer.status_code == 400
    assert answer.headers["content-type"] == "application/problem+json"
    assert named in answer.json()["errors"][0]["problems"][0]
    assert "Durand" not in answer.text
    assert await intake.stored() == []


async def test_the_good_ones_of_a_batch_are_kept(intake: Intake) -> None:
    answer = await intake.post([event(1), event(2, type="x"), "text", None, event(3)], BATCH)
    assert answer.status_code == 400
    assert answer.json()["accepted"] == 2
    assert [error["index"] for error in answer.json()["errors"]] == [1, 2, 3]
    assert [row.event_id for row in await intake.stored()] == ["e-1", "e-3"]


async def test_only_the_platform_may_post(intake: Intake) -> None:
    assert (await intake.post(event(), ONE, token="wrong")).status_code == 401
    assert (await intake.client.post("/events", json=event())).status_code == 401
    assert (await intake.client.post("/events", json=event(), headers={"Authorization": f"Basic {EVENTS_TOKEN}"})).status_code == 401
    assert await intake.stored() == []


@pytest.mark.parametrize(
    ("body", "content_type", "status"),
    [
        (b"{", ONE, 400),
        (b"", ONE, 400),
        (b"\xff\xfe", PLAIN, 400),
        pytest.param(b"[" * 200_000, PLAIN, 422, id="nested too deeply"),
        (b'{"id": NaN}', PLAIN, 400),
        ([event()], ONE, 400),
        (event(), BATCH, 400),
        (event(), "text/plain", 415),
        pytest.param(b" " * (MAX_BODY_BYTES + 1), PLAIN, 413, id="too large"),
        ([0] * (MAX_BATCH + 1), BATCH, 413),
        (b'{"specversion":"1.0","id":"\\ud800","source":"s","type":"fr.sphere.service.notice"}', ONE, 400),
        ([], BATCH, 202),
    ],
)
async def test_bodies_that_are_no_events(intake: Intake, body: Any, content_type: str, status: int) -> None:
    assert (await intake.post(body, content_type)).status_code == status
    assert await intake.stored() == []


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(st.characters(codec="utf-8")),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(st.characters(codec="utf-8")), inner, max_size=3),
    max_leaves=8,
)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(name=st.sampled_from(sorted(event())), value=JSON)
async def test_any_value_anywhere_is_taken_or_refused_never_an_error(intake: Intake, name: str, value: Any) -> None:
    assert (await intake.post(event() | {name: value})).status_code in (202, 400)


async def test_the_sandbox_posts_what_we_take(intake: Intake, tmp_path: Path) -> None:
    """A change of a care team on the real sandbox arrives in the real intake."""
    inner, arrived = application(intake.database), asyncio.Event()
    loop = asyncio.get_running_loop()

    async def app(scope: Any, receive: Any, send: Any) -> None:
        await inner(scope, receive, send)
        if scope["type"] == "http" and len(await intake.stored()) == 2:
            loop.call_soon_threadsafe(arrived.set)

    def change(url: str) -> None:
        with running_sandbox(tmp_path / "sandbox", f"{url}/events") as sandbox:
            team = sandbox.team_of("SPH-2024-000137")
            paul = sandbox.practitioner("paul.martin@sphere.example")
            team["participant"].append({"member": {"reference": f"Practitioner/{paul['id']}"}, "period": {"start": "2026-11-23"}})
            assert sandbox.put(team).status_code == 200
            asyncio.run_coroutine_threadsafe(arrived.wait(), loop).result(30)

    with serve_app(app) as url:
        await asyncio.to_thread(change, url)
    rows = [(row.kind, row.subject) for row in await intake.stored()]
    assert rows == [("access.granted", "SPH-2024-000137"), ("team.joined", "SPH-2024-000137")]
