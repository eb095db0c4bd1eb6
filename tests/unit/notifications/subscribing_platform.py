"""The sandbox as a platform that posts no events: it takes R4 subscriptions, and notifies of what is written, one way or another."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Literal
from urllib.parse import parse_qsl

import httpx
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from bot.sandbox.server import create_app
from tests.unit.sandbox.sandbox_server import EVENTS_TOKEN, TOKEN, UNREACHABLE_URL, Sandbox, serve_app

Style = Literal["empty", "post", "put", "backport"]


class SubscribingPlatform:
    """Answers below /fhir/Subscription itself; everything else is the sandbox's."""

    def __init__(self, inner: ASGIApp) -> None:
        self._inner = inner
        self.subscriptions: dict[str, dict[str, Any]] = {}
        self.style: Style = "empty"
        self.answers: list[int] = []
        """What our endpoint answered to notifications."""
        self.refused: dict[str, int] = {}
        """Statuses of requests by their path below the base, or its beginning."""
        self.bare = False
        """Whether what is refused is refused without an OperationOutcome."""
        self.mask: str | None = None
        """What is shown in the place of a subscription's header."""
        self.base = ""
        """What is shown before the criteria of subscriptions."""
        self.heeds = True
        """Whether If-None-Exist is heeded."""
        self.writes = 0
        """Of subscriptions."""
        self.silent = False
        """Whether nothing is notified of."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        path = scope.get("path", "")
        if scope["type"] != "http" or not path.startswith("/fhir/"):
            await self._inner(scope, receive, send)
            return
        refused = next((status for start, status in self.refused.items() if path.startswith(f"/fhir/{start}")), None)
        if refused is not None:
            issues = {} if self.bare else {"resourceType": "OperationOutcome", "issue": [{"severity": "error", "code": "forbidden"}]}
            await _answer(send, refused, issues)
            return
        if path.startswith("/fhir/Subscription"):
            await self._subscription(scope, receive, send)
            return
        chunks: list[bytes] = []

        async def watched(message: Message) -> None:
            chunks.append(message.get("body", b""))
            await send(message)

        await self._inner(scope, receive, watched)
        if scope["method"] in ("PUT", "POST") and path.startswith("/fhir/CareTeam") and not path.endswith("_search"):
            resource = json.loads(b"".join(chunks))
            if resource.get("resourceType") == "CareTeam":
                await self.notify(resource)

    async def _subscription(self, scope: Scope, receive: Receive, send: Send) -> None:
        body, more = b"", scope["method"] != "GET"
        while more:
            message = await receive()
            body, more = body + message.get("body", b""), message.get("more_body", False)
        key, status = scope["path"].removeprefix("/fhir/Subscription").strip("/"), 200
        once = dict(scope["headers"]).get(b"if-none-exist", b"").decode() if self.heeds else ""
        query = once or (body.decode() if key == "_search" else "")
        found = [one for one in self.subscriptions.values() if _matches(one, query)]
        if key == "_search":
            entries = [{"resource": self._shown(one)} for one in found]
            await _answer(send, 200, {"resourceType": "Bundle", "type": "searchset", "entry": entries})
            return
        if once and found:
            await _answer(send, 200 if len(found) == 1 else 412, self._shown(found[0]))
            return
        self.writes += scope["method"] != "GET"
        if scope["method"] == "GET" and key not in self.subscriptions:
            status, resource = 404, {"resourceType": "OperationOutcome", "issue": []}
        elif scope["method"] == "GET":
            resource = self.subscriptions[key]
        else:
            key = key or f"s{len(self.subscriptions) + 1}"
            version = int(self.subscriptions.get(key, {}).get("meta", {}).get("versionId", 0)) + 1
            resource = json.loads(body) | {"id": key, "meta": {"versionId": str(version)}}
            if resource["status"] == "requested":
                resource["status"] = "active"
            self.subscriptions[key] = resource
        await _answer(send, status, self._shown(resource))

    def _shown(self, resource: dict[str, Any]) -> dict[str, Any]:
        if self.base and "criteria" in resource:
            return resource | {"criteria": self.base + resource["criteria"]}
        if self.mask is None or "channel" not in resource:
            return resource
        return resource | {"channel": resource["channel"] | {"header": [self.mask]}}

    async def notify(self, resource: dict[str, Any] | None, kind: str = "event-notification", **changes: str) -> None:
        """Notify the active subscriptions of a resource, or (None) send a handshake or a heartbeat."""
        for subscription in self.subscriptions.values():
            if self.silent or subscription["status"] != "active":
                continue
            channel = subscription["channel"]
            name, _, value = channel["header"][0].partition(": ")
            headers = {name: value, "Content-Type": "application/fhir+json"} | changes
            method, url, body = "POST", channel["endpoint"], b""
            if self.style == "backport":
                focus = [{"name": "focus", "valueReference": {"reference": f"CareTeam/{resource['id']}"}}] if resource else []
                event = [{"name": "notification-event", "part": focus}] if resource else []
                status = {"resourceType": "Parameters", "parameter": [{"name": "type", "valueCode": kind}, *event]}
                body = json.dumps({"resourceType": "Bundle", "type": "history", "entry": [{"resource": status}]}).encode()
            elif self.style == "post" and resource:
                body = json.dumps(resource).encode()
            elif self.style == "put" and resource:
                method, url, body = "PUT", f"{url}/CareTeam/{resource['id']}", json.dumps(resource).encode()
            async with httpx.AsyncClient(trust_env=False) as client:
                try:
                    self.answers.append((await client.request(method, url, content=body, headers=headers)).status_code)
                except httpx.HTTPError:
                    subscription["status"] = "error"


def _matches(subscription: dict[str, Any], query: str) -> bool:
    shown = {"url": subscription["channel"]["endpoint"], "criteria": subscription["criteria"]}
    return all(shown.get(name) == value for name, value in parse_qsl(query))


async def _answer(send: Send, status: int, resource: dict[str, Any]) -> None:
    await send({"type": "http.response.start", "status": status, "headers": [(b"content-type", b"application/fhir+json")]})
    await send({"type": "http.response.body", "body": json.dumps(resource).encode()})


@contextmanager
def subscribing_platform(folder: Path) -> Iterator[tuple[Sandbox, SubscribingPlatform]]:
    """Run one over `folder`."""
    folder.mkdir(parents=True, exist_ok=True)
    app = create_app(folder, TOKEN, UNREACHABLE_URL, EVENTS_TOKEN, smtp_port=0)
    platform = SubscribingPlatform(app)
    with serve_app(platform) as url:
        sandbox = Sandbox(url, app)
        try:
            yield sandbox, platform
        finally:
            sandbox.http.close()
