"""The messages that the assistant did not understand: shown to supervisors, who keep them, anonymized, for training."""

from __future__ import annotations

import asyncio
import os
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from sqlalchemy import exists, select

from bot.core.clock import PARIS, Clock
from bot.core.database import Database
from bot.core.upsert import insert_or_ignore
from bot.messaging.pii.anonymization import GivenNames, anonymize
from bot.messaging.pii.codes import mask_codes
from bot.messaging.tables import InboxRow, MessageRow
from bot.support.resolution_report import NOT_UNDERSTOOD
from bot.support.tables import MisunderstoodMessageRow, TrainingSentenceRow
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
        """Keep a sentence as a supervisor has read it, masked once more; the same one twice is kept once.

        It is in the database, for every machine; the file of this one is a copy, written anew with all that is kept.

        Raises:
            EmptyMessage: no letter is left of it.
        """
        text = anonymize(text, self._clock.now().astimezone(PARIS).date())[:MAX_LENGTH]
        if not any(letter.isalpha() for letter in text):
            raise EmptyMessage
        await self._decide(turn, agent_id, kept=text)
        async with self._writing:
            await asyncio.to_thread(_add, self._file, await kept_sentences(self._database))

    async def dismiss(self, turn: int, agent_id: str) -> None:
        """Note that nothing is to be learnt from this one."""
        await self._decide(turn, agent_id, kept=None)

    async def _decide(self, turn: int, agent_id: str, *, kept: str | None) -> None:
        now = self._clock.now()
        async with self._database.writing() as session:
            decided = insert_or_ignore(session, MisunderstoodMessageRow)
            await session.execute(decided.values(turn=turn, kept=kept is not None, at=now, agent_id=agent_id))
            if kept is not None:
                await session.execute(insert_or_ignore(session, TrainingSentenceRow).values(text=kept, at=now))


async def kept_sentences(database: Database) -> list[str]:
    """Return every sentence that was kept for training, oldest first."""
    async with database.reading() as session:
        return list(await session.scalars(select(TrainingSentenceRow.text).order_by(TrainingSentenceRow.id)))


def training_file(sentences: Sequence[str]) -> str:
    """Return sentences as Rasa NLU YAML."""
    return FILE_HEADER + "".join(map(_line, sentences))


def _line(sentence: str) -> str:
    return f"    - {sentence}\n"


def _add(file: Path, sentences: Sequence[str]) -> None:
    """Add the sentences that are not there, as an older version may have left some; the file is whole at every moment."""
    file.parent.mkdir(parents=True, exist_ok=True)
    before = file.read_text("utf-8") if file.exists() else FILE_HEADER
    more = "".join(line for line in map(_line, sentences) if line not in before)
    if not more:
        return
    with tempfile.NamedTemporaryFile("w", encoding="utf-8", dir=file.parent, delete=False) as new:
        new.write(before + more)
        new.flush()
        os.fsync(new.fileno())
    Path(new.name).chmod(0o600)
    Path(new.name).replace(file)
