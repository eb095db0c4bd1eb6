"""Account requests: asked for in a chat, verified by the SPHERE team, followed by the requester.

Every state change is one transaction with its mails, notices and audit rows; see docs/dev/accounts.md for the states.
"""

from __future__ import annotations

import builtins
from dataclasses import dataclass

from sqlalchemy import func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from bot.accounts.creation import Creation, Creator
from bot.accounts.directory_record import Fiche
from bot.accounts.duplicates import is_account_of
from bot.accounts.errors import BeingCreated, UnusableText, WrongState
from bot.accounts.registry import Account, AccountRegistry
from bot.accounts.request_messages import RequestMessages
from bot.accounts.request_rows import find_open_duplicate, get_request, lock_year_counter, new_request, requesters_of, set_fiche
from bot.accounts.request_views import RequestDetails, RequestStatus, details_of, status_of
from bot.accounts.tables import (
    MORE_INFO,
    OPEN,
    RECEIVED,
    REFUSED,
    TO_VERIFY,
    AccountRequest,
    AccountRequester,
)
from bot.core import audit
from bot.core.clock import PARIS, Clock
from bot.core.database import Database
from bot.core.mail import one_line
from bot.dossiers.errors import MissingBasis, NotAMember
from bot.dossiers.partners import BASES, Partners
from bot.dossiers.records import normalize_reference
from bot.settings import Settings

HAS_ACCOUNT = "has_account"
"""State of a submission for somebody who has an account: no request is made."""
REASON_LENGTH = 500
MAX_DUPLICATES = 10
"""Other requests about one person that are listed at most."""


@dataclass(frozen=True)
class Submission:
    """What became of asking for an account: a request (`joined`: one that was open already), or the `account` that is there."""

    reference: str | None
    joined: bool
    state: str
    account: Account | None = None


