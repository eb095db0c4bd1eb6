"""Creating the account of a request: account, codes, accesses, messages, each step done once however often it is begun.

A lease keeps two agents (or two processes) from working on one request at once. What a killed process left unfinished is continued by
whoever begins again: an agent, or `run_due`.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from bot.accounts.directory_record import Fiche
from bot.accounts.duplicates import is_account_of
from bot.accounts.errors import AccountGone, AddressToPick, BeingCreated, CodesUnreadable, EmailTaken, NoCodes, RequestError, WrongState
from bot.accounts.first_use_code import FirstUseCodes, first_use_hash
from bot.accounts.login_address import must_be_picked
from bot.accounts.registry import Account, AccountRegistry
from bot.accounts.request_messages import RequestMessages
from bot.accounts.request_rows import get_request, requesters_of
from bot.accounts.tables import CREATED, OPEN, AccountRequest, AccountRequester
from bot.core import audit
from bot.core.clock import Clock
from bot.core.database import Database, announce, random_id
from bot.core.errors import log_error
from bot.dossiers.errors import NotAMember, PeriodOver
from bot.dossiers.partners import Outcome, Partners
from bot.dossiers.period import AccessPeriod
from bot.fhir.errors import FhirConflict, FhirError, FhirNotFound, FhirRejected, FhirUnavailable
from bot.fhir.operations import OperationFailed, Pending, Refusal
from bot.jobs import leases
from bot.jobs.queue import Queue

RETRY_PAUSE, REPAIR_PAUSE = timedelta(minutes=1), timedelta(hours=1)
"""Between two attempts of `run_due` at one request: where the platform is unavailable; where somebody has to repair something."""
WAITING = "waiting"
"""Outcome, in a `Creation`, of an access that the platform could not give yet."""

CREATIONS = Queue(
    name="account_creations",
    key=AccountRequest.id,
    is_open=(AccountRequest.creating_since.is_not(None),),
    lease_until=AccountRequest.lease_until,
    lease=leases.ACCOUNT_CREATION,
    owner=AccountRequest.lease_token,
)
"""Creations that were begun and are not complete. The owner of a lease is a token of that one attempt."""

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Creation:
    """The result of a creation: `made` is False where the account existed already; `accesses` are (dossier, outcome)."""

    reference: str
    account: Account
    made: bool
    accesses: list[tuple[str, str]] = field(default_factory=list)

    @property
    def complete(self) -> bool:
        """Whether nothing is left to do: no access waits for the platform any more."""
        return all(outcome != WAITING for _, outcome in self.accesses)


@dataclass(frozen=True)
class _Claim:
    """A claimed request: the right to work on it until the lease ends."""

    request_id: int
    reference: str
    agent: str
    token: str
    nonce: str
    sealed_code: str | None
    fiche: Fiche
    account_id: str | None
    made: bool


class AccountCreations:
    """Carries out `AccountRequests.create`, and completes creations that were interrupted."""

    def __init__(
        self, database: Database, registry: AccountRegistry, partners: Partners, clock: Clock, notices: RequestMessages, secret: str
    ) -> None:
        self._database = database
        self._registry = registry
        self._partners = partners
        self._clock = clock
        self._notices = notices
        self._codes = FirstUseCodes(secret)
        self._not_before: dict[str, datetime] = {}
        """When `run_due` may attempt a request again. Memory of this process alone: more processes attempt it more often, not wrongly.
        No worker wakes for it: the safety poll does."""

    async def create(self, reference: str, agent: str) -> Creation:
        """See `AccountRequests.create`."""
        claim = await self._claim(reference, agent)
        try:
            account, made = await self._account(claim)
            accesses = [(asker.dossier, await self._give_access(claim, asker, account)) for asker in await self._waiting(claim)]
            creation = Creation(claim.reference, account, made, [(dossier, outcome) for dossier, outcome in accesses if dossier])
        except EmailTaken:
            await self._release(claim, over=True)
            raise
        except BaseException:  # a cancelled task gives its lease back as well; that of a killed process runs out
            await self._release(claim, over=False)
            raise
        await self._release(claim, over=creation.complete)
        return creation

    async def run_due(self) -> int:
        """Continue creations that were interrupted or still wait for the platform, and return how many are complete now."""
        now = self._clock.now()
        due = select(AccountRequest.reference, AccountRequest.agent).where(*CREATIONS.due(now)).order_by(AccountRequest.id)
        async with self._database.reading() as session:
            unfinished = (await session.execute(due)).all()
        completed = 0
        for reference, agent in unfinished:
            if self._not_before.get(reference, now) > now:
                continue
            self._not_before[reference] = now + RETRY_PAUSE
            try:
                complete = (await self.create(reference, agent or "support")).complete
            except FhirUnavailable:
                return completed
            except (FhirError, RequestError) as error:  # the others are not held up by this one
                self._not_before[reference] = now + REPAIR_PAUSE
                _log.warning("a creation cannot be completed: %s", log_error(error))
                continue
            if complete:
                del self._not_before[reference]
                completed += 1
        return completed

    async def _claim(self, reference: str, agent: str) -> _Claim:
        async with self._database.writing() as session:
            request, now = await get_request(session, reference, locked=True), self._clock.now()
            if request.lease_until is not None and request.lease_until > now:
                raise BeingCreated
            if request.state not in OPEN and request.creating_since is None:
                raise WrongState(request.state)
            # What was begun is finished for the address that was agreed on: nothing changes that meanwhile.
            if request.creating_since is None and must_be_picked(request, await requesters_of(session, request)):
                raise AddressToPick
            request.creating_since = request.creating_since or now
            if request.nonce is None:
                request.nonce = random_id()
                request.sealed_code = self._codes.seal(self._codes.make(request.reference, request.nonce))
            request.agent, token = agent, random_id()
            CREATIONS.hold_row(request, now, owner=token)
            announce(session, CREATIONS.name)
            return _Claim(
                request_id=request.id,
                reference=request.reference,
                agent=agent,
                token=token,
                nonce=request.nonce,
                sealed_code=request.sealed_code,
                fiche=Fiche.model_validate(request.fiche),
                account_id=request.account_id,
                made=bool(request.account_made),
            )

    async def mail_codes_again(self, reference: str, agent: str) -> None:
        """See `AccountRequests.mail_codes_again`."""
        async with self._database.reading() as session:
            request = await get_request(session, reference)
        if request.state != CREATED or not request.account_made or request.nonce is None or request.account_id is None:
            raise NoCodes
        code = await self._made_code(request.account_id, request.reference, request.nonce, request.sealed_code)
        async with self._database.writing() as session:
            request, now = await get_request(session, reference, locked=True), self._clock.now()
            await self._notices.mail_codes(session, request, code, now, again=random_id())
            await audit.record(
                session, now=now, actor=f"agent:{agent}", action="accounts.codes", subject=request.account_id, outcome="sent", key=None
            )

    async def _made_code(self, account_id: str, reference: str, nonce: str, sealed: str | None) -> str:
        """Return the code of an account that was made; whatever is mailed is the one whose hash the platform has."""
        code = self._codes.read(sealed)
        if code is None:
            hashed = await self._registry.first_use_hash(account_id)
            code = self._codes.fitting(reference, nonce, hashed) if hashed or sealed is None else None
        if code is None:
            raise CodesUnreadable
        return code

    async def _release(self, claim: _Claim, *, over: bool) -> None:
        async with self._database.writing() as session:
            if await CREATIONS.release(session, [claim.request_id], owner=claim.token) and over:
                (await session.get_one(AccountRequest, claim.request_id)).creating_since = None

    async def _account(self, claim: _Claim) -> tuple[Account, bool]:
        """Return the account, and whether it was made for this request; its codes are mailed in the transaction that records it."""
        if claim.account_id is not None:
            known = await self._registry.get(claim.account_id)
            if known is None:
                raise AccountGone
            return known, claim.made
        account, code = await self._existing(claim), None
        if account is None:
            code = self._codes.read(claim.sealed_code) or self._codes.make(claim.reference, claim.nonce)
            hashed = first_use_hash(code, claim.nonce)
            account = await self._registry.create(claim.fiche, claim.reference, first_use_hash=hashed)
        made = account.request == claim.reference
        if made:
            code = code or await self._made_code(account.id, claim.reference, claim.nonce, claim.sealed_code)
            await self._registry.place(account, claim.fiche)
        async with self._database.writing() as session:
            request, now = await self._held(session, claim), self._clock.now()
            request.account_id, request.account_made = account.id, made
            request.state, request.state_since, request.reason = CREATED, now, None
            if code is not None and made:
                request.sealed_code = self._codes.seal(code)
                await self._notices.mail_codes(session, request, code, now)
            await audit.record(
                session,
                now=now,
                actor=f"agent:{claim.agent}",
                action="accounts.create",
                subject=account.reference,
                outcome="created" if made else "existing",
                key=f"accounts.create:{claim.reference}",
            )
        return account, made

    async def _existing(self, claim: _Claim) -> Account | None:
        """Return an account that the person has got meanwhile, or that an interrupted creation made."""
        fiche = claim.fiche
        account = await self._registry.by_identifier(rpps=fiche.rpps, adeli=fiche.adeli)
        if account is None and fiche.email:
            account = await self._registry.by_email(fiche.email)
        if account is not None and account.request != claim.reference and not is_account_of(fiche, account):
            raise EmailTaken
        return account

    async def _waiting(self, claim: _Claim) -> list[AccountRequester]:
        async with self._database.reading() as session:
            found = (
                select(AccountRequester)
                .join(AccountRequest, AccountRequest.id == AccountRequester.request_id)
                .where(AccountRequest.reference == claim.reference, AccountRequester.settled_at.is_(None))
            )
            return [*await session.scalars(found.order_by(AccountRequester.id))]

    async def _give_access(self, claim: _Claim, asker: AccountRequester, account: Account) -> str:
        """Give the access that one requester waits for, send them the message about it, and return its outcome."""
        outcome = await self._request_access(asker, account)
        async with self._database.writing() as session:
            request, now = await self._held(session, claim), self._clock.now()
            if outcome == WAITING:
                return outcome
            row = await session.get_one(AccountRequester, asker.id)
            row.outcome, row.settled_at = outcome, now
            template = "notice_created" if request.account_made else "notice_existing"
            await self._notices.notify_requester(session, template, request, row, now, event="created")
        return outcome

    async def _request_access(self, asker: AccountRequester, account: Account) -> str:
        if asker.dossier is None or asker.requester_id is None or asker.basis is None:
            return "none"
        if not account.active:
            return "refused"
        try:
            outcome = await self._partners.grant_requested_access(
                asker.dossier,
                asker.requester_id,
                account,
                basis=asker.basis,
                key=f"account-request:{asker.key}",
                period=AccessPeriod(asker.access_from, asker.access_until),
            )
        except (Pending, FhirUnavailable, FhirConflict):
            return WAITING
        except NotAMember:
            return "not_a_member"
        except PeriodOver:  # the team took longer than the access was to last
            return "period_over"
        except (Refusal, OperationFailed):
            return "refused"
        except (FhirRejected, FhirNotFound) as error:  # a retry would not help, and the others must not wait for it
            _log.warning("a waiting access was refused by the platform: %s", log_error(error))
            return "refused"
        return "already" if outcome is Outcome.ALREADY else "added"

    async def _held(self, session: AsyncSession, claim: _Claim) -> AccountRequest:
        """Renew the lease and return the request, locked. Raise BeingCreated where the lease ran out and somebody else claimed it."""
        if not await CREATIONS.renew(session, [claim.request_id], self._clock.now(), owner=claim.token):
            raise BeingCreated
        return await session.get_one(AccountRequest, claim.request_id)
