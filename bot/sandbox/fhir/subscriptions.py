"""Subscriptions to resources (FHIR R4 `Subscription`, rest-hook): what is asked for, and the posts to whoever asked.

`requested` becomes `active` once the endpoint took a handshake, an empty POST with the headers of the channel. From then on every write
of a resource that meets the criteria is posted: the resource where a payload is asked for, or nothing, in order. An endpoint that does
not take a post is tried again; after some attempts the subscription is in `error`, and what waits for it is dropped, until it is
requested again. What waits is stored in the transaction of the write.
"""

from __future__ import annotations

import asyncio
import json
import logging
import time
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime
from urllib.parse import parse_qsl, urlsplit

import httpx

from bot.core.tls import ssl_context
from bot.sandbox.fhir.operation_outcomes import FHIR_JSON, OperationOutcomeError
from bot.sandbox.fhir.search_dates import date_range
from bot.sandbox.fhir.search_parameters import Predicate, compile_search
from bot.sandbox.fhir.store import Resource, Store
from bot.sandbox.fhir.validation import MODELS

MAX_ATTEMPTS = 5
"""Posts in a row that an endpoint may not take before its subscription is in error."""
_MIN_PAUSE, _MAX_PAUSE = 0.2, 30.0
_log = logging.getLogger(__name__)


def check_subscription(store: Store, resource: Resource) -> None:
    """Raise OperationOutcomeError 422 for a Subscription that cannot be kept: what it asks for, or where it is told."""
    channel = resource.get("channel") or {}
    if resource.get("status") not in ("requested", "off"):
        raise _refused("a client asks for a subscription, or switches it off: requested or off", "status")
    if channel.get("type") != "rest-hook":
        raise _refused("only rest-hook", "channel.type")
    endpoint = urlsplit(str(channel.get("endpoint", "")))
    if endpoint.scheme not in ("http", "https") or not endpoint.hostname:
        raise _refused("an http(s) address is needed", "channel.endpoint")
    if channel.get("payload", FHIR_JSON) not in (FHIR_JSON, "application/json"):
        raise _refused("only JSON, or no payload", "channel.payload")
    if not all(":" in header for header in channel.get("header", [])):
        raise _refused("a header is `Name: value`", "channel.header")
    try:
        _criteria(store, resource)
    except OperationOutcomeError as error:
        raise _refused(error.diagnostics, "criteria") from None


def notifications_of_change(store: Store, after: Resource) -> list[str]:
    """Return the ids of the active subscriptions whose criteria a resource meets after a write."""
    found = []
    for subscription in _active(store):
        resource_type, predicate = _criteria(store, subscription)
        if after["resourceType"] == resource_type and predicate(after):
            found.append(subscription["id"])
    return found


def _active(store: Store) -> Iterator[Resource]:
    now = datetime.now(UTC)
    for _, subscription in store.all("Subscription"):
        if subscription["status"] == "active" and ("end" not in subscription or date_range(subscription["end"])[1] > now):
            yield subscription


def _criteria(store: Store, subscription: Resource) -> tuple[str, Predicate]:
    resource_type, _, query = str(subscription["criteria"]).partition("?")
    if resource_type not in MODELS or resource_type == "Subscription":
        raise OperationOutcomeError(422, "not-supported", "no such resource type")
    return resource_type, compile_search(resource_type, parse_qsl(query, keep_blank_values=True), store.get)


def _refused(diagnostics: str, element: str) -> OperationOutcomeError:
    return OperationOutcomeError(422, "not-supported", diagnostics, expression=f"Subscription.{element}")


class SubscriptionNotifier:
    """Posts handshakes and notifications. Call `wake()` after each write; `run()` runs until cancelled."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._waiting = asyncio.Event()
        self._failures: dict[str, int] = {}
        self._not_before: dict[str, float] = {}

    def wake(self) -> None:
        """Announce that there may be something to post."""
        self._waiting.set()

    async def run(self) -> None:
        """Post for ever; an endpoint that takes nothing is tried again after a pause that doubles, and does not hold others up."""
        async with httpx.AsyncClient(timeout=5, trust_env=False, verify=ssl_context()) as client:
            while True:
                self._waiting.clear()
                await asyncio.gather(*(self._serve(client, one["id"]) for _, one in list(self._store.all("Subscription"))))
                now = time.monotonic()
                pause = min((at - now for at in self._not_before.values()), default=None)
                with suppress(TimeoutError):
                    await asyncio.wait_for(self._waiting.wait(), None if pause is None else max(pause, 0.01))

    async def _serve(self, client: httpx.AsyncClient, subscription_id: str) -> None:
        """Post everything that waits for a subscription, as long as its endpoint takes it."""
        if self._not_before.get(subscription_id, 0.0) > time.monotonic():
            return
        while True:
            subscription = self._store.get("Subscription", subscription_id) or {}
            waiting = self._store.next_notification(subscription_id)
            if subscription.get("status") in ("off", "error"):
                self._store.delete_notifications(subscription_id)
                self._forget(subscription_id)
                return
            handshake = subscription.get("status") == "requested"
            if not handshake and waiting is None:
                return
            refused = await _post(client, subscription["channel"], None if handshake or waiting is None else waiting[1])
            if refused:
                self._failed(subscription_id, refused)
                return
            self._forget(subscription_id)
            if handshake:
                self._set_status(subscription_id, subscription["meta"]["versionId"], "active")
            elif waiting:
                self._store.delete_notifications(subscription_id, up_to=waiting[0])

    def _failed(self, subscription_id: str, refused: str) -> None:
        failures = self._failures[subscription_id] = self._failures.get(subscription_id, 0) + 1
        self._not_before[subscription_id] = time.monotonic() + min(_MIN_PAUSE * 2 ** (failures - 1), _MAX_PAUSE)
        if failures >= MAX_ATTEMPTS:
            _log.error("a subscription is in error: its endpoint %s", refused)
            self._store.delete_notifications(subscription_id)
            self._set_status(subscription_id, None, "error", refused)
            self._forget(subscription_id)

    def _set_status(self, subscription_id: str, version: str | None, status: str, error: str = "") -> None:
        current = self._store.get("Subscription", subscription_id)
        if current is None or (version is not None and current["meta"]["versionId"] != version):
            return  # it was written meanwhile, and is looked at again
        kept = {name: value for name, value in current.items() if name != "error"}
        self._store.update(kept | {"status": status} | ({"error": error} if error else {}), None, None)

    def _forget(self, subscription_id: str) -> None:
        self._failures.pop(subscription_id, None)
        self._not_before.pop(subscription_id, None)


async def _post(client: httpx.AsyncClient, channel: Resource, resource: Resource | None) -> str:
    """Post a notification, or (None) a handshake; return how the endpoint refused it, "" where it took it."""
    headers = {name.strip(): value.strip() for name, _, value in (line.partition(":") for line in channel.get("header", []))}
    content = b""
    if "payload" in channel and resource is not None:
        headers["Content-Type"] = channel["payload"]
        content = json.dumps(resource).encode()
    try:
        response = await client.post(channel["endpoint"], content=content, headers=headers)
    except (httpx.HTTPError, httpx.InvalidURL, ValueError):  # ValueError: a header that HTTP cannot carry
        return "did not answer"
    return "" if response.is_success else f"answered {response.status_code}"
