"""Account requests: asked for in a chat, verified by the SPHERE team, followed by the requester.

Every state change is one transaction with its mails, notices and audit rows; see docs/dev/accounts.md for the states.
"""

from __future__ import annotations

import builtins
from dataclasses import dataclass
from datetime import datetime
from typing import cast

from sqlalchemy import Table as SqlTable
from sqlalchemy import or_, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncSession

from bot import audit
from bot.accounts.creation import Creation, Creator
from bot.accounts.errors import BeingCreated, UnknownRequest, UnusableText, WrongState
from bot.accounts.fiche import Fiche
from bot.accounts.matching import has_account, person_key, same_person
from bot.accounts.notices import Notices
from bot.accounts.registry import Account, AccountRegistry
from bot.accounts.tables import (
    MORE_INFO,
    OPEN,
    RECEIVED,
    REFUSED,
    TO_VERIFY,
    AccountRequest,
    AccountRequestAsker,
    AccountRequestNumber,
)
from bot.clock import PARIS, Clock
from bot.database import Database
from bot.dossiers.errors import MissingBasis, NotAMember
from bot.dossiers.partners import BASES, Partners
from bot.dossiers.records import normal_reference
from bot.mail import one_line
from bot.settings import Settings

HAS_ACCOUNT = "has_account"
"""State of a submission for somebody who has an account: no request is made."""
REASON_LENGTH = 500


@dataclass(frozen=True)
class Submission:
    """What became of asking for an account: a request (`joined`: one that was open already), or the `account` that is there."""

    reference: str | None
    joined: bool
    state: str
    account: Account | None = None


@dataclass(frozen=True)
class RequestStatus:
    """Where a request stands, for its requester. `reason`: why refused, or what is asked for."""

    reference: str
    name: str
    state: str
    since: datetime
    reason: str | None


@dataclass(frozen=True)
class Asker:
    """Somebody who asked, for the team. `requester` is name and e-mail, empty for an unlinked person asking for themself."""

    at: datetime
    requester: str
    dossier: str | None
    basis: str | None
    outcome: str | None
    differing: tuple[tuple[str, str], ...]
    """Fields in which their fiche differs from the request's."""


@dataclass(frozen=True)
class RequestDetails:
    """A request as the team sees it. `fiche` holds field names and values as shown."""

    status: RequestStatus
    fiche: tuple[tuple[str, str], ...]
    warnings: tuple[str, ...]
    askers: tuple[Asker, ...]
    agent: str | None
    account_id: str | None


