"""The action server's own metrics: who may ask, and what they say."""

from __future__ import annotations

from collections.abc import AsyncIterator

import httpx
import pytest
from prometheus_client.parser import text_string_to_metric_families
from sanic import Sanic

from actions.framework.action_metrics import CALLS
from actions.framework.server import all_actions, create_app
from bot.core.message_signatures import MessageSigner
from bot.http.metrics import MetricsAccess
from bot.installation.supervisor import free_port
from bot.settings import Settings

KEY, TOKEN = "key-of-the-action-server", "token-of-the-metrics"


@pytest.fixture
async def server(request: pytest.FixtureRequest) -> AsyncIterator[str]:
    Sanic._app_registry.clear()
    app = create_app(KEY, MetricsAccess(Settings(**getattr(request, "param", {}))))
    app.config.TOUCHUP = False  # it can be done once a process
    port = free_port()
    running = await app.create_server("127.0.0.1", port, return_asyncio_server=True, access_log=False)
    assert running is not None
    await running.startup()
    try:
        yield f"http://127.0.0.1:{port}"
    finally:
        running.close()
        await running.wait_closed()


async def get(url: str, headers: dict[str, str] | None = None) -> httpx.Response:
    async with httpx.AsyncClient(trust_env=False) as client:
        return await client.get(url, headers=headers)


async def test_this_machine_may_ask_where_nothing_is_published(server: str) -> None:
    answer = await get(f"{server}/metrics")
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("text/plain")
    families = {family.name for family in text_string_to_metric_families(answer.text)}
    assert {"sphere_actions", "sphere_action_seconds", "sphere_fhir_calls", "sphere_database_connections_in_use"} <= families
    assert (await get(f"{server}/metrics", {"X-Forwarded-For": "192.0.2.1"})).status_code == 401


@pytest.mark.parametrize("server", [{"METRICS_TOKEN": TOKEN}], indirect=True)
@pytest.mark.parametrize(("token", "status"), [(TOKEN, 200), ("another-token-of-the-metrics", 401)])
async def test_with_a_token_who_has_it_may(server: str, token: str, status: int) -> None:
    assert (await get(f"{server}/metrics", {"Authorization": f"Bearer {token}"})).status_code == status


@pytest.mark.parametrize("server", [{"METRICS_TOKEN": TOKEN}], indirect=True)
async def test_the_token_of_metrics_opens_nothing_else(server: str) -> None:
    for path in ("/webhook", "/actions", "/health", "/metrics/"):
        assert (await get(f"{server}{path}", {"Authorization": f"Bearer {TOKEN}"})).status_code == 401, path


async def test_the_rest_still_answers_signed_requests(server: str) -> None:
    _, authorization = MessageSigner(KEY).sign_request("health", b"")
    assert (await get(f"{server}/health", {"Authorization": authorization})).status_code == 200


def test_actions_are_called_by_the_names_that_are_served() -> None:
    Sanic._app_registry.clear()
    create_app(KEY)
    assert {action.name() for action in all_actions()} <= CALLS.values["action"]
