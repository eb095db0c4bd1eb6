"""The leases of turns in hand are renewed from their beginning to their end, also while the process stops."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Collection
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, cast

import pytest

from bot.core.clock import ManualClock
from bot.core.database import Database, sqlite_url
from bot.jobs import leases
from bot.messaging.hub import Hub
from bot.messaging.inbox import Completed, Inbox
from bot.messaging.messages import Turn
from bot.messaging.turn_worker import TurnWorker

NOW = datetime(2026, 11, 23, 10, tzinfo=UTC)
TURN = Turn(
    id=7, conversation_id="c", channel="web", home="web", text="un", button=None, event=None, sent_id=None, received_at=NOW, attempts=1
)


class RecordingInbox:
    """Notes what is renewed and released."""

    def __init__(self) -> None:
        self.log: list[Any] = []
        self.renewals = asyncio.Condition()

    async def claim_abandoned(self, _clock: object, *, in_hand: Collection[int]) -> list[Turn]:
        del in_hand
        return []

    async def renew(self, turn_ids: Collection[int], _now: datetime) -> None:
        async with self.renewals:
            self.log.append(set(turn_ids))
            self.renewals.notify_all()

    async def renewed(self) -> None:
        async with self.renewals:
            await self.renewals.wait()

    async def complete(self, _turn: Turn, _how: object, _now: datetime) -> Completed:
        self.log.append("completed")
        return Completed([], None)

    async def release(self) -> None:
        self.log.append("released")


class SlowResponder:
    """Answers when it is let."""

    def __init__(self) -> None:
        self.gate = asyncio.Event()
        self.outcome = None

    async def respond(self, _turn: Turn) -> SlowResponder:
        await self.gate.wait()
        return self

    def on_committed(self) -> None:
        """Nothing is to be done."""


@pytest.fixture
async def database(tmp_path: Path) -> AsyncIterator[Database]:
    database = Database(sqlite_url(tmp_path / "sphere.db"))
    yield database
    await database.close()


async def test_a_turn_is_renewed_until_it_is_over_while_the_process_stops(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(leases, "TURN_RENEWED", timedelta(milliseconds=5))
    inbox, responder = RecordingInbox(), SlowResponder()
    turns = TurnWorker(
        database=database, inbox=cast("Inbox", inbox), responders=[cast("Any", responder)], hub=Hub(), clock=ManualClock(NOW)
    )
    turns.begin(TURN)
    await turns.start()
    await inbox.renewed()  # in the first round that sees it
    stopping = asyncio.create_task(turns.stop(60))
    for _ in range(3):
        await inbox.renewed()
        assert not stopping.done()
    responder.gate.set()
    await stopping
    assert [each for each in inbox.log if each != {7}] == ["completed", "released"]
    assert inbox.log[-1] == "released"