class AccountRequests:
    """Submitting and following requests; and, for the team, verifying, creating, refusing."""

    def __init__(self, database: Database, registry: AccountRegistry, partners: Partners, clock: Clock, settings: Settings) -> None:
        self._database = database
        self._registry = registry
        self._partners = partners
        self._clock = clock
        self._notices = Notices(settings)
        self._creator = Creator(database, registry, partners, clock, self._notices, settings.required("secret"))

    async def submit(
        self,
        fiche: Fiche,
        *,
        requester: Account | None,
        conversation_id: str,
        dossier: str | None,
        basis: str | None,
        key: str,
    ) -> Submission:
        """Ask for an account for the person of `fiche`, who is to have access to `dossier` once they have it.

        The same `key` again gives the same answer. Raises NotAMember, UnknownDossier, MissingBasis, FhirUnavailable (nothing was kept).
        """
        if earlier := await self._submitted(key):
            return earlier
        if dossier is not None:
            await self._check_access(dossier, requester, basis)
        if account := await self._account(fiche):
            return Submission(None, joined=False, state=HAS_ACCOUNT, account=account)
        asker = AccountRequestAsker(
            key=key,
            at=self._clock.now(),
            conversation_id=conversation_id,
            requester_id=requester.id if requester else None,
            requester=f"{requester.name} ({requester.email})" if requester else "",
            dossier=normal_reference(dossier) if dossier else None,
            basis=basis if dossier else None,
            fiche=fiche.model_dump(exclude_none=True),
        )
        async with self._database.writing() as session:
            return await self._take(session, fiche, asker)

    async def for_conversation(self, conversation_id: str, account_id: str | None) -> builtins.list[RequestStatus]:
        """The requests of whoever has this chat now, newest first: of their account, or those made here by somebody unlinked."""
        unlinked = AccountRequestAsker.requester_id.is_(None) & (AccountRequestAsker.conversation_id == conversation_id)
        own = or_(unlinked, AccountRequestAsker.requester_id == account_id) if account_id else unlinked
        asked = select(AccountRequestAsker.request_id).where(own)
        async with self._database.reading() as session:
            found = select(AccountRequest).where(AccountRequest.id.in_(asked)).order_by(AccountRequest.id.desc())
            return [_status(request) for request in await session.scalars(found)]

    async def open_for(self, rpps: str | None, adeli: str | None, email: str | None) -> RequestStatus | None:
        """The open request for the person with this RPPS, else this ADELI number, else this e-mail."""
        columns = ((AccountRequest.rpps, rpps), (AccountRequest.adeli, adeli), (AccountRequest.email, email and email.strip().lower()))
        async with self._database.reading() as session:
            for column, value in columns:
                if value:
                    found = select(AccountRequest).where(column == value, AccountRequest.state.in_(OPEN)).order_by(AccountRequest.id)
                    if request := (await session.scalars(found)).first():
                        return _status(request)
        return None

    async def list(self, state: str | None = None) -> builtins.list[RequestStatus]:
        """Every request, or those in one state, oldest first."""
        async with self._database.reading() as session:
            found = select(AccountRequest).order_by(AccountRequest.id)
            return [_status(r) for r in await session.scalars(found.where(AccountRequest.state == state) if state else found)]

    async def show(self, reference: str) -> RequestDetails:
        """All that the team needs to verify a request. Raises UnknownRequest.

        Looking at a request that was just received makes it one *à vérifier*.
        """
        async with self._database.writing() as session:
            request = await _find(session, reference)
            if request.state == RECEIVED:
                self._move(request, TO_VERIFY)
            return _details(request, await _askers(session, request))

    async def ask_more(self, reference: str, question: str, agent: str = "support") -> None:
        """Ask the requesters, in their chats, for what is missing. Raises UnknownRequest, WrongState, BeingCreated, UnusableText."""
        async with self._database.writing() as session:
            request = await self._open(session, reference)
            request.reason, request.agent = _sentence(question), agent
            self._move(request, MORE_INFO)
            await self._audit(session, request, "accounts.ask", agent)
            await self._tell(session, request, "notice_more_info", f"more-info:{request.state_since.isoformat()}")

    async def refuse(self, reference: str, reason: str, agent: str = "support") -> None:
        """Refuse, with a reason that every requester reads in their chat.

        Raises UnknownRequest, WrongState, BeingCreated, UnusableText.
        """
        async with self._database.writing() as session:
            request = await self._open(session, reference)
            request.reason, request.agent = _sentence(reason), agent
            self._move(request, REFUSED)
            for asker in await _askers(session, request):
                asker.settled_at = request.state_since
            await self._audit(session, request, "accounts.refuse", agent)
            await self._tell(session, request, "notice_refused", "refused")

    async def create(self, reference: str, agent: str = "support") -> Creation:
        """Make the account, mail the codes, give the access that waits, tell the requesters; goes on with what was interrupted.

        Raises UnknownRequest, WrongState (refused, or created and all done), BeingCreated, EmailTaken, and FhirUnavailable, after which it
        can be asked for again.
        """
        return await self._creator.create(reference, agent)

    async def finish_created(self) -> int:
        """Go on with creations that were interrupted, and accesses that the platform could not give then; returns how many were finished.

        To be called now and then by a running bot.
        """
        return await self._creator.finish()

    async def _submitted(self, key: str) -> Submission | None:
        async with self._database.reading() as session:
            return await _submission_of(session, key)

    async def _check_access(self, dossier: str, requester: Account | None, basis: str | None) -> None:
        if requester is None:
            raise NotAMember
        if basis not in BASES:
            raise MissingBasis
        await self._partners.list(dossier, requester)  # raises where the requester is no member today

    async def _account(self, fiche: Fiche) -> Account | None:
        account = await self._registry.by_identifier(rpps=fiche.rpps, adeli=fiche.adeli)
        if account is None:
            account = await self._registry.by_email(fiche.email)
        return account if account is not None and has_account(fiche, account) else None

    async def _take(self, session: AsyncSession, fiche: Fiche, asker: AccountRequestAsker) -> Submission:
        number = await _numbers(session, asker.at.astimezone(PARIS).year)
        if earlier := await _submission_of(session, asker.key):  # meanwhile
            return earlier
        request = await _open_match(session, fiche)
        asker.joined = request is not None
        if request is None:
            number.last += 1
            request = _new_request(f"DC-{number.year}-{number.last:06d}", fiche, asker.at)
            session.add(request)
            await session.flush()
        news = not asker.joined or await self._join(session, request, fiche, asker)
        asker.request_id = request.id
        session.add(asker)
        await session.flush()
        if news:
            await self._notices.to_team(session, request, asker)
        await audit.record(
            session,
            now=asker.at,
            actor=asker.requester_id,
            action="accounts.request",
            dossier=asker.dossier,
            subject=request.reference,
            basis=asker.basis,
            outcome="joined" if asker.joined else RECEIVED,
            key=f"accounts.request:{asker.key}",
        )
        return Submission(request.reference, joined=asker.joined, state=request.state)

    async def _join(self, session: AsyncSession, request: AccountRequest, fiche: Fiche, asker: AccountRequestAsker) -> bool:
        """Whether the joining says something new to the team. An answer to *complément demandé* takes the old fiche's place."""
        mine = [a for a in await _askers(session, request) if _requester(a) == _requester(asker)]
        if request.state == MORE_INFO and mine and request.creating_since is None:
            _fill(request, fiche)
            self._move(request, TO_VERIFY)
            return True
        return not any(a.dossier == asker.dossier and a.fiche == asker.fiche for a in mine)

    async def _open(self, session: AsyncSession, reference: str) -> AccountRequest:
        request = await _find(session, reference)
        if request.state not in OPEN:
            raise WrongState(request.state)
        if request.creating_since is not None:
            raise BeingCreated
        return request

    async def _tell(self, session: AsyncSession, request: AccountRequest, template: str, event: str) -> None:
        for asker in await _askers(session, request):
            await self._notices.to_asker(session, template, request, asker, request.state_since, event=event)

    async def _audit(self, session: AsyncSession, request: AccountRequest, action: str, agent: str) -> None:
        now = request.state_since
        await audit.record(session, now=now, actor=f"agent:{agent}", action=action, subject=request.reference, outcome=request.state)

    def _move(self, request: AccountRequest, state: str) -> None:
        request.state, request.state_since = state, self._clock.now()


