"""Who a person is in the database: the accounts, addresses, names and conversations that stand for them."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import ColumnElement, Select, func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from bot.accounts.registry import Account, AccountRegistry
from bot.accounts.tables import AccountRequest, AccountRequester
from bot.core.audit import AuditEvent
from bot.fhir.errors import FhirError
from bot.identity.tables import ChatLink
from bot.messaging.tables import Conversation
from bot.notifications.tables import NotificationPerson
from bot.support.tables import SupportAgent, TicketRow

_LINKED = ("identity.link", "identity.code")
"""Acts of the audit trail that say which chats were a person's, also when they are not any more."""


@dataclass(frozen=True)
class Person:
    """What a person is known by. Addresses are in lower case."""

    accounts: frozenset[str] = frozenset()
    emails: frozenset[str] = frozenset()
    names: frozenset[str] = frozenset()
    conversations: frozenset[str] = frozenset()
    """Ids of the conversations that are theirs."""
    shared: frozenset[str] = frozenset()
    """Ids of conversations that were theirs and are linked to somebody else's account now: they are left alone."""
    requests: frozenset[int] = frozenset()
    """Ids of the account requests about them."""
    agents: frozenset[str] = frozenset()
    """Ids of the agents of support who sign in with one of the addresses."""
    tickets: frozenset[int] = frozenset()
    """Ids of the tickets of their conversations."""
    open_tickets: frozenset[int] = frozenset()


async def ask_platform(registry: AccountRegistry, who: str) -> tuple[Account | None, bool]:
    """Return the platform's account of an id or an e-mail, and whether the platform answered."""
    try:
        return await (registry.by_email(who) if "@" in who else registry.get(account_id(who))), True
    except FhirError:
        return None, False


def account_id(who: str) -> str:
    """Return the account id of `Practitioner/<id>` or `<id>`."""
    return who.removeprefix("Practitioner/")


async def find_person(session: AsyncSession, who: str, account: Account | None = None) -> Person:
    """Return what the database knows a person by.

    Args:
        session: for reading.
        who: account id (or FHIR reference) or e-mail.
        account: what the platform says, where it was asked.
    """
    person = Person(emails=frozenset({who.lower()})) if "@" in who else Person(accounts=frozenset({account_id(who)}))
    if account is not None:
        names = frozenset({account.name}) if account.given and account.family else frozenset()
        emails = person.emails | {address.lower() for address in account.addresses}
        person = replace(person, accounts=person.accounts | {account.id}, emails=emails, names=names)
    while (wider := await _widened(session, person)) != person:
        person = wider
    person = replace(person, agents=frozenset(await session.scalars(select(SupportAgent.id).where(_lower(SupportAgent.login, person)))))
    person = await _with_conversations(session, person)
    tickets = (await session.execute(select(TicketRow.id, TicketRow.open_conversation_id).where(
        TicketRow.conversation_id.in_(person.conversations)))).all()  # fmt: skip
    return replace(person, tickets=frozenset(row[0] for row in tickets), open_tickets=frozenset(row[0] for row in tickets if row[1]))


def _lower(column: ColumnElement[str] | object, person: Person) -> ColumnElement[bool]:
    return func.lower(column).in_(person.emails)


async def _widened(session: AsyncSession, person: Person) -> Person:
    """Return the person with the accounts of their addresses and the addresses of their accounts."""
    known = or_(NotificationPerson.account_id.in_(person.accounts), _lower(NotificationPerson.email, person))
    rows = (await session.execute(select(NotificationPerson.account_id, NotificationPerson.email).where(known))).all()
    about = or_(AccountRequest.account_id.in_(person.accounts), _lower(AccountRequest.email, person))
    requests = (await session.scalars(select(AccountRequest).where(about))).all()
    accounts = {row[0] for row in rows} | {one.account_id for one in requests if one.account_id}
    emails = {row[1].lower() for row in rows if row[1]} | {one.email.lower() for one in requests if one.email}
    names = {f"{one.fiche.get('given', '')} {one.fiche.get('family', '')}".strip() for one in requests} - {""}
    return replace(
        person,
        accounts=person.accounts | accounts,
        emails=person.emails | emails,
        names=person.names | names,
        requests=frozenset(one.id for one in requests),
    )


async def _with_conversations(session: AsyncSession, person: Person) -> Person:
    links = select(ChatLink.conversation_id).where(ChatLink.account_id.in_(person.accounts))
    acts = select(AuditEvent.subject).where(AuditEvent.actor.in_(person.accounts), AuditEvent.action.in_(_LINKED))
    asked = AccountRequester.requester_id.in_(person.accounts)
    for_self = AccountRequester.request_id.in_(person.requests) & AccountRequester.requester_id.is_(None)
    requested = select(AccountRequester.conversation_id).where(or_(asked, for_self))
    found: set[str] = set()
    for wanted in (links, acts, requested):
        found |= {one for one in await session.scalars(_existing(wanted)) if one}
    others = set(
        await session.scalars(
            select(ChatLink.conversation_id).where(ChatLink.conversation_id.in_(found), ChatLink.account_id.not_in(person.accounts))
        )
    )
    return replace(person, conversations=frozenset(found - others), shared=frozenset(others))


def _existing(ids: Select[Any]) -> Select[Any]:
    return select(Conversation.id).where(Conversation.id.in_(ids))
