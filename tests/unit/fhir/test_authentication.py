"""Tokens of OAuth2 client credentials, from a real token endpoint, before a real FHIR server."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from sqlalchemy import select
from starlette.responses import JSONResponse

from bot.core.clock import ManualClock, SystemClock
from bot.core.database import Database
from bot.fhir.access_tokens import DatabaseTokenStore, SharedToken
from bot.fhir.authentication import OAuth2ClientCredentials
from bot.fhir.errors import FhirUnauthorized, FhirUnavailable
from tests.databases import fresh_database
from tests.unit.fhir.gateway import CLIENT, SCOPE, SECRET, Gateway
from tests.unit.sandbox.sandbox_server import serve_app

KEY = "k" * 32


@pytest.fixture(params=["sqlite", "postgresql"])
async def database(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Database]:
    async with fresh_database(request.param, tmp_path) as made:
        yield made


class Front(Gateway):
    """The gateway, where it listens, and clients that are as many processes."""

    def __init__(self, app: Any) -> None:
        super().__init__(app)
        self.url = ""
        self._stack = AsyncExitStack()

    def client(self, store: DatabaseTokenStore | None = None, **changed: Any) -> httpx.AsyncClient:
        named = {"token_url": f"{self.url}/token", "client_id": CLIENT, "client_secret": SECRET, "scope": SCOPE, "clock": SystemClock()}
        auth = OAuth2ClientCredentials(**{**named, **changed}, store=store)
        client = httpx.AsyncClient(base_url=self.url, auth=auth, trust_env=False, timeout=60)
        self._stack.push_async_callback(auth.aclose)
        self._stack.push_async_callback(client.aclose)
        return client

    async def aclose(self) -> None:
        await self._stack.aclose()


async def read(client: httpx.AsyncClient) -> int:
    return (await client.get("/fhir/Patient", params={"_count": "1"})).status_code


async def renewals() -> None:
    """Wait for the renewals that nobody waits for."""
    running = [task for task in asyncio.all_tasks() if "OAuth2ClientCredentials._renew" in repr(task.get_coro())]
    await asyncio.gather(*running, return_exceptions=True)


@pytest.fixture
async def front() -> AsyncIterator[Front]:
    async def app(scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] == "lifespan":
            assert (await receive())["type"] == "lifespan.startup"
            await send({"type": "lifespan.startup.complete"})
            assert (await receive())["type"] == "lifespan.shutdown"
            await send({"type": "lifespan.shutdown.complete"})
            return
        await JSONResponse({"resourceType": "Bundle"})(scope, receive, send)

    made = Front(app)
    with serve_app(made) as url:
        made.url = url
        yield made
        await made.aclose()


async def test_one_token_serves_every_request(front: Front) -> None:
    client = front.client()
    assert await asyncio.gather(*(read(client) for _ in range(50))) == [200] * 50
    assert front.token_requests == 1
    assert {status for _, _, status in front.asked} == {200}


@pytest.mark.parametrize("only_form", [False, True])
async def test_the_secret_goes_where_the_endpoint_takes_it(front: Front, only_form: bool) -> None:
    front.only_form = only_form
    client = front.client()
    assert await read(client) == 200
    front.end_tokens()
    assert await read(client) == 200
    assert front.token_requests == (3 if only_form else 2)  # what it takes is remembered


async def test_a_token_is_renewed_before_it_ends_and_nobody_waits(front: Front) -> None:
    clock = ManualClock(datetime(2026, 11, 23, 9, tzinfo=UTC))
    client = front.client(clock=clock)
    assert await read(client) == 200
    clock.advance(timedelta(seconds=3600 - 59))
    assert await asyncio.gather(*(read(client) for _ in range(20))) == [200] * 20
    await renewals()
    first, second = front.given
    assert [await read(client) for _ in range(3)] == [200] * 3
    del front.given[first]
    assert await read(client) == 200
    assert front.token_requests == 2
    assert second in front.given


async def test_while_the_endpoint_is_away_a_good_token_serves_and_the_endpoint_is_left_alone(front: Front) -> None:
    clock = ManualClock(datetime(2026, 11, 23, 9, tzinfo=UTC))
    client = front.client(clock=clock)
    assert await read(client) == 200
    clock.advance(timedelta(seconds=3600 - 30))
    front.is_away = True
    for _ in range(20):
        assert await read(client) == 200
        await asyncio.gather(
            *(task for task in asyncio.all_tasks() if "OAuth2ClientCredentials._renew" in repr(task.get_coro())), return_exceptions=True
        )
    assert front.token_requests == 2
    clock.advance(timedelta(seconds=60))
    with pytest.raises(FhirUnavailable):
        await read(client)
    front.is_away = False
    assert await read(client) == 200


async def test_a_token_that_ended_is_not_shown(front: Front) -> None:
    clock = ManualClock(datetime(2026, 11, 23, 9, tzinfo=UTC))
    client = front.client(clock=clock)
    assert await read(client) == 200
    front.end_tokens()
    clock.advance(timedelta(hours=1))
    assert await read(client) == 200
    assert [status for _, _, status in front.asked] == [200, 200]


async def test_a_token_that_is_refused_is_renewed_once_for_all(front: Front) -> None:
    client = front.client()
    assert await read(client) == 200
    front.end_tokens()
    assert await asyncio.gather(*(read(client) for _ in range(50))) == [200] * 50
    assert front.token_requests == 2


async def test_a_server_that_refuses_new_tokens_is_not_asked_for_more_and_more(front: Front) -> None:
    client = front.client()
    assert await read(client) == 200
    front.refuses_tokens = True
    assert [await read(client) for _ in range(20)] == [401] * 20
    assert front.token_requests == 2
    front.refuses_tokens = False
    assert await read(client) == 200


async def test_an_endpoint_that_refuses_us_is_not_asked_again_and_again(front: Front, monkeypatch: pytest.MonkeyPatch) -> None:
    client = front.client()
    front.refuses_client = True
    for _ in range(20):
        with pytest.raises(FhirUnauthorized, match="401 invalid_client"):
            await read(client)
    assert front.token_requests == 2  # the secret in the header, and in the form
    front.refuses_client = False
    monkeypatch.setattr(client.auth, "_refusal", None)  # the pause is over
    assert await read(client) == 200


async def test_an_endpoint_that_is_away_is_unavailability(front: Front, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    for url in ("http://127.0.0.1:9/token", f"{front.url}/fhir/nothing/here"):
        with pytest.raises(FhirUnavailable) as raised:
            await read(front.client(token_url=url))
        assert SECRET not in f"{raised.value!r} {raised.value.__cause__!r}"
    assert SECRET not in caplog.text


async def test_processes_share_one_token(front: Front, database: Database) -> None:
    processes = [front.client(DatabaseTokenStore(database, SystemClock(), KEY)) for _ in range(4)]
    assert await asyncio.gather(*(read(process) for process in processes for _ in range(10))) == [200] * 40
    assert front.token_requests == 1
    front.end_tokens()
    assert await asyncio.gather(*(read(process) for process in processes for _ in range(10))) == [200] * 40
    assert front.token_requests == 2
    async with database.reading() as session:
        rows = [*await session.scalars(select(SharedToken))]
    assert len(rows) == 1
    assert rows[0].renewing_until is None
    assert not any(token in str(vars(rows[0])) for token in front.given)  # encrypted


async def test_a_process_that_died_while_it_renewed_holds_up_nobody_for_long(front: Front, database: Database) -> None:
    clock = ManualClock(datetime(2026, 11, 23, 9, tzinfo=UTC))
    client = front.client(DatabaseTokenStore(database, clock, KEY), clock=clock)
    await DatabaseTokenStore(database, clock, KEY).begin_renewal(client.auth._name, None)  # type: ignore[union-attr]
    waiting = asyncio.create_task(read(client))
    await asyncio.wait({waiting}, timeout=0.2)
    assert front.token_requests == 0
    clock.advance(timedelta(seconds=13))
    assert await waiting == 200


async def test_what_another_secret_encrypted_is_got_anew(front: Front, database: Database) -> None:
    for key in (KEY, "o" * 32):
        assert await read(front.client(DatabaseTokenStore(database, SystemClock(), key))) == 200
    assert front.token_requests == 2


async def test_who_gives_up_waiting_leaves_the_renewal_to_the_others(front: Front) -> None:
    client = front.client()
    hurried = asyncio.create_task(read(client))
    await asyncio.sleep(0)
    hurried.cancel()
    assert await read(client) == 200
    assert front.token_requests <= 1


async def test_without_the_table_each_process_is_on_its_own(front: Front, tmp_path: Path) -> None:
    database = Database(f"sqlite+aiosqlite:///{tmp_path / 'empty.db'}")
    try:
        assert await read(front.client(DatabaseTokenStore(database, SystemClock(), KEY))) == 200
    finally:
        await database.close()