def _requester(asker: AccountRequestAsker) -> str:
    return asker.requester_id or f"chat:{asker.conversation_id}"


def _sentence(text: str) -> str:
    line = one_line(text)
    if not line or len(line) > REASON_LENGTH:
        raise UnusableText
    return line


def _new_request(reference: str, fiche: Fiche, at: datetime) -> AccountRequest:
    request = AccountRequest(reference=reference, state=RECEIVED, state_since=at, created_at=at)
    _fill(request, fiche)
    return request


def _fill(request: AccountRequest, fiche: Fiche) -> None:
    request.fiche = fiche.model_dump(exclude_none=True)
    request.rpps, request.adeli, request.email = fiche.rpps, fiche.adeli, fiche.email
    request.person = person_key(fiche)


async def _numbers(session: AsyncSession, year: int) -> AccountRequestNumber:
    dialect = sqlite if session.get_bind().dialect.name == "sqlite" else postgresql
    table = cast(SqlTable, AccountRequestNumber.__table__)
    await session.execute(dialect.insert(table).values(year=year, last=0).on_conflict_do_nothing())
    found = select(AccountRequestNumber).where(AccountRequestNumber.year == year).with_for_update()
    return (await session.scalars(found)).one()


async def _submission_of(session: AsyncSession, key: str) -> Submission | None:
    found = select(AccountRequest, AccountRequestAsker).join(AccountRequestAsker, AccountRequestAsker.request_id == AccountRequest.id)
    row = (await session.execute(found.where(AccountRequestAsker.key == key))).first()
    return Submission(row[0].reference, joined=row[1].joined, state=row[0].state) if row else None


async def _open_match(session: AsyncSession, fiche: Fiche) -> AccountRequest | None:
    like = [AccountRequest.email == fiche.email, AccountRequest.person == person_key(fiche)]
    like += [column == value for column, value in ((AccountRequest.rpps, fiche.rpps), (AccountRequest.adeli, fiche.adeli)) if value]
    found = select(AccountRequest).where(AccountRequest.state.in_(OPEN), or_(*like)).order_by(AccountRequest.id).with_for_update()
    for request in await session.scalars(found):
        if same_person(fiche, Fiche.model_validate(request.fiche)):
            return request
    return None


async def _find(session: AsyncSession, reference: str) -> AccountRequest:
    found = select(AccountRequest).where(AccountRequest.reference == reference.strip().upper()).with_for_update()
    request = (await session.scalars(found)).one_or_none()
    if request is None:
        raise UnknownRequest
    return request


async def _askers(session: AsyncSession, request: AccountRequest) -> list[AccountRequestAsker]:
    found = select(AccountRequestAsker).where(AccountRequestAsker.request_id == request.id).order_by(AccountRequestAsker.id)
    return [*await session.scalars(found)]


def _status(request: AccountRequest) -> RequestStatus:
    name = Fiche.model_validate(request.fiche).name
    reason = request.reason if request.state in (MORE_INFO, REFUSED) else None
    return RequestStatus(request.reference, name, request.state, request.state_since, reason)


def _details(request: AccountRequest, askers: list[AccountRequestAsker]) -> RequestDetails:
    fiche = Fiche.model_validate(request.fiche)
    lines = tuple(fiche.lines())
    told = (
        Asker(a.at, a.requester, a.dossier, a.basis, a.outcome, tuple(set(Fiche.model_validate(a.fiche).lines()) - {*lines}))
        for a in askers
    )
    return RequestDetails(_status(request), lines, fiche.warnings, tuple(told), request.agent, request.account_id)