class AccountRequests:
    """Submitting and following requests; and, for the team, verifying, creating, refusing."""

    def __init__(self, database: Database, registry: AccountRegistry, partners: Partners, clock: Clock, settings: Settings) -> None:
        self._database = database
        self._registry = registry
        self._partners = partners
        self._clock = clock
        self._notices = RequestMessages(settings)
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
        asker = AccountRequester(
            key=key,
            at=self._clock.now(),
            conversation_id=conversation_id,
            requester_id=requester.id if requester else None,
            requester=f"{requester.name} ({requester.email})" if requester else "",
            dossier=normalize_reference(dossier) if dossier else None,
            basis=basis if dossier else None,
            fiche=fiche.model_dump(exclude_none=True),
        )
        async with self._database.writing() as session:
            return await self._take(session, fiche, asker)

    async def for_conversation(self, conversation_id: str, account_id: str | None) -> builtins.list[RequestStatus]:
        """The requests of whoever has this chat now, newest first: of their account, or those made here by somebody unlinked."""
        unlinked = AccountRequester.requester_id.is_(None) & (AccountRequester.conversation_id == conversation_id)
        own = or_(unlinked, AccountRequester.requester_id == account_id) if account_id else unlinked
        asked = select(AccountRequester.request_id).where(own)
        async with self._database.reading() as session:
            found = select(AccountRequest).where(AccountRequest.id.in_(asked)).order_by(AccountRequest.id.desc())
            return [status_of(request) for request in await session.scalars(found)]

    async def open_for(self, rpps: str | None, adeli: str | None, email: str | None) -> RequestStatus | None:
        """The open request for the person with this RPPS, else this ADELI number, else this e-mail."""
        columns = ((AccountRequest.rpps, rpps), (AccountRequest.adeli, adeli), (AccountRequest.email, email and email.strip().lower()))
        async with self._database.reading() as session:
            for column, value in columns:
                if value:
                    found = select(AccountRequest).where(column == value, AccountRequest.state.in_(OPEN)).order_by(AccountRequest.id)
                    if request := (await session.scalars(found)).first():
                        return status_of(request)
        return None

    async def list(self, state: str | None = None) -> builtins.list[RequestStatus]:
        """Every request, or those in one state, oldest first."""
        async with self._database.reading() as session:
            found = select(AccountRequest).order_by(AccountRequest.id)
            return [status_of(r) for r in await session.scalars(found.where(AccountRequest.state == state) if state else found)]

    async def count_open(self) -> int:
        """How many wait for the team or for their requester."""
        async with self._database.reading() as session:
            return await session.scalar(select(func.count()).where(AccountRequest.state.in_(OPEN))) or 0

    async def show(self, reference: str) -> RequestDetails:
        """All that the team needs to verify a request. Raises UnknownRequest.

        Looking at a request that was just received makes it one *à vérifier*.
        """
        async with self._database.writing() as session:
            request = await get_request(session, reference, locked=True)
            if request.state == RECEIVED:
                self._move(request, TO_VERIFY)
            return details_of(request, await requesters_of(session, request))

    async def others(self, reference: str) -> builtins.list[RequestStatus]:
        """Other requests that may be about the same person, newest first: open or over, of the same number, e-mail or name.

        Raises UnknownRequest.
        """
        async with self._database.reading() as session:
            request = await get_request(session, reference)
            name = request.person.partition("|")[0]
            like = [AccountRequest.email == request.email, AccountRequest.person.startswith(f"{name}|", autoescape=True)]
            numbers = ((AccountRequest.rpps, request.rpps), (AccountRequest.adeli, request.adeli))
            like += [column == value for column, value in numbers if value]
            found = select(AccountRequest).where(or_(*like), AccountRequest.id != request.id).order_by(AccountRequest.id.desc())
            return [status_of(other) for other in await session.scalars(found.limit(MAX_DUPLICATES))]

    async def account_of(self, fiche: Fiche) -> Account | None:
        """The account that the person of a fiche has already. Raises FhirUnavailable."""
        return await self._account(fiche)

    async def ask_more(self, reference: str, question: str, agent: str = "support") -> None:
        """Ask the requesters, in their chats, for what is missing. Raises UnknownRequest, WrongState, BeingCreated, UnusableText."""
        async with self._database.writing() as session:
            request = await self._open(session, reference)
            request.reason, request.agent = usable_text(question), agent
            self._move(request, MORE_INFO)
            await self._audit(session, request, "accounts.ask", agent)
            await self._tell(session, request, "notice_more_info", f"more-info:{request.state_since.isoformat()}")

    async def refuse(self, reference: str, reason: str, agent: str = "support") -> None:
        """Refuse, with a reason that every requester reads in their chat.

        Raises UnknownRequest, WrongState, BeingCreated, UnusableText.
        """
        async with self._database.writing() as session:
            request = await self._open(session, reference)
            request.reason, request.agent = usable_text(reason), agent
            self._move(request, REFUSED)
            for asker in await requesters_of(session, request):
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
        return account if account is not None and is_account_of(fiche, account) else None

    async def _take(self, session: AsyncSession, fiche: Fiche, asker: AccountRequester) -> Submission:
        number = await lock_year_counter(session, asker.at.astimezone(PARIS).year)
        if earlier := await _submission_of(session, asker.key):  # meanwhile
            return earlier
        request = await find_open_duplicate(session, fiche)
        asker.joined = request is not None
        if request is None:
            number.last += 1
            request = new_request(f"DC-{number.year}-{number.last:06d}", fiche, asker.at)
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

    async def _join(self, session: AsyncSession, request: AccountRequest, fiche: Fiche, asker: AccountRequester) -> bool:
        """Whether the joining says something new to the team. An answer to *complément demandé* takes the old fiche's place."""
        mine = [a for a in await requesters_of(session, request) if _requester(a) == _requester(asker)]
        if request.state == MORE_INFO and mine and request.creating_since is None:
            set_fiche(request, fiche)
            self._move(request, TO_VERIFY)
            return True
        return not any(a.dossier == asker.dossier and a.fiche == asker.fiche for a in mine)

    async def _open(self, session: AsyncSession, reference: str) -> AccountRequest:
        request = await get_request(session, reference, locked=True)
        if request.state not in OPEN:
            raise WrongState(request.state)
        if request.creating_since is not None:
            raise BeingCreated
        return request

    async def _tell(self, session: AsyncSession, request: AccountRequest, template: str, event: str) -> None:
        for asker in await requesters_of(session, request):
            await self._notices.to_asker(session, template, request, asker, request.state_since, event=event)

    async def _audit(self, session: AsyncSession, request: AccountRequest, action: str, agent: str) -> None:
        now = request.state_since
        await audit.record(session, now=now, actor=f"agent:{agent}", action=action, subject=request.reference, outcome=request.state)

    def _move(self, request: AccountRequest, state: str) -> None:
        request.state, request.state_since = state, self._clock.now()


def _requester(asker: AccountRequester) -> str:
    return asker.requester_id or f"chat:{asker.conversation_id}"


def usable_text(text: str) -> str:
    """A question or a reason as the requester reads it: one line. Raises UnusableText where it is empty or too long."""
    line = one_line(text)
    if not line or len(line) > REASON_LENGTH:
        raise UnusableText
    return line


async def _submission_of(session: AsyncSession, key: str) -> Submission | None:
    found = select(AccountRequest, AccountRequester).join(AccountRequester, AccountRequester.request_id == AccountRequest.id)
    row = (await session.execute(found.where(AccountRequester.key == key))).first()
    return Submission(row[0].reference, joined=row[1].joined, state=row[0].state) if row else None
