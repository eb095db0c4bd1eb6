"""Subscriptions of the sandbox: handshake, notifications with and without payload, endpoints that fail."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from bot.sandbox.fhir import subscriptions
from tests.unit.sandbox.fhir.responses import PATIENT, outcome
from tests.unit.sandbox.sandbox_server import Sandbox, running_sandbox, serve_app

Resource = dict[str, Any]


class Endpoint:
    """Whoever is notified; answers `statuses` first, then 200."""

    def __init__(self) -> None:
        self.url = ""
        self.statuses: list[int] = []
        self.always: int | None = None
        self.received: list[tuple[dict[str, str], bytes]] = []
        self._more = threading.Condition()
        self.app = Starlette(routes=[Route("/hook", self._receive, methods=["POST", "PUT"])])

    async def _receive(self, request: Request) -> Response:
        status = self.always or (self.statuses.pop(0) if self.statuses else 200)
        body = await request.body()
        with self._more:
            if status == 200:
                self.received.append((dict(request.headers), body))
            self._more.notify_all()
        return Response(status_code=status)

    def wait_for(self, count: int) -> list[tuple[dict[str, str], bytes]]:
        with self._more:
            assert self._more.wait_for(lambda: len(self.received) >= count, timeout=60)
            return list(self.received)

    def subscription(self, criteria: str = "Patient?identifier=urn:test|T-1", **channel: Any) -> Resource:
        hook = {"type": "rest-hook", "endpoint": f"{self.url}/hook", "header": ["Authorization: Bearer s3cret", "X-Other:x"]}
        return {
            "resourceType": "Subscription",
            "status": "requested",
            "reason": "test",
            "criteria": criteria,
            "channel": hook | channel,
        }


@pytest.fixture
def endpoint() -> Iterator[Endpoint]:
    running = Endpoint()
    with serve_app(running.app) as url:
        running.url = url
        yield running


def wait_until(sandbox: Sandbox, subscription_id: str, wanted: Callable[[Resource], bool]) -> Resource:
    for _ in range(3_000):
        found = sandbox.get(f"Subscription/{subscription_id}").json()
        if wanted(found):
            return dict(found)
        time.sleep(0.02)
    raise AssertionError(found)


def subscribe(sandbox: Sandbox, body: Resource, status: str = "active") -> Resource:
    created = sandbox.post("Subscription", body)
    assert (created.status_code, created.json()["status"]) == (201, "requested")
    return wait_until(sandbox, created.json()["id"], lambda one: bool(one["status"] == status))


def test_it_is_active_after_a_handshake_and_notifies_with_the_resource(sandbox: Sandbox, endpoint: Endpoint) -> None:
    subscribe(sandbox, endpoint.subscription(payload="application/fhir+json"))
    ((headers, body),) = endpoint.received
    assert (headers["authorization"], headers["x-other"], body) == ("Bearer s3cret", "x", b"")
    sandbox.post("Patient", PATIENT | {"identifier": [{"system": "urn:test", "value": "another"}]})
    created = sandbox.post("Patient", PATIENT).json()
    changed = sandbox.put(created | {"gender": "female"}).json()
    sent = endpoint.wait_for(3)
    assert [json.loads(body) for _, body in sent[1:]] == [created, changed]
    assert sent[1][0]["content-type"] == "application/fhir+json"


def test_without_payload_nothing_of_the_resource_is_sent(sandbox: Sandbox, endpoint: Endpoint) -> None:
    subscribe(sandbox, endpoint.subscription())
    sandbox.post("Patient", PATIENT)
    assert [body for _, body in endpoint.wait_for(2)] == [b"", b""]


def test_an_endpoint_that_fails_now_and_then_is_tried_again_in_order(sandbox: Sandbox, endpoint: Endpoint) -> None:
    endpoint.statuses = [503]
    subscribe(sandbox, endpoint.subscription("Patient", payload="application/fhir+json"))
    endpoint.statuses = [500, 429]
    first, second = (sandbox.post("Patient", PATIENT).json() for _ in range(2))
    assert [json.loads(body)["id"] for _, body in endpoint.wait_for(3)[1:]] == [first["id"], second["id"]]


def test_an_endpoint_that_takes_nothing_is_in_error_until_it_is_requested_again(
    tmp_path: Path, endpoint: Endpoint, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(subscriptions, "_MIN_PAUSE", 0.01)
    endpoint.always = 500
    with running_sandbox(tmp_path) as sandbox:
        failed = subscribe(sandbox, endpoint.subscription(), "error")
        assert failed["error"] == "answered 500"
        endpoint.always = None
        asked = {name: value for name, value in failed.items() if name != "error"} | {"status": "requested"}
        assert sandbox.put(asked, **{"If-Match": f'W/"{failed["meta"]["versionId"]}"'}).status_code == 200
        working = wait_until(sandbox, failed["id"], lambda one: bool(one["status"] == "active"))
        assert "error" not in working
        endpoint.always = 500
        sandbox.post("Patient", PATIENT)
        wait_until(sandbox, failed["id"], lambda one: bool(one["status"] == "error"))


def test_one_that_is_off_or_over_is_told_nothing(sandbox: Sandbox, endpoint: Endpoint) -> None:
    over = subscribe(sandbox, endpoint.subscription() | {"end": "2020-01-01T00:00:00Z"})
    off = subscribe(sandbox, endpoint.subscription())
    assert sandbox.put(off | {"status": "off"}).json()["status"] == "off"
    subscribe(sandbox, endpoint.subscription(payload="application/fhir+json"))
    sandbox.post("Patient", PATIENT)
    sent = endpoint.wait_for(4)
    assert [bool(body) for _, body in sent] == [False, False, False, True]
    assert sandbox.get(f"Subscription/{over['id']}").json()["status"] == "active"


@pytest.mark.parametrize(
    "change",
    [
        {"status": "active"},
        {"criteria": "Observation?code=1"},
        {"criteria": "Patient?nonsense=1"},
        {"criteria": "Subscription?status=active"},
        {"channel": {"type": "email", "endpoint": "mailto:a@b.example"}},
        {"channel": {"type": "rest-hook", "endpoint": "ftp://host/x"}},
        {"channel": {"type": "rest-hook"}},
        {"channel": {"type": "rest-hook", "endpoint": "http://127.0.0.1:9/", "payload": "application/fhir+xml"}},
        {"channel": {"type": "rest-hook", "endpoint": "http://127.0.0.1:9/", "header": ["nothing"]}},
    ],
)
def test_what_cannot_be_kept_is_refused(sandbox: Sandbox, endpoint: Endpoint, change: Resource) -> None:
    assert outcome(sandbox.post("Subscription", endpoint.subscription() | change))[0] == 422


def test_what_waits_survives_a_restart(tmp_path: Path, endpoint: Endpoint) -> None:
    with running_sandbox(tmp_path) as sandbox:
        subscribe(sandbox, endpoint.subscription(payload="application/fhir+json"))
        endpoint.always = 503
        created = sandbox.post("Patient", PATIENT).json()
    endpoint.always = None
    with running_sandbox(tmp_path):
        assert json.loads(endpoint.wait_for(2)[1][1]) == created
