"""Side effects on the platform: written down first, tried at once, tried again while the platform is away.

A capability registers a kind of operation (`register`) and runs one (`run`). The row is there before the first attempt, so that a
kill loses nothing; a lease keeps two processes from attempting the same one at once; what the attempt did is recorded in the
transaction that settles the row. Who was told that it is being retried is told in their chat how it ended (see docs/dev/dossiers.md).
"""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, ClassVar
from weakref import WeakValueDictionary

from sqlalchemy import Index, String, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from bot.core.clock import Clock
from bot.core.database import Database, Table
from bot.core.errors import log_error
from bot.fhir.client import FhirConflict, FhirUnavailable
from bot.jobs.outbox import CHAT, enqueue

PENDING, DONE, FAILED = "pending", "done", "failed"
MAX_KEY = 150
"""Characters of a key: the audit trail and the outbox keep it behind a word of their own."""
LEASE = timedelta(seconds=60)
"""How long an attempt keeps others away."""
FIRST_SECONDS, ATTEMPT_SECONDS = 12, 45
"""How long an attempt may take: the first while somebody waits for the answer, the others shorter than their lease."""
FIRST_PAUSE, LONGEST_PAUSE = timedelta(seconds=10), timedelta(minutes=10)
GIVE_UP_AFTER = timedelta(hours=4)
"""From the first attempt on; the requester is then told that nothing was done."""
GAVE_UP, BROKEN = "gave_up", "error"
"""Codes of operations that failed without being refused: the platform stayed away; a fault of ours."""

Payload = dict[str, Any]
_jitter = secrets.SystemRandom()


class Pending(Exception):
    """The platform is away: the operation is kept and tried again; its requester is told how it ends."""

    def __init__(self) -> None:
        super().__init__((self.__doc__ or "").strip())


class OperationFailed(Exception):
    """The operation was given up; nothing is being retried. `error_id` is what the logs have it under, where they do."""

    def __init__(self, error_id: str | None = None) -> None:
        super().__init__(f"The operation was given up ({error_id or GAVE_UP}).")
        self.error_id = error_id


class Refusal(Exception):
    """The operation may not be done; subclasses say why. The same key is refused again in the same way."""

    code: ClassVar[str]

    def __init__(self) -> None:
        super().__init__((self.__doc__ or "").strip())


@dataclass(frozen=True)
class Attempt:
    """What a handler is given. `payload` is what `run` was given; `key` may mark the change on the platform as its own."""

    key: str
    payload: Payload


@dataclass(frozen=True)
class Kind:
    """How operations of one kind are done.

    `attempt` does it and gives its result; it raises a Refusal of `refusals`, or the errors of `bot.fhir.client`; it must do no harm when
    done again after a kill at any line. `settle(session, attempt, now, result)` writes what belongs in the transaction that ends it.
    `tell(payload, result)` gives the text for the requester's chat, or None. Where it failed, the result is {"refused": code}.
    """

    attempt: Callable[[Attempt], Awaitable[Payload]]
    settle: Callable[[AsyncSession, Attempt, datetime, Payload], Awaitable[None]]
    tell: Callable[[Payload, Payload], str | None]
    refusals: tuple[type[Refusal], ...] = ()


class Operation(Table):
    """A side effect on the platform."""

    __tablename__ = "operations"
    __table_args__ = (Index("ix_operations_due", "state", "next_at"),)

    key: Mapped[str] = mapped_column(String(200), primary_key=True)
    kind: Mapped[str] = mapped_column(String(32))
    payload: Mapped[dict[str, Any]]
    """What is needed to do it; emptied when it ends: the audit trail keeps what must be kept."""
    state: Mapped[str] = mapped_column(String(8), default=PENDING)
    attempts: Mapped[int] = mapped_column(default=0)
    next_at: Mapped[datetime]
    lease_until: Mapped[datetime | None]
    result: Mapped[dict[str, Any] | None]
    told_pending: Mapped[bool] = mapped_column(default=False)
    """Whether somebody was told that it is being retried."""
    conversation_id: Mapped[str | None] = mapped_column(String(32))
    created_at: Mapped[datetime]
    done_at: Mapped[datetime | None]


