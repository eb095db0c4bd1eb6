"""Withdrawing an account request: its requester no longer wants the account that nobody has created yet.

Who joined the same request keeps it: it is withdrawn as a whole only where nobody asks for it any more.
"""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy.ext.asyncio import AsyncSession

from bot.accounts.errors import AlreadyDecided, BeingCreated, NotARequester, WrongState
from bot.accounts.request_messages import RequestMessages
from bot.accounts.request_rows import get_request, requesters_of, still_asking, waiting_decision
from bot.accounts.request_views import RequestStatus, status_of
from bot.accounts.tables import OPEN, WITHDRAWN, AccountRequest, AccountRequester
from bot.core import audit
from bot.core.clock import Clock
from bot.core.database import Database


@dataclass(frozen=True)
class Withdrawal:
    """What came of a withdrawal: `others` still ask for the account, where there are any the request goes on for them."""

    status: RequestStatus
    others: int


class Withdrawals:
    """Withdraws requests of those who made them."""

    def __init__(self, database: Database, clock: Clock, messages: RequestMessages) -> None:
        self._database, self._clock, self._messages = database, clock, messages

    async def withdraw(self, reference: str, requester_id: str | None, conversation_id: str) -> Withdrawal:
        """Withdraw what somebody asked for; again it changes nothing. See `AccountRequests.withdraw`."""
        async with self._database.writing() as session:
            request, now = await get_request(session, reference, locked=True), self._clock.now()
            rows = await requesters_of(session, request)
            own = [row for row in rows if _is_by(row, requester_id, conversation_id)]
            if not own:
                raise NotARequester
            asking = [row for row in own if row in still_asking(rows)]
            others = [row for row in still_asking(rows) if row not in own]
            if not asking and (others or request.state == WITHDRAWN):
                return Withdrawal(status_of(request), len(others))
            await self._check(session, request)
            for row in asking:
                row.outcome, row.settled_at = WITHDRAWN, now
            if not others:
                request.state, request.state_since, request.reason, request.agent = WITHDRAWN, now, None, None
            await audit.record(
                session,
                now=now,
                actor=requester_id,
                action="accounts.withdraw",
                dossier=asking[-1].dossier,
                subject=request.reference,
                conversation=conversation_id,
                outcome=WITHDRAWN if not others else "left_to_others",
                key=f"accounts.withdraw:{asking[-1].key}",
            )
            await self._messages.mail_withdrawal(session, request, asking[-1], now, others=len(others))
            for other in {(row.requester_id, row.conversation_id): row for row in others}.values():
                await self._messages.notify_requester(session, "notice_withdrawn", request, other, now, event=f"withdrawn:{asking[-1].key}")
            return Withdrawal(status_of(request), len(others))

    @staticmethod
    async def _check(session: AsyncSession, request: AccountRequest) -> None:
        if request.state not in OPEN:
            raise WrongState(request.state)
        if request.creating_since is not None:
            raise BeingCreated
        if waiting := await waiting_decision(session, request):
            raise AlreadyDecided(waiting.agent)


def _is_by(row: AccountRequester, requester_id: str | None, conversation_id: str) -> bool:
    """Return whether somebody asked that time: with their account, or unlinked in this chat."""
    if row.requester_id is None:
        return row.conversation_id == conversation_id
    return row.requester_id == requester_id
