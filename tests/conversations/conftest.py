"""By which channels the conversations are held: each runs in the web chat and, unless marked `web_only`, unchanged in Telegram."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.conversations.talk import Talk
from tests.conversations.telegram import TelegramTalk

CHANNELS: dict[str, type[Talk]] = {"web": Talk, "telegram": TelegramTalk}


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """One run by channel."""
    marked = {mark.name for mark in metafunc.definition.iter_markers()}
    channels = ["web"] if "web_only" in marked else ["telegram"] if "telegram_only" in marked else list(CHANNELS)
    metafunc.parametrize("channel", channels, indirect=True)


@pytest.fixture(autouse=True)
def channel(request: pytest.FixtureRequest) -> Iterator[str]:
    """The channel that `open_talk` and `as_user` speak by."""
    Talk.chosen = CHANNELS[request.param]
    yield request.param
    Talk.chosen = Talk
