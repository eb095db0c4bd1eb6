"""What several kinds of tests share: one real installation by channel, started once, driven from outside like any client."""

from __future__ import annotations

import functools
import gc
import ssl
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from argon2 import PasswordHasher
from sqlalchemy import Dialect, event
from sqlalchemy.engine import URL
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

import bot.core.database
import bot.support.passwords
from tests.channels import SETUPS
from tests.stack import Stack

BROWSER = "browser"
"""Folder of the browser tests, and name of their installation: a web chat of their own, so that both are tested side by side."""


THOROUGH_FOLDERS = frozenset(["attacks", "deploy", "second_server", BROWSER])
"""Folders of tests that `make test` leaves to `make test-all`."""


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """What judges what the other tests left behind (logs) runs when they are over, in the process that has their installation."""
    items.sort(key=lambda item: item.get_closest_marker("after_all") is not None)
    for item in items:
        if "stack" in getattr(item, "fixturenames", ()):
            item.add_marker(pytest.mark.xdist_group(_channel(item)))
        if _is_thorough(item):
            item.add_marker(pytest.mark.thorough)


def _is_thorough(item: pytest.Item) -> bool:
    """Whether `make test` leaves it to `make test-all`: attacks, a second server, browsers, installations besides the web chat's."""
    if THOROUGH_FOLDERS.intersection(item.path.parts):
        return True
    fixtures = getattr(item, "fixturenames", ())
    return "fresh_stack" in fixtures or ("stacks" in fixtures and _channel(item) != "web")


def pytest_collection_finish() -> None:
    """What was imported by now stays: it is not searched for garbage again and again."""
    gc.collect()
    gc.freeze()


def _channel(item: pytest.Item) -> str:
    if BROWSER in item.path.parts:
        return BROWSER
    call = getattr(item, "callspec", None)
    return str(call.params["channel"]) if call is not None and "channel" in call.params else "web"


@pytest.fixture(scope="session", autouse=True)
def one_context() -> Iterator[None]:
    """One TLS context for all HTTP clients: each would take 40 ms to read the authorities of certifi anew."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(ssl, "create_default_context", functools.cache(ssl.create_default_context))
        yield


@pytest.fixture(scope="session", autouse=True)
def light_passwords() -> Iterator[None]:
    """Argon2id with the least cost: with the product's own, which processes of their own keep, each password takes 64 MB and 50 ms."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(bot.support.passwords, "_hasher", PasswordHasher(time_cost=1, memory_cost=8, parallelism=1))
        bot.support.passwords._hash_of_nobody.cache_clear()
        yield


@pytest.fixture(scope="session", autouse=True)
def one_compiler() -> Iterator[None]:
    """One compiler for the statements of all databases of a kind: by itself each engine, so each test, compiles anew what it asks."""
    compiled: dict[Any, Any] = {}
    dialects: dict[str, Dialect] = {}

    def create(url: URL, **options: Any) -> AsyncEngine:
        engine = create_async_engine(url, execution_options={"compiled_cache": compiled}, **options)
        kind = url.drivername
        if kind in dialects:
            engine.sync_engine.dialect = dialects[kind]
        else:  # once it has seen a database, which it reads the version of
            event.listen(engine.sync_engine, "connect", lambda *_: dialects.setdefault(kind, engine.dialect))
        return engine

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(bot.core.database, "create_async_engine", create)
        yield


@pytest.fixture(scope="session")
def stacks(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[str], Stack]]:
    """Installations by channel, each started when it is first asked for; they know nothing of each other."""
    running: dict[str, Stack] = {}

    def by_channel(channel: str) -> Stack:
        if channel not in running:
            settings = SETUPS["web" if channel == BROWSER else channel].settings
            running[channel] = Stack(tmp_path_factory.mktemp(channel) / "var", **settings)
            running[channel].start()
        return running[channel]

    try:
        yield by_channel
    finally:
        for stack in running.values():
            stack.stop()


@pytest.fixture
def stack(request: pytest.FixtureRequest, stacks: Callable[[str], Stack]) -> Stack:
    """All real processes on a fresh data folder, as `make run` starts them; stopped when all tests are over."""
    return stacks(_channel(request.node))


@pytest.fixture
def fresh_stack(tmp_path: Path) -> Iterator[Stack]:
    """An installation of one's own, for tests that kill or starve processes."""
    running = Stack(tmp_path / "var")
    running.start()
    try:
        yield running
    finally:
        running.stop()