class Operations:
    """Runs operations of the registered kinds on one database."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock
        self._kinds: dict[str, Kind] = {}
        # The same key twice at once in one process: the second waits for the first one's outcome.
        self._busy: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()

    def register(self, name: str, kind: Kind) -> None:
        """Make a kind of operation known; every process that calls `run` or `run_due` does so for all."""
        self._kinds[name] = kind

    async def run(self, kind: str, key: str, payload: Payload, *, conversation_id: str | None = None) -> Payload:
        """Do it now, or give the result it had when it was done before under this key.

        Raises Pending where it will be tried again, the Refusal of its kind, OperationFailed where it was given up.
        """
        async with self._busy.setdefault(key, asyncio.Lock()):
            if len(key) > MAX_KEY:
                raise ValueError("an operation's key is too long")
            row, mine = await self._begin(kind, key, payload, conversation_id)
            if row.state == PENDING and mine:
                row = await self._attempt(row, told=False)
            return self._outcome(row)

    async def run_due(self, limit: int = 20) -> int:
        """Attempt what is due, one after the other; how many ended. The bot calls it every few seconds."""
        ended = 0
        for _ in range(limit):
            row = await self._claim()
            if row is None:
                break
            async with self._busy.setdefault(row.key, asyncio.Lock()):
                ended += (await self._attempt(row, told=True)).state != PENDING
        return ended

    async def _begin(self, kind: str, key: str, payload: Payload, conversation_id: str | None) -> tuple[Operation, bool]:
        """The row, made if missing; and whether its next attempt is ours."""
        now = self._clock.now()
        values = {"key": key, "kind": kind, "payload": payload, "state": PENDING, "attempts": 0, "told_pending": False}
        values |= {"next_at": now, "conversation_id": conversation_id, "created_at": now}
        insert = (sqlite if self._database.is_sqlite else postgresql).insert(Operation)
        async with self._database.writing() as session:
            await session.execute(insert.values(**values).on_conflict_do_nothing())
            row = (await session.scalars(select(Operation).where(Operation.key == key).with_for_update())).one()
            if row.state != PENDING:
                return row, False
            if row.lease_until is not None and row.lease_until > now:
                row.told_pending = True  # another process is at it: what it finds out goes to the chat
                return row, False
            _lease(row, now)
            return row, True

    async def _claim(self) -> Operation | None:
        now = self._clock.now()
        due = (
            select(Operation)
            .where(Operation.state == PENDING, Operation.next_at <= now, Operation.kind.in_(self._kinds))
            .where(Operation.lease_until.is_(None) | (Operation.lease_until <= now))
            .order_by(Operation.next_at)
            .limit(1)
        )
        async with self._database.reading() as session:  # before the write lock, which turns need
            if (await session.scalars(due)).first() is None:
                return None
        async with self._database.writing() as session:
            row = (await session.scalars(due.with_for_update(skip_locked=True))).first()
            if row is not None:
                _lease(row, now)
            return row

    async def _attempt(self, row: Operation, *, told: bool) -> Operation:
        """One attempt and its consequence; `told`: nobody waits for the answer, so it goes to the chat."""
        kind, attempt = self._kinds[row.kind], Attempt(row.key, row.payload)
        try:
            async with asyncio.timeout(ATTEMPT_SECONDS if told else FIRST_SECONDS):
                result, state = await kind.attempt(attempt), DONE
        except kind.refusals as refusal:
            result, state = {"refused": refusal.code}, FAILED
        except (FhirUnavailable, FhirConflict, TimeoutError):
            if self._clock.now() < row.created_at + GIVE_UP_AFTER:
                return await self._put_back(row)
            result, state = {"refused": GAVE_UP}, FAILED
        except Exception as error:  # ours: logged under an id that the user is told; trying again would not mend it
            result, state = {"refused": BROKEN, "error_id": log_error(error)}, FAILED
        return await self._settle(row, kind, attempt, state, result, told=told)

    async def _put_back(self, row: Operation) -> Operation:
        now = self._clock.now()
        pause = min(FIRST_PAUSE * 2 ** min(row.attempts - 1, 10), LONGEST_PAUSE) * _jitter.uniform(0.8, 1.2)
        async with self._database.writing() as session:
            current = await self._locked(session, row.key)
            if current.state == PENDING:
                current.lease_until, current.next_at, current.told_pending = None, now + pause, True
            return current

    async def _settle(self, row: Operation, kind: Kind, attempt: Attempt, state: str, result: Payload, *, told: bool) -> Operation:
        now = self._clock.now()
        async with self._database.writing() as session:
            current = await self._locked(session, row.key)
            if current.state != PENDING:  # our lease ran out and somebody else ended it: theirs counts
                return current
            current.state, current.result, current.done_at, current.lease_until = state, result, now, None
            current.payload = {}
            await kind.settle(session, attempt, now, result)
            text = kind.tell(attempt.payload, result) if told or current.told_pending else None
            if text and current.conversation_id:
                message: Payload = {"text": text, "buttons": [], "link": None}
                key = f"operation:{current.key}"
                await enqueue(session, kind=CHAT, key=key, payload=message, now=now, conversation_id=current.conversation_id)
            return current

    async def _locked(self, session: AsyncSession, key: str) -> Operation:
        return (await session.scalars(select(Operation).where(Operation.key == key).with_for_update())).one()

    def _outcome(self, row: Operation) -> Payload:
        if row.state == PENDING:
            raise Pending
        result = row.result or {}
        if row.state == DONE:
            return result
        code = result.get("refused")
        for refusal in self._kinds[row.kind].refusals:
            if refusal.code == code:
                raise refusal
        raise OperationFailed(result.get("error_id"))


def _lease(row: Operation, now: datetime) -> None:
    row.lease_until = now + LEASE
    row.attempts += 1
