"""Purge: what each table holds of a person goes at the end of its term, a batch at a time.

What was said is `bot.messaging.retention`'s, tickets and notes are `bot.support.retention`'s, notifications `bot.notifications.purge`'s.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, String, and_, cast, delete, exists, func, literal, null, or_, select, tuple_, update
from sqlalchemy.ext.asyncio import AsyncSession

from bot.accounts.tables import OPEN, AccountDecision, AccountRequest, AccountRequester
from bot.core.database import Table
from bot.core.limits import LimitCounter
from bot.dossiers.tables import DatedAccess, ProbeCounter, TeamAct
from bot.fhir.operations import PENDING, Operation
from bot.identity import lockout
from bot.identity.chat_links import record_event
from bot.identity.code_limits import SOURCE_RETENTION, ChatSource
from bot.identity.continuations import Continuation
from bot.identity.link_ends import end_access
from bot.identity.tables import ChatLink, ChatSession, LinkToken, LoginCode, LoginCounter, SignIn
from bot.messaging.ports import Erasure
from bot.messaging.retention import ERASED
from bot.messaging.tables import Conversation
from bot.notifications.tables import Event, Notice, NotificationPerson, PageLink
from bot.settings import Settings
from bot.support.groups.tables import AgentLinkRow, GroupInputRow, LinkCodeRow, ThreadRow
from bot.support.groups.threads import INPUT_RETENTION
from bot.support.tables import (
    AgentSession,
    MisunderstoodMessageRow,
    RecoveryCodeRow,
    SupportAgent,
    TicketRow,
    TranscriptLinkRow,
    ViewerRow,
)  # fmt: skip

DAY = timedelta(days=1)
"""How long what has ended is kept: long enough to be told that it is too late."""
NOT_ANNOUNCED = timedelta(days=30)
"""How long the dates of an access are kept that could not be announced."""

Condition = ColumnElement[bool]
Where = Callable[[datetime, datetime], Condition]
"""Returns which rows are over, from the present instant and from the one before which nothing that was said is kept."""
EraseRows = Callable[[AsyncSession, Sequence[Any], datetime], Any]


@dataclass(frozen=True)
class TableErasure:
    """Deletes, or empties, the rows of one table whose term is over (`bot.messaging.ports.Erasure`)."""

    table: type[Table]
    where: Where
    """Must not hold for a row that is emptied already."""
    values: Mapping[str, Any] | None = None
    """What the emptied columns become; None: the row is deleted."""
    first: EraseRows | None = None
    """What is done with the rows before, given their keys (of one column)."""

    async def erase(self, session: AsyncSession, *, before: datetime, now: datetime, limit: int) -> int:
        """Erase up to `limit` rows, and return how many there were."""
        columns = list(Table.metadata.tables[self.table.__tablename__].primary_key)
        wanted = select(*columns).where(self.where(now, before)).limit(limit).with_for_update(skip_locked=True)
        keys = [tuple(row) for row in await session.execute(wanted)]
        if not keys:
            return 0
        if self.first is not None:
            await self.first(session, [key[0] for key in keys], now)
        which = columns[0].in_([key[0] for key in keys]) if len(columns) == 1 else tuple_(*columns).in_(keys)
        change = delete(self.table) if self.values is None else update(self.table).values(self.values)
        await session.execute(change.where(which).execution_options(synchronize_session=False))
        return len(keys)


def holds_something(column: Any) -> Condition:
    """Return whether a JSON column is not empty."""
    return and_(column.is_not(None), cast(column, String).not_in(("{}", "[]", "null")))


class _TitleErasure:
    """Erases the titles of events, which may name an usager."""

    async def erase(self, session: AsyncSession, *, before: datetime, now: datetime, limit: int) -> int:
        """Erase up to `limit` titles, and return how many there were."""
        titled = cast(Event.data, String).like('%"title": %')
        wanted = select(Event).where(Event.received_at < before, titled).order_by(Event.id).limit(limit)
        rows = (await session.scalars(wanted.with_for_update(skip_locked=True))).all()
        for row in rows:
            row.data = {name: value for name, value in row.data.items() if name != "title"}
        return len(rows)


async def _record_expiry(session: AsyncSession, conversations: Sequence[str], now: datetime) -> None:
    for link in await session.scalars(select(ChatLink).where(ChatLink.conversation_id.in_(conversations))):
        await end_access(session, link, now)
        await record_event(session, link.account_id, "identity.unlink", link.conversation_id, "expired", now)


async def delete_request_parts(session: AsyncSession, requests: Sequence[int], _now: datetime) -> None:
    """Delete what hangs on account requests: requesters and decisions."""
    await session.execute(delete(AccountRequester).where(AccountRequester.request_id.in_(requests)))
    await session.execute(delete(AccountDecision).where(AccountDecision.request_id.in_(requests)))


def _over(ends: Any, session_ends: Any = None) -> Where:
    def where(now: datetime, _before: datetime) -> Condition:
        over: Condition = ends < now - DAY
        return over if session_ends is None else and_(over, or_(session_ends.is_(None), session_ends < now))

    return where


def erasures(settings: Settings) -> Sequence[Erasure]:
    """Return what erases the rest: everything but what was said, tickets, notes and notifications."""
    chat_days, request_days = timedelta(days=settings.conversation_days), timedelta(days=settings.account_request_days)
    notice_days = timedelta(days=settings.notice_days)

    def idle(now: datetime, _before: datetime) -> Condition:
        linked = exists().where(ChatLink.conversation_id == Conversation.id, ChatLink.expires_at > now)
        asked = exists().where(TicketRow.open_conversation_id == Conversation.id)
        return and_(Conversation.last_seen_at < now - chat_days, Conversation.address.not_like(f"{ERASED}%"), ~linked, ~asked)

    no_notice = ~exists().where(Notice.event_id == Event.id)
    ended = ~exists().where(SupportAgent.id == AgentLinkRow.agent_id, SupportAgent.active.is_(True))
    erased_ticket = exists().where(TicketRow.id == ThreadRow.ticket_id, TicketRow.erased_at.is_not(None))
    nobody = {
        "address": literal(ERASED) + Conversation.id,
        "reference": {},
        "closed_at": func.coalesce(Conversation.closed_at, Conversation.last_seen_at),
    }
    return (
        TableErasure(Conversation, idle, nobody),
        TableErasure(LoginCode, _over(LoginCode.expires_at)),
        TableErasure(LoginCounter, lambda now, _: LoginCounter.touched_at < now - lockout.RETENTION),
        TableErasure(LimitCounter, _over(LimitCounter.until)),
        TableErasure(DatedAccess, lambda now, _: DatedAccess.due_at < now - NOT_ANNOUNCED),
        TableErasure(TeamAct, lambda now, _: TeamAct.at < now - NOT_ANNOUNCED),
        TableErasure(ProbeCounter, lambda now, _: ProbeCounter.since < now - DAY),
        TableErasure(ChatSource, lambda now, _: ChatSource.seen_at < now - SOURCE_RETENTION),
        TableErasure(LinkToken, _over(LinkToken.expires_at)),
        TableErasure(SignIn, _over(SignIn.expires_at, SignIn.state_until)),
        TableErasure(Continuation, _over(Continuation.expires_at, Continuation.session_until)),
        TableErasure(PageLink, _over(PageLink.expires_at, PageLink.session_until)),
        TableErasure(
            AccountRequest,
            lambda now, _: and_(AccountRequest.state.not_in(OPEN), AccountRequest.state_since < now - request_days),
            first=delete_request_parts,
        ),
        _TitleErasure(),
        TableErasure(Event, lambda now, _: and_(Event.received_at < now - notice_days, no_notice)),
        TableErasure(
            NotificationPerson,
            lambda now, _: and_(NotificationPerson.email != "", NotificationPerson.email_at < now - notice_days),
            {"email": "", "email_at": None},
        ),
        TableErasure(
            Operation,
            lambda _, before: and_(
                Operation.state != PENDING,
                Operation.done_at < before,
                or_(holds_something(Operation.payload), holds_something(Operation.result)),
            ),
            {"payload": {}, "result": null()},
        ),
        TableErasure(ViewerRow, lambda now, _: ViewerRow.seen_at < now - DAY),
        TableErasure(MisunderstoodMessageRow, lambda _, before: MisunderstoodMessageRow.at < before),
        TableErasure(ThreadRow, lambda _now, _before: erased_ticket),
        TableErasure(GroupInputRow, lambda now, _: GroupInputRow.at < now - INPUT_RETENTION),
        TableErasure(
            ChatSession,
            lambda now, _: or_(ChatSession.ended_at < now - DAY, and_(ChatSession.ended_at.is_(None), ChatSession.expires_at < now - DAY)),
        ),
        # After the sessions: those that it ends stay for a day, so that their clients can be told why.
        TableErasure(ChatLink, lambda now, _: ChatLink.expires_at <= now, first=_record_expiry),
        TableErasure(TranscriptLinkRow, _over(TranscriptLinkRow.expires_at, TranscriptLinkRow.reading_until)),
        TableErasure(
            RecoveryCodeRow,
            lambda _now, _before: ~exists().where(SupportAgent.id == RecoveryCodeRow.agent_id, SupportAgent.active.is_(True)),
        ),
        TableErasure(AgentSession, lambda now, _: AgentSession.expires_at <= now),
        TableErasure(AgentLinkRow, lambda _now, _before: ended),
        TableErasure(LinkCodeRow, _over(LinkCodeRow.expires_at)),
    )
