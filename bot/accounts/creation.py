"""Making the account of a request: account, codes, accesses, notices, each step done once however often it is begun.

A lease keeps two agents (or two processes) from working at once; what a killed one left is gone on with by whoever begins again.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from sqlalchemy import or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from bot.accounts.directory_record import Fiche
from bot.accounts.duplicates import is_account_of
from bot.accounts.errors import AccountGone, BeingCreated, EmailTaken, RequestError, UnknownRequest, WrongState
from bot.accounts.first_use_code import first_use_code, first_use_hash
from bot.accounts.registry import Account, AccountRegistry
from bot.accounts.request_messages import RequestMessages
from bot.accounts.tables import CREATED, OPEN, AccountRequest, AccountRequester
from bot.core import audit
from bot.core.clock import Clock
from bot.core.database import Database, random_id
from bot.core.errors import log_error
from bot.dossiers.errors import NotAMember, UnknownDossier
from bot.dossiers.partners import Outcome, Partners
from bot.fhir.client import FhirConflict, FhirError, FhirNotFound, FhirRejected, FhirUnavailable
from bot.fhir.operations import OperationFailed, Pending, Refusal

LEASE = timedelta(minutes=2)
"""How long one creation is left alone; renewed at each step, and one step waits for the platform for less than a minute."""
PAUSE, LONG_PAUSE = timedelta(minutes=1), timedelta(hours=1)
"""Between two tries of `finish` at one request: where the platform is away; where somebody has to mend something."""
WAITING = "waiting"
"""Outcome, in a `Creation`, of an access that the platform could not give yet."""

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Creation:
    """What a creation came to: `made` is False where the account was there already; `accesses` are (dossier, outcome).

    `complete` is False where an access is still waiting for the platform.
    """

    reference: str
    account: Account
    made: bool
    accesses: list[tuple[str, str]] = field(default_factory=list)

    @property
    def complete(self) -> bool:
        """Whether nothing is left to do."""
        return all(outcome != WAITING for _, outcome in self.accesses)


@dataclass(frozen=True)
class _Ticket:
    """The right to work on one request, until its lease ends."""

    reference: str
    agent: str
    token: str
    nonce: str
    fiche: Fiche
    account_id: str | None
    made: bool


class Creator:
    """Carries out `AccountRequests.create`."""

    def __init__(
        self, database: Database, registry: AccountRegistry, partners: Partners, clock: Clock, notices: RequestMessages, secret: str
    ) -> None:
        self._database = database
        self._registry = registry
        self._partners = partners
        self._clock = clock
        self._notices = notices
        self._secret = secret
        self._rests: dict[str, datetime] = {}
        """When `finish` may try a request again; only this process's memory: more processes try more often, not wrongly."""

    async def create(self, reference: str, agent: str) -> Creation:
        """See `AccountRequests.create`."""
        ticket = await self._begin(reference, agent)
        try:
            account, made = await self._account(ticket)
            accesses = [(asker.dossier, await self._serve(ticket, asker, account)) for asker in await self._waiting(ticket)]
            creation = Creation(ticket.reference, account, made, [(dossier, outcome) for dossier, outcome in accesses if dossier])
        except EmailTaken:
            await self._end(ticket, over=True)
            raise
        except BaseException:  # a cancelled task as well gives its lease back; a killed process lets it run out
            await self._end(ticket, over=False)
            raise
        await self._end(ticket, over=creation.complete)
        return creation

    async def finish(self) -> int:
        """See `AccountRequests.finish_created`."""
        now = self._clock.now()
        begun = select(AccountRequest.reference, AccountRequest.agent).where(AccountRequest.creating_since.is_not(None))
        free = or_(AccountRequest.lease_until.is_(None), AccountRequest.lease_until <= now)
        async with self._database.reading() as session:
            left = (await session.execute(begun.where(free).order_by(AccountRequest.id))).all()
        finished = 0
        for reference, agent in left:
            if self._rests.get(reference, now) > now:
                continue
            self._rests[reference] = now + PAUSE
            try:
                complete = (await self.create(reference, agent or "support")).complete
            except FhirUnavailable:
                return finished
            except (FhirError, RequestError) as error:  # the others are not held up by this one
                self._rests[reference] = now + LONG_PAUSE
                _log.warning("a creation cannot be finished: %s", log_error(error))
                continue
            if complete:
                del self._rests[reference]
                finished += 1
        return finished

    async def _begin(self, reference: str, agent: str) -> _Ticket:
        async with self._database.writing() as session:
            found = select(AccountRequest).where(AccountRequest.reference == reference.strip().upper()).with_for_update()
            request = (await session.scalars(found)).one_or_none()
            if request is None:
                raise UnknownRequest
            now = self._clock.now()
            if request.lease_until is not None and request.lease_until > now:
                raise BeingCreated
            if request.state not in OPEN and request.creating_since is None:
                raise WrongState(request.state)
            request.creating_since = request.creating_since or now
            request.nonce = request.nonce or random_id()
            request.agent = agent
            request.lease_token, request.lease_until = random_id(), now + LEASE
            return _Ticket(
                reference=request.reference,
                agent=agent,
                token=request.lease_token,
                nonce=request.nonce,
                fiche=Fiche.model_validate(request.fiche),
                account_id=request.account_id,
                made=bool(request.account_made),
            )

    async def _end(self, ticket: _Ticket, *, over: bool) -> None:
        async with self._database.writing() as session:
            found = select(AccountRequest).where(AccountRequest.lease_token == ticket.token).with_for_update()
            request = (await session.scalars(found)).one_or_none()
            if request is not None:
                request.lease_token = request.lease_until = None
                request.creating_since = None if over else request.creating_since

    async def _account(self, ticket: _Ticket) -> tuple[Account, bool]:
        """The account, and whether it was made for this request; its codes are mailed in the transaction that says so."""
        if ticket.account_id is not None:
            known = await self._registry.get(ticket.account_id)
            if known is None:
                raise AccountGone
            return known, ticket.made
        code = first_use_code(self._secret, ticket.reference, ticket.nonce)
        account = await self._existing(ticket)
        if account is None:
            hashed = first_use_hash(code, ticket.nonce)
            account = await self._registry.create(ticket.fiche, ticket.reference, first_use_hash=hashed)
        made = account.request == ticket.reference
        async with self._database.writing() as session:
            request, now = await self._held(session, ticket), self._clock.now()
            request.account_id, request.account_made = account.id, made
            request.state, request.state_since, request.reason = CREATED, now, None
            if made:
                await self._notices.mail_codes(session, request, code, now)
            await audit.record(
                session,
                now=now,
                actor=f"agent:{ticket.agent}",
                action="accounts.create",
                subject=account.reference,
                outcome="created" if made else "existing",
                key=f"accounts.create:{ticket.reference}",
            )
        return account, made

    async def _existing(self, ticket: _Ticket) -> Account | None:
        """An account that the person has got meanwhile, or that an interrupted creation made."""
        fiche = ticket.fiche
        account = await self._registry.by_identifier(rpps=fiche.rpps, adeli=fiche.adeli)
        if account is None:
            account = await self._registry.by_email(fiche.email)
        if account is not None and account.request != ticket.reference and not is_account_of(fiche, account):
            raise EmailTaken
        return account

    async def _waiting(self, ticket: _Ticket) -> list[AccountRequester]:
        async with self._database.reading() as session:
            found = (
                select(AccountRequester)
                .join(AccountRequest, AccountRequest.id == AccountRequester.request_id)
                .where(AccountRequest.reference == ticket.reference, AccountRequester.settled_at.is_(None))
            )
            return [*await session.scalars(found.order_by(AccountRequester.id))]

    async def _serve(self, ticket: _Ticket, asker: AccountRequester, account: Account) -> str:
        """Give the access that one requester waits for, and tell them."""
        outcome = await self._give(asker, account)
        async with self._database.writing() as session:
            request, now = await self._held(session, ticket), self._clock.now()
            if outcome == WAITING:
                return outcome
            row = await session.get_one(AccountRequester, asker.id)
            row.outcome, row.settled_at = outcome, now
            template = "notice_created" if request.account_made else "notice_existing"
            await self._notices.notify_requester(session, template, request, row, now, event="created")
        return outcome

    async def _give(self, asker: AccountRequester, account: Account) -> str:
        if asker.dossier is None or asker.requester_id is None or asker.basis is None:
            return "none"
        if not account.active:
            return "refused"
        try:
            outcome = await self._partners.grant_requested_access(
                asker.dossier, asker.requester_id, account, basis=asker.basis, key=f"account-request:{asker.key}"
            )
        except (Pending, FhirUnavailable, FhirConflict):
            return WAITING
        except NotAMember:
            return "not_a_member"
        except UnknownDossier:
            return "unknown_dossier"
        except (Refusal, OperationFailed):
            return "refused"
        except (FhirRejected, FhirNotFound) as error:  # it will not get better, and the others are not to wait for it
            _log.warning("a waiting access was refused by the platform: %s", log_error(error))
            return "refused"
        return "already" if outcome is Outcome.ALREADY else "added"

    async def _held(self, session: AsyncSession, ticket: _Ticket) -> AccountRequest:
        """The request, its lease renewed. Raises BeingCreated where the lease ran out and somebody else took it."""
        found = select(AccountRequest).where(AccountRequest.lease_token == ticket.token).with_for_update()
        request = (await session.scalars(found)).one_or_none()
        if request is None:
            raise BeingCreated
        request.lease_until = self._clock.now() + LEASE
        return request
