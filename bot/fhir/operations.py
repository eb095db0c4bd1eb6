"""Operations on the platform that must survive: stored first, attempted at once, retried while the platform is unavailable.

A capability registers a kind of operation (`register`) and runs one (`run`). The row is stored before the first attempt, so that a
kill loses nothing; a lease keeps two processes from attempting the same one at once; what the attempt did is recorded in the
transaction that completes the row. Whoever was told that it is being retried is told in their chat how it ended (docs/dev/dossiers.md).
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, ClassVar
from weakref import WeakValueDictionary

from sqlalchemy import Index, String, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from bot.core.clock import Clock
from bot.core.database import Database, Table, announce
from bot.core.errors import log_error
from bot.core.upsert import insert_or_ignore
from bot.fhir.errors import FhirConflict, FhirUnauthorized, FhirUnavailable
from bot.jobs import leases
from bot.jobs.outbox import CHAT, enqueue
from bot.jobs.queue import Queue
from bot.jobs.retry import RetryStrategy

PENDING, DONE, FAILED = "pending", "done", "failed"
MAX_KEY = 150
"""Most characters of a key: the audit trail and the outbox keep it behind a prefix of their own."""
FIRST_SECONDS, ATTEMPT_SECONDS = 12, 45
"""How long an attempt may take: the first, during which somebody waits for the answer, and the others, less than their lease."""
RETRIES = RetryStrategy(timedelta(seconds=10), timedelta(minutes=10), give_up_after=timedelta(hours=4), jitter=0.2)
"""Retries of an operation that the platform did not answer, counted from its creation; then the requester is told that nothing was done."""
REFUSED_RETRIES = RetryStrategy(timedelta(seconds=10), timedelta(minutes=2), give_up_after=timedelta(days=7), jitter=0.2)
"""Retries of one whose access the platform refuses: it waits until somebody has mended that, over a week-end too."""
GAVE_UP, BROKEN = "gave_up", "error"
"""Codes of operations that failed without being refused: the platform stayed unavailable; a fault of ours."""

_REFUSED_AT = "access_refused_at"

Payload = dict[str, Any]


class Pending(Exception):
    """The platform is unavailable: the operation is kept and retried; its requester is told how it ends."""

    def __init__(self) -> None:
        super().__init__((self.__doc__ or "").strip())


class OperationFailed(Exception):
    """The operation was given up; nothing is being retried. `error_id` is the id of its error in the logs, where there is one."""

    def __init__(self, error_id: str | None = None) -> None:
        super().__init__(f"The operation was given up ({error_id or GAVE_UP}).")
        self.error_id = error_id


class Refusal(Exception):
    """The operation must not be done; subclasses say why. The same key is refused again in the same way."""

    code: ClassVar[str]

    def __init__(self) -> None:
        super().__init__((self.__doc__ or "").strip())


@dataclass(frozen=True)
class Attempt:
    """What a handler gets: the `payload` given to `run`, and the `key`, which may mark the change on the platform as its own."""

    key: str
    payload: Payload


@dataclass(frozen=True)
class Kind:
    """How operations of one kind are done. The result of one that failed is {"refused": code}.

    Attributes:
        attempt: does it and returns its result; raises a Refusal of `refusals`, or the errors of `bot.fhir.errors`. Must do no harm when
            done again after a kill at any line.
        complete: writes, given (session, attempt, now, result), what belongs in the transaction that ends the operation.
        outcome_text: returns, given (payload, result), the text for the requester's chat, or None.
        refusals: the refusals that `attempt` raises.
    """

    attempt: Callable[[Attempt], Awaitable[Payload]]
    complete: Callable[[AsyncSession, Attempt, datetime, Payload], Awaitable[None]]
    outcome_text: Callable[[Payload, Payload], str | None]
    refusals: tuple[type[Refusal], ...] = ()


class Operation(Table):
    """An operation on the platform: a job of `OPERATIONS`."""

    __tablename__ = "operations"
    __table_args__ = (Index("ix_operations_due", "state", "next_at"),)

    key: Mapped[str] = mapped_column(String(200), primary_key=True)
    kind: Mapped[str] = mapped_column(String(32))
    payload: Mapped[dict[str, Any]]
    """What is needed to do it. Emptied when it ends: the audit trail keeps what must be kept."""
    state: Mapped[str] = mapped_column(String(8), default=PENDING)
    attempts: Mapped[int] = mapped_column(default=0)
    next_at: Mapped[datetime]
    lease_until: Mapped[datetime | None]
    result: Mapped[dict[str, Any] | None]
    """What came of it; while it is pending, when the platform last refused our access, if it did."""
    told_pending: Mapped[bool] = mapped_column(default=False)
    """Whether the requester was told that it is being retried."""
    conversation_id: Mapped[str | None] = mapped_column(String(32))
    created_at: Mapped[datetime]
    done_at: Mapped[datetime | None]


OPERATIONS = Queue(
    name="operations",
    key=Operation.key,
    is_open=(Operation.state == PENDING,),
    not_before=Operation.next_at,
    lease_until=Operation.lease_until,
    lease=leases.OPERATION,
    attempts=Operation.attempts,
)


class Operations:
    """Runs operations of the registered kinds on one database."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock
        self._kinds: dict[str, Kind] = {}
        # Of two calls with one key in one process the second waits for the outcome of the first.
        self._locks: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()

    def register(self, name: str, kind: Kind) -> None:
        """Register a kind of operation. Every process that calls `run` or `run_due` registers all of them."""
        self._kinds[name] = kind

    async def run(self, kind: str, key: str, payload: Payload, *, conversation_id: str | None = None) -> Payload:
        """Do it now and return its result, or return the result that an operation with this key has already.

        Raises Pending where it will be retried, the Refusal of its kind, OperationFailed where it was given up.
        """
        async with self._locks.setdefault(key, asyncio.Lock()):
            if len(key) > MAX_KEY:
                raise ValueError("an operation's key is too long")
            row, claimed = await self._create(kind, key, payload, conversation_id)
            if claimed:
                row = await self._attempt(row, awaited=True)
            return self._result(row)

    async def run_due(self) -> int:
        """Attempt the operations that are due, one after the other, and return how many of them ended."""
        wanted = select(Operation).where(Operation.kind.in_(self._kinds)).order_by(Operation.next_at)
        ended = 0
        while rows := await OPERATIONS.claim(self._database, self._clock, wanted):
            async with self._locks.setdefault(rows[0].key, asyncio.Lock()):
                ended += (await self._attempt(rows[0], awaited=False)).state != PENDING
        return ended

    async def exists(self, key: str) -> bool:
        """Return whether there is an operation with this key, whatever became of it."""
        async with self._database.reading() as session:
            return await session.get(Operation, key) is not None

    async def _create(self, kind: str, key: str, payload: Payload, conversation_id: str | None) -> tuple[Operation, bool]:
        """Return the operation, stored if it is new, and whether its next attempt is ours: somebody waits for it, so it is never early."""
        now = self._clock.now()
        async with self._database.writing() as session:
            await _insert(session, kind, key, payload, conversation_id, now)
            row = await self._locked(session, key)
            if row.state != PENDING:
                return row, False
            if row.lease_until is not None and row.lease_until > now:
                row.told_pending = True  # another process attempts it: what comes of it goes to the chat
                return row, False
            OPERATIONS.hold_row(row, now)
            return row, True

    async def _attempt(self, row: Operation, *, awaited: bool) -> Operation:
        """Attempt it, complete it or put it back, and return it. Not `awaited`, its outcome goes to the chat."""
        kind, attempt = self._kinds[row.kind], Attempt(row.key, row.payload)
        try:
            async with asyncio.timeout(FIRST_SECONDS if awaited else ATTEMPT_SECONDS):
                result, state = await kind.attempt(attempt), DONE
        except kind.refusals as refusal:
            result, state = {"refused": refusal.code}, FAILED
        except (FhirUnavailable, FhirConflict, TimeoutError) as error:
            retry_at = self._retry_at(row, error)
            if retry_at is not None:
                return await self._retry(row, retry_at, refused=isinstance(error, FhirUnauthorized))
            result, state = {"refused": GAVE_UP}, FAILED
        except Exception as error:  # ours: logged under an id that the user is told; a retry would not mend it
            result, state = {"refused": BROKEN, "error_id": log_error(error)}, FAILED
        return await self._complete(row, kind, attempt, state, result, awaited=awaited)

    def _retry_at(self, row: Operation, error: Exception) -> datetime | None:
        """Return when it is attempted again, not before the platform wants it to be; None: it is to be given up."""
        retries, now = REFUSED_RETRIES if isinstance(error, FhirUnauthorized) else RETRIES, self._clock.now()
        # While our access was refused nothing was tried: that time does not count towards giving up.
        refused_at = datetime.fromisoformat(row.result[_REFUSED_AT]) if row.result else row.created_at
        since = row.created_at if isinstance(error, FhirUnauthorized) else max(refused_at, row.created_at)
        retry_at = retries.next_attempt(row.attempts, now, since=since)
        asked = error.retry_after if isinstance(error, FhirUnavailable) else None
        return retry_at if retry_at is None or asked is None else max(retry_at, now + timedelta(seconds=asked))

    async def _retry(self, row: Operation, at: datetime, *, refused: bool) -> Operation:
        async with self._database.writing() as session:
            current = await self._locked(session, row.key)
            if current.state == PENDING:
                current.told_pending = True
                if refused:
                    current.result = {_REFUSED_AT: self._clock.now().isoformat()}
                await OPERATIONS.release(session, [row.key], not_before=at)
            return current

    async def _complete(self, row: Operation, kind: Kind, attempt: Attempt, state: str, result: Payload, *, awaited: bool) -> Operation:
        now = self._clock.now()
        async with self._database.writing() as session:
            current = await self._locked(session, row.key)
            if current.state != PENDING:  # our lease ran out and somebody else ended it: their outcome counts
                return current
            current.state, current.result, current.done_at, current.lease_until = state, result, now, None
            current.payload = {}
            await kind.complete(session, attempt, now, result)
            text = kind.outcome_text(attempt.payload, result) if not awaited or current.told_pending else None
            if text and current.conversation_id:
                message: Payload = {"text": text, "buttons": [], "link": None}
                key = f"operation:{current.key}"
                await enqueue(session, kind=CHAT, key=key, payload=message, now=now, conversation_id=current.conversation_id)
            return current

    async def _locked(self, session: AsyncSession, key: str) -> Operation:
        return (await session.scalars(select(Operation).where(Operation.key == key).with_for_update())).one()

    def _result(self, row: Operation) -> Payload:
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


async def defer(session: AsyncSession, kind: str, key: str, payload: Payload, now: datetime) -> None:
    """Store an operation in the caller's writing transaction, for a worker to do; one with this key that is there already stays."""
    await _insert(session, kind, key, payload, None, now)
    announce(session, OPERATIONS.name)


async def _insert(session: AsyncSession, kind: str, key: str, payload: Payload, conversation_id: str | None, now: datetime) -> None:
    values = {"key": key, "kind": kind, "payload": payload, "state": PENDING, "attempts": 0, "told_pending": False}
    values |= {"next_at": now, "conversation_id": conversation_id, "created_at": now}
    await session.execute(insert_or_ignore(session, Operation).values(**values))
