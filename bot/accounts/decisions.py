"""Decisions of agents on account requests: carried out some seconds later, so that until then they may be taken back.

Before that nothing has happened: no account, no mail, no message. A decision that was carried out is deleted; one that cannot be stays,
with the reason, until somebody decides again.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from bot.accounts.errors import (
    AccountGone,
    AddressToPick,
    AlreadyDecided,
    BeingCreated,
    EmailTaken,
    RequestChanged,
    RequestError,
    TooLate,
    UnusableText,
    WrongState,
)
from bot.accounts.login_address import must_be_picked
from bot.accounts.request_rows import get_request, requesters_of, waiting_decision
from bot.accounts.request_views import version_of
from bot.accounts.requests import AccountRequests, usable_text
from bot.accounts.tables import AWAY, CREATED, OPEN, AccountDecision, AccountRequest
from bot.core import audit
from bot.core.clock import Clock
from bot.core.database import Database, announce
from bot.core.errors import log_error
from bot.fhir.errors import FhirError, FhirUnavailable
from bot.jobs import leases
from bot.jobs.queue import Queue

CREATE, ASK, REFUSE = "create", "ask", "refuse"
RETRY_PAUSE = timedelta(minutes=1)
"""Before the next attempt where the platform is unavailable or somebody else is creating the account."""
_FAILURES: dict[type[Exception], str] = {
    EmailTaken: "email_taken",
    AddressToPick: "address",
    AccountGone: "account_gone",
    WrongState: "over",
    UnusableText: "text",
    FhirError: "platform",
}

DECISIONS = Queue(
    name="account_decisions",
    key=AccountDecision.request_id,
    is_open=(or_(AccountDecision.failure.is_(None), AccountDecision.failure == AWAY),),
    not_before=AccountDecision.due_at,
    lease_until=AccountDecision.lease_until,
    lease=leases.ACCOUNT_DECISION,
)

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Decision:
    """A decision that waits or failed (`failure`: "email_taken", "address", "account_gone", "over", "text", "platform", "request")."""

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
    """Stores decisions, takes them back, carries them out."""

    def __init__(self, database: Database, requests: AccountRequests, clock: Clock, undo_seconds: int) -> None:
        self._database, self._requests, self._clock = database, requests, clock
        self._delay = timedelta(seconds=undo_seconds)

    async def decide(self, reference: str, action: str, *, agent_id: str, agent: str, seen: str, text: str | None = None) -> Decision:
        """Decide on a request: `action` is carried out in a moment. `seen` is the version of the request that the agent was shown.

        Raises UnknownRequest, WrongState, BeingCreated, RequestChanged, AlreadyDecided, AddressToPick, UnusableText; ValueError for an
        unknown action.
        """
        if action not in (CREATE, ASK, REFUSE):
            raise ValueError("an action is create, ask or refuse")
        text = usable_text(text or "") if action != CREATE else None
        async with self._database.writing() as session:
            request, now = await get_request(session, reference, locked=True), self._clock.now()
            if waiting := await waiting_decision(session, request):
                raise AlreadyDecided(waiting.agent)
            if request.state not in OPEN:
                raise WrongState(request.state)
            if request.creating_since is not None:
                raise BeingCreated
            requesters = await requesters_of(session, request)
            if version_of(request, len(requesters)) != seen:
                raise RequestChanged
            if action == CREATE and must_be_picked(request, requesters):
                raise AddressToPick
            if failed := await session.get(AccountDecision, request.id):
                await session.delete(failed)
                await session.flush()
            row = AccountDecision(
                request_id=request.id, action=action, text=text, agent_id=agent_id, agent=agent, decided_at=now, due_at=now + self._delay
            )
            session.add(row)
            announce(session, DECISIONS.name)
            await _audit(session, agent_id, f"accounts.decide_{action}", request, "decided", now)
            return _decision(request, row)

    async def take_back(self, reference: str, agent_id: str) -> None:
        """Take back a decision, one's own or a colleague's. Raises UnknownRequest, TooLate."""
        async with self._database.writing() as session:
            request = await get_request(session, reference, locked=True)
            row = await session.get(AccountDecision, request.id)
            if row is None or row.lease_until is not None or request.creating_since is not None:
                raise TooLate
            await session.delete(row)
            await _audit(session, agent_id, f"accounts.decide_{row.action}", request, "taken_back", self._clock.now())

    async def of(self, reference: str) -> Decision | None:
        """Return the decision on this request that waits or failed."""
        async with self._database.reading() as session:
            found = select(AccountRequest, AccountDecision).join(AccountDecision, AccountDecision.request_id == AccountRequest.id)
            row = (await session.execute(found.where(AccountRequest.reference == reference.strip().upper()))).first()
            return _decision(row[0], row[1]) if row else None

    async def run_due(self) -> int:
        """Carry out the decisions that are due, and return how many were carried out."""
        wanted, done = select(AccountDecision).order_by(AccountDecision.due_at), 0
        while rows := await DECISIONS.claim(self._database, self._clock, wanted):
            async with self._database.reading() as session:
                decision = _decision(await session.get_one(AccountRequest, rows[0].request_id), rows[0])
            done += await self._carry_out(decision)
        return done

    async def _carry_out(self, decision: Decision) -> int:
        try:
            if decision.action == CREATE:
                await self._requests.create(decision.reference, decision.agent)
            elif decision.action == ASK:
                await self._requests.ask_more(decision.reference, decision.text or "", decision.agent)
            else:
                await self._requests.refuse(decision.reference, decision.text or "", decision.agent)
        except (FhirUnavailable, BeingCreated):
            await self._finish(decision, AWAY)
            return 0
        except WrongState as error:
            # Killed after it was done and before that was recorded, or done in another way: the request is as it was wanted.
            done = error.state == CREATED and decision.action == CREATE
            await self._finish(decision, None if done else "over")
            return int(done)
        except (RequestError, FhirError) as error:
            failure = next((name for kind, name in _FAILURES.items() if isinstance(error, kind)), "request")
            if failure in ("platform", "request"):
                _log.warning("a decision cannot be carried out: %s", log_error(error))
            await self._finish(decision, failure)
            return 0
        await self._finish(decision, None)
        return 1

    async def _finish(self, decision: Decision, failure: str | None) -> None:
        """Delete a decision that was carried out, or keep it with its failure."""
        async with self._database.writing() as session:
            request = await get_request(session, decision.reference, locked=True)
            row = await session.get(AccountDecision, request.id)
            if row is None:
                return
            if failure is None:
                await session.delete(row)
                return
            await DECISIONS.release(session, [row.request_id], not_before=self._clock.now() + RETRY_PAUSE)
            row.failure = failure


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
