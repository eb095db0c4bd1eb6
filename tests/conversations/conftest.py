"""By which channels the conversations are held: each, unchanged, by all of them, unless marked `channels(…)`.

That takes half an hour, so it is done where `WAYS=all` says so (`WAYS=all make test-conversations`); otherwise each is held by one of
them, always the same for the same conversation, so that each channel has its share.
What is marked `each=True` or `after_all` is held by all.
"""

from __future__ import annotations

import os
import zlib
from collections.abc import Iterator

import pytest

from tests.channels import SETUPS
from tests.conversations.talk import Talk
from tests.conversations.teams import TeamsTalk
from tests.conversations.telegram import TelegramTalk

TALKS: dict[str, type[Talk]] = {"web": Talk, "telegram": TelegramTalk, "webhook": TelegramTalk, "teams": TeamsTalk}


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """One run by channel."""
    definition = metafunc.definition
    marked = definition.get_closest_marker("channels")
    channels = list(marked.args if marked else SETUPS)
    by_all = os.environ.get("WAYS") == "all" or definition.get_closest_marker("after_all") or (marked and marked.kwargs.get("each"))
    if not by_all:
        channels = [channels[zlib.crc32(definition.nodeid.encode()) % len(channels)]]
    metafunc.parametrize("channel", channels, indirect=True)


@pytest.fixture(autouse=True)
def channel(request: pytest.FixtureRequest) -> Iterator[str]:
    """The channel that `open_talk` and `as_user` speak by."""
    Talk.chosen = TALKS[request.param]
    yield request.param
    Talk.chosen = Talk


@pytest.fixture(scope="session", autouse=True)
def controls() -> Iterator[None]:
    """Connections to stand-ins end with the tests."""
    yield
    TeamsTalk.forget_controls()
