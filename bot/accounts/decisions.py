"""What agents decide of account requests: carried out some seconds later, so that until then it may be taken back.

Nothing has happened before that: no account, no mail, no notice. A decision carried out is deleted; one that could not be stays, with
the reason, until somebody decides again.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from bot.accounts.errors import (
    AccountGone,
    AlreadyDecided,
    BeingCreated,
    EmailTaken,
    RequestChanged,
    RequestError,
    TooLate,
    UnknownRequest,
    UnusableText,
    WrongState,
)
from bot.accounts.request_views import version_of
from bot.accounts.requests import AccountRequests, usable_text
from bot.accounts.tables import CREATED, OPEN, AccountDecision, AccountRequest, AccountRequester
from bot.core import audit
from bot.core.clock import Clock
from bot.core.database import Database
from bot.core.errors import log_error
from bot.fhir.client import FhirError, FhirUnavailable

CREATE, ASK, REFUSE = "create", "ask", "refuse"
LEASE = timedelta(minutes=3)
"""How long a process that carries a decision out is left alone; longer than one creation takes."""
PAUSE = timedelta(minutes=1)
"""Until the next try, where the platform is away or the creation is in other hands."""
AWAY = "away"
"""Failure that will pass: it is tried again."""
_FAILURES: dict[type[Exception], str] = {
    EmailTaken: "email_taken",
    AccountGone: "account_gone",
    WrongState: "over",
    UnusableText: "text",
    FhirError: "platform",
}

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Decision:
    """A decision that waits, or failed (`failure`: "away", "email_taken", "account_gone", "over", "text", "platform", "request")."""

    reference: str
    action: str
    text: str | None
    agent_id: str
    agent: str
    due_at: datetime
    begun: bool
    failure: str | None

    @property
    def open(self) -> bool:
        """Whether it is still to be carried out."""
        return self.failure in (None, AWAY)


class Decisions:
    """Taking decisions, taking them back, carrying them out."""

    def __init__(self, database: Database, requests: AccountRequests, clock: Clock, undo_seconds: int) -> None:
        self._database, self._requests, self._clock = database, requests, clock
        self._delay = timedelta(seconds=undo_seconds)

    async def decide(self, reference: str, action: str, *, agent_id: str, agent: str, seen: str, text: str | None = None) -> Decision:
        """Have something done to a request in a moment. `seen` is the version that the agent had before them.

        Raises UnknownRequest, WrongState, BeingCreated, Moved, AlreadyDecided, UnusableText; ValueError for an unknown action.
        """
        if action not in (CREATE, ASK, REFUSE):
            raise ValueError("an action is create, ask or refuse")
        text = usable_text(text or "") if action != CREATE else None
        async with self._database.writing() as session:
            request, now = await _request(session, reference), self._clock.now()
            row = await session.get(AccountDecision, request.id)
            if row is not None and row.failure in (None, AWAY):
                raise AlreadyDecided(row.agent)
            if request.state not in OPEN:
                raise WrongState(request.state)
            if request.creating_since is not None:
                raise BeingCreated
            if version_of(request, await _askers(session, request)) != seen:
                raise RequestChanged
            if row is not None:
                await session.delete(row)
                await session.flush()
            row = AccountDecision(
                request_id=request.id, action=action, text=text, agent_id=agent_id, agent=agent, decided_at=now, due_at=now + self._delay
            )
            session.add(row)
            await _audit(session, agent_id, f"accounts.decide_{action}", request, "decided", now)
            return _decision(request, row)

    async def take_back(self, reference: str, agent_id: str) -> None:
        """Undo a decision, one's own or a colleague's. Raises UnknownRequest, TooLate."""
        async with self._database.writing() as session:
            request = await _request(session, reference)
            row = await session.get(AccountDecision, request.id)
            if row is None or row.lease_until is not None or request.creating_since is not None:
                raise TooLate
            await session.delete(row)
            await _audit(session, agent_id, f"accounts.decide_{row.action}", request, "taken_back", self._clock.now())

    async def of(self, reference: str) -> Decision | None:
        """The decision on this request that waits or failed."""
        async with self._database.reading() as session:
            found = select(AccountRequest, AccountDecision).join(AccountDecision, AccountDecision.request_id == AccountRequest.id)
            row = (await session.execute(found.where(AccountRequest.reference == reference.strip().upper()))).first()
            return _decision(row[0], row[1]) if row else None

    async def run_due(self) -> int:
        """Carry out what is due; how many were. Called now and then by a running bot."""
        done = 0
        while (decision := await self._claim()) is not None:
            done += await self._carry_out(decision)
        return done

    async def _claim(self) -> Decision | None:
        now = self._clock.now()
        due = (
            select(AccountRequest, AccountDecision)
            .join(AccountDecision, AccountDecision.request_id == AccountRequest.id)
            .where(AccountDecision.due_at <= now, or_(AccountDecision.failure.is_(None), AccountDecision.failure == AWAY))
            .where(or_(AccountDecision.lease_until.is_(None), AccountDecision.lease_until <= now))
            .order_by(AccountDecision.due_at)
            .limit(1)
        )
        async with self._database.reading() as session:  # before the write lock, which turns need
            if (await session.execute(due)).first() is None:
                return None
        async with self._database.writing() as session:
            found = (await session.execute(due.with_for_update(of=AccountDecision, skip_locked=True))).first()
            if found is None:
                return None
            found[1].lease_until = now + LEASE
            return _decision(found[0], found[1])

    async def _carry_out(self, decision: Decision) -> int:
        try:
            if decision.action == CREATE:
                await self._requests.create(decision.reference, decision.agent)
            elif decision.action == ASK:
                await self._requests.ask_more(decision.reference, decision.text or "", decision.agent)
            else:
                await self._requests.refuse(decision.reference, decision.text or "", decision.agent)
        except (FhirUnavailable, BeingCreated):
            await self._settle(decision, AWAY)
            return 0
        except WrongState as error:
            # Killed after it was done and before it was noted, or done by another way: what was wanted is so.
            done = error.state == CREATED and decision.action == CREATE
            await self._settle(decision, None if done else "over")
            return int(done)
        except (RequestError, FhirError) as error:
            failure = next((name for kind, name in _FAILURES.items() if isinstance(error, kind)), "request")
            if failure in ("platform", "request"):
                _log.warning("a decision cannot be carried out: %s", log_error(error))
            await self._settle(decision, failure)
            return 0
        await self._settle(decision, None)
        return 1

    async def _settle(self, decision: Decision, failure: str | None) -> None:
        async with self._database.writing() as session:
            request = await _request(session, decision.reference)
            row = await session.get(AccountDecision, request.id)
            if row is None:
                return
            if failure is None:
                await session.delete(row)
                return
            row.failure, row.lease_until = failure, None
            row.due_at = self._clock.now() + PAUSE


async def _request(session: AsyncSession, reference: str) -> AccountRequest:
    found = select(AccountRequest).where(AccountRequest.reference == reference.strip().upper()).with_for_update()
    request = (await session.scalars(found)).one_or_none()
    if request is None:
        raise UnknownRequest
    return request


async def _askers(session: AsyncSession, request: AccountRequest) -> int:
    return await session.scalar(select(func.count()).where(AccountRequester.request_id == request.id)) or 0


async def _audit(session: AsyncSession, agent_id: str, action: str, request: AccountRequest, outcome: str, now: datetime) -> None:
    await audit.record(session, now=now, actor=f"agent:{agent_id}", action=action, subject=request.reference, outcome=outcome)


def _decision(request: AccountRequest, row: AccountDecision) -> Decision:
    return Decision(
        reference=request.reference,
        action=row.action,
        text=row.text,
        agent_id=row.agent_id,
        agent=row.agent,
        due_at=row.due_at,
        begun=row.lease_until is not None or request.creating_since is not None,
        failure=row.failure,
    )
