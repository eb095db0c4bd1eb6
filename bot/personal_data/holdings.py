"""What each table holds of a person: which rows, and what becomes of them when the person is erased."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import ColumnElement, Delete, String, cast, delete, false, func, literal, null, or_, select

from bot.accounts.tables import AccountDecision, AccountRequest, AccountRequester
from bot.core.audit import AuditEvent
from bot.core.database import Table
from bot.core.limits import LimitCounter
from bot.dossiers.tables import DatedAccess, ProbeCounter, TeamAct
from bot.fhir.operations import PENDING, Operation
from bot.identity.code_limits import ChatSource
from bot.identity.continuations import Continuation
from bot.identity.lockout import chat_subject
from bot.identity.tables import ChatLink, ChatSession, LinkToken, LoginCode, LoginCounter, SignIn
from bot.jobs.outbox import OutboxRow
from bot.messaging.retention import ERASED
from bot.messaging.tables import DONE, ButtonRow, Conversation, InboxRow, MessageRow
from bot.notifications.tables import Event, Notice, NoticeMessage, NoticeSend, NotificationPerson, PageLink
from bot.notifications.watch.tables import KnownMember, KnownTeam
from bot.personal_data.person import Person
from bot.support.groups.tables import AgentLinkRow, GroupInputRow, LinkCodeRow, ThreadRow
from bot.support.tables import (
    AgentSession,
    MisunderstoodMessageRow,
    NoteRow,
    RecoveryCodeRow,
    SupportAgent,
    TicketRow,
    TranscriptLinkRow,
    ViewerRow,
)  # fmt: skip

Rows = Callable[[Person], ColumnElement[bool]]
DELETED: Mapping[str, Any] = {}
"""The rows are deleted."""
NOW = object()
"""The instant of the erasure."""
KEPT: None = None
"""The rows stay as they are; `Holding.why` says why."""


@dataclass(frozen=True)
class Holding:
    """The rows of a table that are about a person."""

    table: type[Table]
    rows: Rows
    become: Mapping[str, Any] | None
    """What columns become when the person is erased; `DELETED`, or `KEPT`."""
    erased: Rows | None = None
    """Which of the rows are erased, where that is not all."""
    secret: frozenset[str] = field(default_factory=frozenset)
    """Columns that open something: they are in no export."""
    why: str = ""


def _of_chats(column: Any) -> Rows:
    return lambda person: column.in_(person.conversations)


def _of_accounts(column: Any) -> Rows:
    return lambda person: column.in_(person.accounts)


def _of_either(account: Any, other: Any) -> Rows:
    return lambda person: or_(account.in_(person.accounts), other.in_(person.accounts))


def _of_chats_or_accounts(chat: Any, account: Any) -> Rows:
    return lambda person: or_(chat.in_(person.conversations), account.in_(person.accounts))


def mentions(column: Any, texts: Iterable[str]) -> ColumnElement[bool]:
    """Return whether a text or JSON column holds one of these texts, in whatever case; as JSON is written, beyond ASCII escaped."""
    held = func.lower(cast(column, String))
    escaped = {written.lower() for one in texts for written in (one, json.dumps(one)[1:-1])}
    return or_(false(), *(held.contains(one, autoescape=True) for one in sorted(escaped)))


def _notices(person: Person) -> Any:
    about = select(Event.id).where(Event.subject.in_(person.accounts))
    return select(Notice.id).where(or_(Notice.account_id.in_(person.accounts), Notice.event_id.in_(about)))


def _outbox(person: Person) -> ColumnElement[bool]:
    of_notices = select(NoticeMessage.outbox_id).where(NoticeMessage.account_id.in_(person.accounts))
    addressed = mentions(OutboxRow.payload, person.emails)  # mails of notices are sealed
    return or_(OutboxRow.conversation_id.in_(person.conversations), OutboxRow.id.in_(of_notices), addressed)


def _counters(subject: Any) -> Rows:
    def rows(person: Person) -> ColumnElement[bool]:
        return or_(false(), *(subject.endswith(f":{one}", autoescape=True) for one in [*person.conversations, *person.accounts]))

    return rows


def _transcripts(person: Person) -> ColumnElement[bool]:
    return or_(TranscriptLinkRow.account_id.in_(person.accounts), TranscriptLinkRow.ticket_id.in_(person.tickets))


def _requesters(person: Person) -> ColumnElement[bool]:
    about, by = AccountRequester.request_id.in_(person.requests), AccountRequester.requester_id.in_(person.accounts)
    return or_(about, by, AccountRequester.conversation_id.in_(person.conversations))


def _members(person: Person) -> ColumnElement[bool]:
    return or_(KnownMember.account_id.in_(person.accounts), KnownMember.member.in_([f"Practitioner/{one}" for one in person.accounts]))


def forget_teams(person: Person) -> Delete:
    """Return what has the teams of a person judged by dates when they are next seen: who was erased there has not joined them since."""
    teams = select(KnownMember.team_id).where(_members(person))
    return delete(KnownTeam).where(KnownTeam.team_id.in_(teams)).execution_options(synchronize_session=False)


def _turns(person: Person) -> Any:
    return select(InboxRow.id).where(InboxRow.conversation_id.in_(person.conversations))


def _threads(person: Person) -> Any:
    return select(ThreadRow.thread).where(ThreadRow.ticket_id.in_(person.tickets), ThreadRow.thread.is_not(None))


def _subjects(person: Person) -> ColumnElement[bool]:
    who = [*person.conversations, *(f"Practitioner/{one}" for one in person.accounts), *person.accounts]
    return or_(AuditEvent.actor.in_(person.accounts), AuditEvent.subject.in_(who))


HOLDINGS: tuple[Holding, ...] = (
    # In this order they are erased: what refers to others first.
    Holding(ButtonRow, _of_chats(ButtonRow.conversation_id), DELETED, secret=frozenset({"token"})),
    Holding(
        MisunderstoodMessageRow, lambda person: MisunderstoodMessageRow.turn.in_(_turns(person)), DELETED,
    ),
    Holding(
        MessageRow, _of_chats(MessageRow.conversation_id),
        {"text": "", "buttons": [], "link": null(), "client_id": None, "sent": null(), "erased_at": NOW},
        secret=frozenset({"buttons"}),
    ),
    Holding(
        InboxRow, _of_chats(InboxRow.conversation_id),
        {"text": None, "button": None, "sent_id": None, "client_id": literal(ERASED) + cast(InboxRow.id, String), "sealed": False,
         "state": DONE, "lease_until": None, "holder": None},
        secret=frozenset({"button"}),
    ),
    Holding(Continuation, _of_chats(Continuation.conversation_id), DELETED, secret=frozenset({"token", "session"})),
    Holding(ChatSession, _of_chats(ChatSession.conversation_id), DELETED, secret=frozenset({"token_hash"})),
    Holding(
        PageLink, _of_chats_or_accounts(PageLink.conversation_id, PageLink.account_id), DELETED,
        secret=frozenset({"token_hash", "session_hash", "draft"}),
    ),
    Holding(LinkToken, _of_accounts(LinkToken.account_id), DELETED, secret=frozenset({"token_hash"})),
    Holding(SignIn, _of_chats(SignIn.conversation_id), DELETED, secret=frozenset({"token_hash", "state_hash", "browser_hash"})),
    Holding(
        LoginCounter, lambda person: LoginCounter.subject.in_([chat_subject(one) for one in person.conversations]), DELETED,
        why="the counter of an address goes a day after it was last used",
    ),
    Holding(ProbeCounter, _counters(ProbeCounter.subject), DELETED),
    Holding(DatedAccess, _of_either(DatedAccess.account_id, DatedAccess.added_by), DELETED),
    Holding(TeamAct, _of_either(TeamAct.member, TeamAct.actor), DELETED),
    Holding(KnownMember, _members, DELETED),
    Holding(LimitCounter, _counters(LimitCounter.subject), DELETED, why="the counter of an address goes a day after its window closed"),
    Holding(ChatSource, _of_chats(ChatSource.conversation_id), DELETED, secret=frozenset({"source"})),
    Holding(LoginCode, _of_chats_or_accounts(LoginCode.conversation_id, LoginCode.account_id), DELETED, secret=frozenset({"code_hash"})),
    Holding(ChatLink, _of_chats_or_accounts(ChatLink.conversation_id, ChatLink.account_id), DELETED),
    Holding(
        NoticeSend, lambda person: or_(NoticeSend.account_id.in_(person.accounts), NoticeSend.notice_id.in_(_notices(person))), DELETED
    ),
    Holding(Notice, lambda person: Notice.id.in_(_notices(person)), DELETED),
    Holding(OutboxRow, _outbox, DELETED),
    Holding(NoticeMessage, _of_accounts(NoticeMessage.account_id), DELETED),
    Holding(Event, _of_accounts(Event.subject), DELETED),
    Holding(Event, _of_accounts(Event.member), {"member": None}),
    Holding(NotificationPerson, _of_accounts(NotificationPerson.account_id), DELETED, secret=frozenset({"unsubscribe_token"})),
    Holding(
        Operation, _of_chats(Operation.conversation_id), {"payload": {}, "result": null()},
        erased=lambda _: Operation.state != PENDING, why="one that is under way is carried out first",
    ),
    Holding(AccountDecision, lambda person: AccountDecision.request_id.in_(person.requests), DELETED),
    Holding(
        AccountRequester, _requesters, {"display": "", "fiche": {}, "requester_id": None},
        erased=lambda person: AccountRequester.request_id.not_in(person.requests),
    ),
    Holding(
        AccountRequester, lambda person: AccountRequester.request_id.in_(person.requests), DELETED,
    ),
    Holding(AccountRequest, lambda person: AccountRequest.id.in_(person.requests), DELETED, secret=frozenset({"nonce"})),
    Holding(
        GroupInputRow, lambda person: GroupInputRow.thread.in_(_threads(person)), DELETED,
    ),
    Holding(ThreadRow, lambda person: ThreadRow.ticket_id.in_(person.tickets), DELETED),
    Holding(NoteRow, lambda person: NoteRow.ticket_id.in_(person.tickets), DELETED),
    Holding(ViewerRow, lambda person: or_(ViewerRow.ticket_id.in_(person.tickets), ViewerRow.agent_id.in_(person.agents)), DELETED),
    Holding(
        TicketRow, lambda person: TicketRow.id.in_(person.tickets),
        {"dossier": None, "context": {}, "tags": [], "erased_at": NOW},
    ),
    Holding(
        TranscriptLinkRow, _transcripts,
        DELETED, secret=frozenset({"token_hash", "reader_hash"}),
    ),
    Holding(RecoveryCodeRow, lambda person: RecoveryCodeRow.agent_id.in_(person.agents), DELETED, secret=frozenset({"code_hash"})),
    Holding(AgentSession, lambda person: AgentSession.agent_id.in_(person.agents), DELETED, secret=frozenset({"token_hash"})),
    Holding(AgentLinkRow, lambda person: AgentLinkRow.agent_id.in_(person.agents), DELETED),
    Holding(LinkCodeRow, lambda person: LinkCodeRow.agent_id.in_(person.agents), DELETED, secret=frozenset({"code_hash"})),
    Holding(
        SupportAgent, lambda person: SupportAgent.id.in_(person.agents),
        {"login": literal(ERASED) + SupportAgent.id, "name": "–", "password_hash": None, "totp_key": None},
        secret=frozenset({"password_hash", "totp_key"}),
    ),
    Holding(
        Conversation, lambda person: Conversation.id.in_(person.conversations),
        {"address": literal(ERASED) + Conversation.id, "reference": {}, "closed_at": NOW},
    ),
    Holding(
        AuditEvent, _subjects, KEPT,
        why="la preuve de qui a fait quoi est conservée\u00a0; elle ne contient que des identifiants et des codes",
    ),
)  # fmt: skip
"""By table. A table may stand there twice, where two kinds of its rows become different things."""

NOT_HELD: Mapping[str, str] = {
    "account_request_numbers": "numbers of a year",
    "support_canned": "texts of the team",
    "training_sentences": "anonymous sentences",
    "support_moves": "what happened to a ticket: states and agents",
    "retention": "marks",
    "heartbeats": "instants",
    "access_tokens": "tokens of the installation itself",
    "audit_copies": "how far the audit trail was copied",
    "possible_duplicates": "pairs of references, and agents",
    "known_teams": "versions",
    "platform_watch": "instants",
    "platform_subscriptions": "criteria, states",
    "platform_looks": "ids of resources",
    "security_figures": "how often things happened",
}
"""Tables that hold nothing of a person, and what they hold."""
