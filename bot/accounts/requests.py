"""Account requests: submitted in a chat, verified by the SPHERE team, followed by the requester.

Every state change is one transaction with its mails, notices and audit events; docs/dev/accounts.md shows the states.
"""

from __future__ import annotations

import builtins
from collections.abc import Collection
from dataclasses import dataclass

from sqlalchemy import func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from bot.accounts.creation import AccountCreations, Creation
from bot.accounts.directory_record import Fiche
from bot.accounts.duplicates import is_account_of, person_key
from bot.accounts.errors import AddressNotGiven, AlreadyDecided, BeingCreated, RequestChanged, TooManyRequests, UnusableText, WrongState
from bot.accounts.login_address import given_addresses, identity_of, lacks_address, usable_address
from bot.accounts.registry import Account, AccountRegistry
from bot.accounts.request_limits import request_hits
from bot.accounts.request_messages import AccountChats, RequestMessages
from bot.accounts.request_rows import (
    STANDING,
    complete_fiche,
    find_open_duplicate,
    get_request,
    lock_year_counter,
    new_request,
    requesters_of,
    set_address,
    still_asking,
    waiting_decision,
)
from bot.accounts.request_views import (
    DossierRequest,
    RequestDetails,
    RequestStatus,
    details_of,
    dossier_request_of,
    status_of,
    version_of,
)
from bot.accounts.tables import MORE_INFO, OPEN, RECEIVED, REFUSED, TO_VERIFY, AccountRequest, AccountRequester
from bot.accounts.withdrawal import Withdrawal, Withdrawals
from bot.core import audit
from bot.core.clock import PARIS, Clock
from bot.core.database import Database
from bot.core.limits import take
from bot.core.mail import one_line
from bot.dossiers.errors import MissingBasis, NotAMember
from bot.dossiers.partners import BASES, Partners
from bot.dossiers.period import ALWAYS, AccessPeriod, paris_day
from bot.dossiers.probing import Origin
from bot.dossiers.records import normalize_reference
from bot.settings import Settings

HAS_ACCOUNT = "has_account"
"""State of a submission for somebody who has an account: no request is made."""
REASON_LENGTH = 500
"""Characters of a reason or a question at most."""
MAX_DUPLICATES = 10
"""Other requests about one person that are listed at most."""


@dataclass(frozen=True)
class Submission:
    """The result of asking for an account: a request (`joined`: one that was open already), or the `account` that exists."""

    reference: str | None
    joined: bool
    state: str
    account: Account | None = None


