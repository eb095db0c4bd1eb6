"""The messages that the assistant did not understand: shown to supervisors, who put them, anonymized, into a file for training."""

from __future__ import annotations

import asyncio
import os
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from sqlalchemy import exists, select
from sqlalchemy.dialects import postgresql, sqlite

from bot.core.clock import PARIS, Clock
from bot.core.database import Database
from bot.messaging.pii.anonymization import GivenNames, anonymize
from bot.messaging.pii.codes import mask_codes
from bot.messaging.tables import InboxRow, MessageRow
from bot.support.resolution_report import NOT_UNDERSTOOD
from bot.support.tables import MisunderstoodMessageRow
from bot.support.ticket_report import Period

MAX_SHOWN = 50
MAX_LENGTH = 300
"""Characters of a sentence for training."""
FILE_HEADER = """# Sentences that were not understood, put here by supervisors from the desk's figures, names, numbers and dates masked.
# Each is to be moved to the intent that it should have had in data/nlu/.
version: "3.1"

nlu:
- intent: to_label
  examples: |
"""


class EmptyMessage(Exception):
    """Nothing is left of the sentence to learn from."""


@dataclass(frozen=True)
class MisunderstoodMessage:
    """A message that was not understood."""

    turn: int
    at: datetime
    text: str
    """As it was said; masked already where it came by an external channel."""
    anonymized: str
    """As it would be put into the file."""


class MisunderstoodMessages:
    """Lists them; keeps or dismisses one."""

    def __init__(self, database: Database, clock: Clock, file: Path, given_names: GivenNames) -> None:
        """Take the file, Rasa NLU YAML; it is created with its folder where it is not there."""
        self._database, self._clock, self._file, self._given_names = database, clock, file, given_names
        self._writing = asyncio.Lock()

    async def list(self, period: Period) -> Sequence[MisunderstoodMessage]:
        """Return the newest of the period that nothing was decided about yet, at most `MAX_SHOWN`."""
        done = exists().where(MisunderstoodMessageRow.turn == InboxRow.id)
        wanted = (
            select(InboxRow.id, MessageRow.at, MessageRow.text)
            .join(MessageRow, MessageRow.turn == InboxRow.id)
            .where(InboxRow.intent.in_(NOT_UNDERSTOOD), InboxRow.received_at >= period.start, InboxRow.received_at < period.end)
            .where(MessageRow.author == "user", MessageRow.erased_at.is_(None), ~done)
            .order_by(InboxRow.id.desc())
            .limit(MAX_SHOWN)
        )
        async with self._database.reading() as session:
            rows = (await session.execute(wanted)).all()
        today = self._clock.now().astimezone(PARIS).date()
        masked = await asyncio.to_thread(lambda: [anonymize(row.text, today, self._given_names) for row in rows])
        return [MisunderstoodMessage(row.id, row.at, mask_codes(row.text), text) for row, text in zip(rows, masked, strict=True)]

    async def keep(self, turn: int, text: str, agent_id: str) -> None:
        """Add a sentence to the file as a supervisor has read it, masked once more; the same one twice stands there once.

        The file is written first: a kill in between leaves the sentence in the list, and adding it again changes nothing.

        Raises:
            EmptyMessage: no letter is left of it.
        """
        text = anonymize(text, self._clock.now().astimezone(PARIS).date())[:MAX_LENGTH]
        if not any(letter.isalpha() for letter in text):
            raise EmptyMessage
        async with self._writing:
            await asyncio.to_thread(_append, self._file, text)
        await self._decide(turn, agent_id, kept=True)

    async def dismiss(self, turn: int, agent_id: str) -> None:
        """Note that nothing is to be learnt from this one."""
        await self._decide(turn, agent_id, kept=False)

    async def _decide(self, turn: int, agent_id: str, *, kept: bool) -> None:
        insert = (sqlite if self._database.is_sqlite else postgresql).insert(MisunderstoodMessageRow)
        decided = insert.values(turn=turn, kept=kept, at=self._clock.now(), agent_id=agent_id).on_conflict_do_nothing()
        async with self._database.writing() as session:
            await session.execute(decided)


def _append(file: Path, text: str) -> None:
    """Add a line, unless it is there; the file is whole at every moment."""
    file.parent.mkdir(parents=True, exist_ok=True)
    before = file.read_text("utf-8") if file.exists() else FILE_HEADER
    line = f"    - {text}\n"
    if line in before:
        return
    with tempfile.NamedTemporaryFile("w", encoding="utf-8", dir=file.parent, delete=False) as new:
        new.write(before + line)
        new.flush()
        os.fsync(new.fileno())
    Path(new.name).chmod(0o600)
    Path(new.name).replace(file)
