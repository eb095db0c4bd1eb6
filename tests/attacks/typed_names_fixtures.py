"""One installation with Telegram and Teams at once, a linked chat in each, and all that it has written down."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from tests.channels import ALWAYS_OPEN, TELEGRAM
from tests.conversations.external import ExternalTalk, logs
from tests.conversations.talk import CLAIRE, Talk, as_user
from tests.conversations.teams import TeamsTalk
from tests.conversations.telegram import TelegramTalk
from tests.stack import Stack

EXTERNAL: dict[str, type[ExternalTalk]] = {"telegram": TelegramTalk, "teams": TeamsTalk}
Chats = Callable[[str], ExternalTalk]


@pytest.fixture(scope="module")
def installation(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """A running installation with both channels."""
    settings = {**ALWAYS_OPEN, **TELEGRAM, "TELEGRAM_MODE": "polling", "TEAMS": "fake"}
    running = Stack(tmp_path_factory.mktemp("typed") / "var", **settings)
    running.start()
    try:
        yield running
    finally:
        running.stop()
        TeamsTalk.forget_controls()


@pytest.fixture(scope="module")
def chats(installation: Stack) -> Chats:
    """The chat of Claire Moreau in a channel, linked to her account when it is first asked for."""
    open_chats: dict[str, ExternalTalk] = {}

    def chat(channel: str) -> ExternalTalk:
        if channel not in open_chats:
            chosen, Talk.chosen = Talk.chosen, EXTERNAL[channel]
            talk = as_user(installation, CLAIRE)
            Talk.chosen = chosen
            assert isinstance(talk, ExternalTalk)
            open_chats[channel] = talk
        return open_chats[channel]

    return chat


def everything_written(stack: Stack) -> bytes:
    """The databases' files, with what they have not yet taken in, and all logs, in small letters; letters with accents are as they were."""
    files = [path for name in ("sphere.db", "rasa.db") for path in sorted(stack.data.glob(f"{name}*"))]
    return b"\n".join([*(path.read_bytes() for path in files), logs(stack).encode()]).lower()