class AccountRequests:
    """Submits and follows requests; for the team, verifies, creates and refuses."""

    def __init__(
        self,
        database: Database,
        registry: AccountRegistry,
        partners: Partners,
        clock: Clock,
        settings: Settings,
        chats: AccountChats,
    ) -> None:
        self._database = database
        self._registry = registry
        self._partners = partners
        self._clock = clock
        self._chats, self._secret, self._lifted = chats, settings.required("secret"), settings.lifts_limits
        self._messages = RequestMessages(settings, chats)
        self._creations = AccountCreations(database, registry, partners, clock, self._messages, settings.required("secret"))
        self._withdrawals = Withdrawals(database, clock, self._messages)

    async def submit(
        self,
        fiche: Fiche,
        *,
        requester: Account | None,
        conversation_id: str,
        dossier: str | None,
        basis: str | None,
        key: str,
        period: AccessPeriod = ALWAYS,
    ) -> Submission:
        """Ask for an account for the person of `fiche`, who gets access to `dossier`, for a period, once they have it.

        The same `key` again gives the same result. Raises NotAMember, LimitReached, MissingBasis, EndBeforeStart, PeriodOver,
        TooManyRequests, FhirUnavailable (nothing was kept).
        """
        if earlier := await self._earlier(key):
            return earlier
        if dossier is not None:
            period.checked(paris_day(self._clock.now()))
            await self._check_access(dossier, requester, basis, Origin(conversation_id, key))
        if account := await self.existing_account(fiche):
            return Submission(None, joined=False, state=HAS_ACCOUNT, account=account)
        row = AccountRequester(
            key=key,
            at=self._clock.now(),
            conversation_id=conversation_id,
            requester_id=requester.id if requester else None,
            display=f"{requester.name} ({requester.email})" if requester else "",
            dossier=normalize_reference(dossier) if dossier else None,
            basis=basis if dossier else None,
            access_from=period.start if dossier else None,
            access_until=period.end if dossier else None,
            fiche=fiche.model_dump(exclude_none=True),
        )
        async with self._database.writing() as session:
            stored = await self._store(session, fiche, row)
        if isinstance(stored, TooManyRequests):  # raised only now: an exception inside would undo the count
            raise stored
        return stored

    async def for_conversation(self, conversation_id: str, account_id: str | None) -> builtins.list[RequestStatus]:
        """Return the requests of whoever has this chat now, newest first: of their account, or made here by somebody unlinked."""
        unlinked = AccountRequester.requester_id.is_(None) & (AccountRequester.conversation_id == conversation_id)
        own = or_(unlinked, AccountRequester.requester_id == account_id) if account_id else unlinked
        request_ids = select(AccountRequester.request_id).join(AccountRequest, AccountRequest.id == AccountRequester.request_id)
        request_ids = request_ids.where(own, STANDING)
        async with self._database.reading() as session:
            wanted = select(AccountRequest).where(AccountRequest.id.in_(request_ids)).order_by(AccountRequest.id.desc())
            return [status_of(request) for request in await session.scalars(wanted)]

    async def of_dossiers(self, references: Collection[str]) -> builtins.list[DossierRequest]:
        """Return the requests that were made for these dossiers, newest first, each as often as somebody made it.

        Only who takes part in a dossier today may learn of its requests: that is for the caller to see to.
        """
        wanted = (
            select(AccountRequest, AccountRequester)
            .join(AccountRequester, AccountRequester.request_id == AccountRequest.id)
            .where(AccountRequester.dossier.in_(references), STANDING)
            .order_by(AccountRequest.id.desc(), AccountRequester.id)
        )
        async with self._database.reading() as session:
            return [dossier_request_of(request, requester) for request, requester in await session.execute(wanted)]

    async def open_for(self, rpps: str | None, adeli: str | None, email: str | None) -> RequestStatus | None:
        """Return the open request for the person with this RPPS, else this ADELI number, else this e-mail."""
        columns = ((AccountRequest.rpps, rpps), (AccountRequest.adeli, adeli), (AccountRequest.email, email and email.strip().lower()))
        async with self._database.reading() as session:
            for column, value in columns:
                if value:
                    wanted = select(AccountRequest).where(column == value, AccountRequest.state.in_(OPEN)).order_by(AccountRequest.id)
                    if request := (await session.scalars(wanted)).first():
                        return status_of(request)
        return None

    async def list(self, state: str | None = None) -> builtins.list[RequestStatus]:
        """Return every request, or those in one state, oldest first."""
        async with self._database.reading() as session:
            wanted = select(AccountRequest).order_by(AccountRequest.id)
            return [status_of(r) for r in await session.scalars(wanted.where(AccountRequest.state == state) if state else wanted)]

    async def count_open(self) -> int:
        """Return how many requests wait for the team or for their requester."""
        async with self._database.reading() as session:
            return await session.scalar(select(func.count()).where(AccountRequest.state.in_(OPEN))) or 0

    async def show(self, reference: str) -> RequestDetails:
        """Return all that the team needs to verify a request. Raises UnknownRequest.

        A request that was just received becomes *à vérifier* by being shown.
        """
        async with self._database.writing() as session:
            request = await get_request(session, reference, locked=True)
            if request.state == RECEIVED:
                self._move(request, TO_VERIFY)
            return details_of(request, await requesters_of(session, request))

    async def possible_duplicates(self, reference: str) -> builtins.list[RequestStatus]:
        """Return other requests that may be about the same person, newest first: open or over, of the same number, e-mail or name.

        Raises UnknownRequest.
        """
        async with self._database.reading() as session:
            request = await get_request(session, reference)
            name = request.person.partition("|")[0]
            known = ((AccountRequest.email, request.email), (AccountRequest.rpps, request.rpps), (AccountRequest.adeli, request.adeli))
            similar = [column == value for column, value in known if value]
            similar.append(AccountRequest.person.startswith(f"{name}|", autoescape=True))
            wanted = select(AccountRequest).where(or_(*similar), AccountRequest.id != request.id).order_by(AccountRequest.id.desc())
            return [status_of(other) for other in await session.scalars(wanted.limit(MAX_DUPLICATES))]

    async def existing_account(self, fiche: Fiche) -> Account | None:
        """Return the account that the person of a fiche has already. Raises FhirUnavailable."""
        account = await self._registry.by_identifier(rpps=fiche.rpps, adeli=fiche.adeli)
        if account is None and fiche.email:
            account = await self._registry.by_email(fiche.email)
        return account if account is not None and is_account_of(fiche, account) else None

    async def ask_more(self, reference: str, question: str, agent: str = "support") -> None:
        """Ask the requesters, in their chats, for what is missing.

        Raises UnknownRequest, WrongState, BeingCreated, UnusableText.
        """
        async with self._database.writing() as session:
            request = await self._open(session, reference)
            request.reason, request.agent = usable_text(question), agent
            self._move(request, MORE_INFO)
            await self._audit(session, request, "accounts.ask", agent)
            await self._notify(session, request, "notice_more_info", f"more-info:{request.state_since.isoformat()}")

    async def refuse(self, reference: str, reason: str, agent: str = "support") -> None:
        """Refuse a request, with a reason that every requester reads in their chat.

        Raises UnknownRequest, WrongState, BeingCreated, UnusableText.
        """
        async with self._database.writing() as session:
            request = await self._open(session, reference)
            request.reason, request.agent = usable_text(reason), agent
            self._move(request, REFUSED)
            for requester in still_asking(await requesters_of(session, request)):
                requester.settled_at = request.state_since
            await self._audit(session, request, "accounts.refuse", agent)
            await self._notify(session, request, "notice_refused", "refused")

    async def withdraw(self, reference: str, requester: Account | None, conversation_id: str) -> Withdrawal:
        """Withdraw what somebody asked for, while no account is created: with their account, or unlinked in this chat.

        The team is mailed, those who asked for the same are notified; the request goes on for them.

        Raises UnknownRequest, NotARequester, WrongState (created or refused), BeingCreated, AlreadyDecided.
        """
        return await self._withdrawals.withdraw(reference, requester.id if requester else None, conversation_id)

    async def pick_address(
        self, reference: str, email: str, agent: str = "support", *, agent_id: str = "", seen: str | None = None
    ) -> None:
        """Make one of the addresses that the requesters gave the one that the codes go to; where nobody gave one, any address.

        `seen` is the version of the request that the agent was shown, where a page showed it.

        Raises UnknownRequest, WrongState, BeingCreated, AlreadyDecided (what was decided is carried out as it was seen), RequestChanged,
        AddressNotGiven, UnusableAddress (of an address that nobody gave).
        """
        email = email.strip().lower()
        async with self._database.writing() as session:
            request = await self._open(session, reference)
            if waiting := await waiting_decision(session, request):
                raise AlreadyDecided(waiting.agent)
            requesters = await requesters_of(session, request)
            if seen is not None and version_of(request, len(requesters)) != seen:
                raise RequestChanged
            if lacks_address(requesters):
                email, outcome = usable_address(email), "completed"
            else:
                picked = next((address for address in given_addresses(request, requesters) if address.email == email), None)
                if picked is None:
                    raise AddressNotGiven
                outcome = "picked_known" if picked.known else "picked_unknown"
            set_address(request, email, agent)
            await self._audit(session, request, "accounts.address", agent_id or agent, outcome)

    async def create(self, reference: str, agent: str = "support") -> Creation:
        """Create the account, mail the codes, give the requested access, notify the requesters; resume what was interrupted.

        Raises UnknownRequest, WrongState (refused, or created and all done), BeingCreated, AddressToPick, EmailTaken, and
        FhirUnavailable, after which it can be called again.
        """
        return await self._creations.create(reference, agent)

    async def mail_codes_again(self, reference: str, agent: str = "support") -> None:
        """Mail the login and first-use code of an account that was created here once more.

        Raises UnknownRequest, NoCodes, CodesUnreadable, and the errors of the platform.
        """
        await self._creations.mail_codes_again(reference, agent)

    async def finish_created(self) -> int:
        """Resume creations that were interrupted and accesses that the platform could not give; return how many were finished.

        A running bot calls this now and then.
        """
        return await self._creations.run_due()

    async def _earlier(self, key: str) -> Submission | None:
        async with self._database.reading() as session:
            return await _submission_of(session, key)

    async def _check_access(self, dossier: str, requester: Account | None, basis: str | None, origin: Origin) -> None:
        if requester is None:
            raise NotAMember
        if basis not in BASES:
            raise MissingBasis
        await self._partners.list(dossier, requester, origin)  # raises NotAMember where the requester has no access today

    async def _store(self, session: AsyncSession, fiche: Fiche, requester: AccountRequester) -> Submission | TooManyRequests:
        counter = await lock_year_counter(session, requester.at.astimezone(PARIS).year)
        if earlier := await _submission_of(session, requester.key):  # submitted meanwhile
            return earlier
        source = await self._chats.source_of(session, requester.conversation_id)
        hits = request_hits(requester, fiche.email or person_key(fiche), source, secret=self._secret, lifted=self._lifted)
        if exhausted := await take(session, hits, requester.at):
            return TooManyRequests(exhausted.until)
        request = await find_open_duplicate(session, fiche)
        requester.joined = request is not None
        if request is None:
            counter.last += 1
            request = new_request(f"DC-{counter.year}-{counter.last:06d}", fiche, requester.at)
            session.add(request)
            await session.flush()
        is_news = not requester.joined or await self._join(session, request, fiche, requester)
        requester.request_id = request.id
        session.add(requester)
        await session.flush()
        if is_news:
            await self._messages.mail_team(session, request, requester)
        await audit.record(
            session,
            now=requester.at,
            actor=requester.requester_id,
            action="accounts.request",
            dossier=requester.dossier,
            subject=request.reference,
            basis=requester.basis,
            conversation=requester.conversation_id,
            outcome="joined" if requester.joined else RECEIVED,
            key=f"accounts.request:{requester.key}",
            period=AccessPeriod(requester.access_from, requester.access_until).code,
        )
        return Submission(request.reference, joined=requester.joined, state=request.state)

    async def _join(self, session: AsyncSession, request: AccountRequest, fiche: Fiche, requester: AccountRequester) -> bool:
        """Join an open request; return whether this says something new to the team.

        An answer to *complément demandé* replaces the old fiche. An address that the agent who picked one did not see undoes the pick.
        """
        so_far = await requesters_of(session, request)
        known = {address.email for address in given_addresses(request, so_far)}
        if request.creating_since is None and fiche.email and fiche.email not in known:
            request.address_picked_by = None
            if request.email is None:
                set_address(request, fiche.email, None)
        earlier = [row for row in so_far if identity_of(row) == identity_of(requester)]
        if request.state == MORE_INFO and earlier and request.creating_since is None:
            complete_fiche(request, fiche)
            self._move(request, TO_VERIFY)
            return True
        return not any(row.dossier == requester.dossier and row.fiche == requester.fiche for row in still_asking(earlier))

    async def _open(self, session: AsyncSession, reference: str) -> AccountRequest:
        request = await get_request(session, reference, locked=True)
        if request.state not in OPEN:
            raise WrongState(request.state)
        if request.creating_since is not None:
            raise BeingCreated
        return request

    async def _notify(self, session: AsyncSession, request: AccountRequest, template: str, event: str) -> None:
        for requester in still_asking(await requesters_of(session, request)):
            await self._messages.notify_requester(session, template, request, requester, request.state_since, event=event)

    async def _audit(self, session: AsyncSession, request: AccountRequest, action: str, agent: str, outcome: str | None = None) -> None:
        now, outcome = self._clock.now(), outcome or request.state
        await audit.record(session, now=now, actor=f"agent:{agent}", action=action, subject=request.reference, outcome=outcome)

    def _move(self, request: AccountRequest, state: str) -> None:
        request.state, request.state_since = state, self._clock.now()


def usable_text(text: str) -> str:
    """Return a question or a reason as the requester reads it: one line. Raises UnusableText where it is empty or too long."""
    line = one_line(text)
    if not line or len(line) > REASON_LENGTH:
        raise UnusableText
    return line


async def _submission_of(session: AsyncSession, key: str) -> Submission | None:
    wanted = select(AccountRequest, AccountRequester).join(AccountRequester, AccountRequester.request_id == AccountRequest.id)
    row = (await session.execute(wanted.where(AccountRequester.key == key))).first()
    return Submission(row[0].reference, joined=row[1].joined, state=row[0].state) if row else None
