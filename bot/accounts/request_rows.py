"""Rows of account requests: found, locked and numbered in the caller's transaction."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from bot.accounts.directory_record import Fiche
from bot.accounts.duplicates import person_key, same_person
from bot.accounts.errors import UnknownRequest
from bot.accounts.tables import AWAY, OPEN, RECEIVED, WITHDRAWN, AccountDecision, AccountRequest, AccountRequester, AccountRequestNumber
from bot.core.upsert import insert_or_ignore

STANDING = or_(AccountRequester.outcome.is_(None), AccountRequester.outcome != WITHDRAWN, AccountRequest.state == WITHDRAWN)
"""What is shown of a request: a part of it that was withdrawn is not, while the request goes on for others."""


def new_request(reference: str, fiche: Fiche, at: datetime) -> AccountRequest:
    """Return a request that was just received for the person of a fiche."""
    request = AccountRequest(reference=reference, state=RECEIVED, state_since=at, created_at=at)
    set_fiche(request, fiche)
    return request


def set_fiche(request: AccountRequest, fiche: Fiche) -> None:
    """Make the fiche the one that the request is about; its address is nobody's pick."""
    request.address_picked_by = None
    request.fiche = fiche.model_dump(exclude_none=True)
    request.rpps, request.adeli, request.email = fiche.rpps, fiche.adeli, fiche.email
    request.person = person_key(fiche)


def complete_fiche(request: AccountRequest, fiche: Fiche) -> None:
    """Make the fiche that a requester completed the one that the request is about; without an address it keeps the one that is known."""
    email, picked_by = request.email, request.address_picked_by
    set_fiche(request, fiche)
    if fiche.email is None and email is not None:
        set_address(request, email, picked_by)


def set_address(request: AccountRequest, email: str, agent: str | None) -> None:
    """Make `email` the address of the request, as an agent picked it; without an agent, as a requester gave the one that was missing."""
    set_fiche(request, Fiche.model_validate(request.fiche | {"email": email}))
    request.address_picked_by = agent


async def lock_year_counter(session: AsyncSession, year: int) -> AccountRequestNumber:
    """Return the row with the last number given in a year, made where missing and locked until the transaction ends."""
    await session.execute(insert_or_ignore(session, AccountRequestNumber.__table__).values(year=year, last=0))
    wanted = select(AccountRequestNumber).where(AccountRequestNumber.year == year).with_for_update()
    return (await session.scalars(wanted)).one()


async def find_open_duplicate(session: AsyncSession, fiche: Fiche) -> AccountRequest | None:
    """Return the open request for the same person, locked; the oldest where there are several."""
    known = ((AccountRequest.email, fiche.email), (AccountRequest.rpps, fiche.rpps), (AccountRequest.adeli, fiche.adeli))
    similar = [AccountRequest.person == person_key(fiche), *(column == value for column, value in known if value)]
    wanted = select(AccountRequest).where(AccountRequest.state.in_(OPEN), or_(*similar)).order_by(AccountRequest.id).with_for_update()
    for request in await session.scalars(wanted):
        if same_person(fiche, Fiche.model_validate(request.fiche)):
            return request
    return None


async def get_request(session: AsyncSession, reference: str, *, locked: bool = False) -> AccountRequest:
    """Return the request of this reference, `locked` until the transaction ends. Raises UnknownRequest."""
    wanted = select(AccountRequest).where(AccountRequest.reference == reference.strip().upper())
    request = (await session.scalars(wanted.with_for_update() if locked else wanted)).one_or_none()
    if request is None:
        raise UnknownRequest
    return request


async def waiting_decision(session: AsyncSession, request: AccountRequest) -> AccountDecision | None:
    """Return the decision on the request that is still to be carried out."""
    decision = await session.get(AccountDecision, request.id)
    return decision if decision is not None and decision.failure in (None, AWAY) else None


def still_asking(requesters: Iterable[AccountRequester]) -> list[AccountRequester]:
    """Return those of the requesters who have not withdrawn what they asked for."""
    return [row for row in requesters if row.outcome != WITHDRAWN]


async def requesters_of(session: AsyncSession, request: AccountRequest) -> list[AccountRequester]:
    """Return everybody who asked, the first one first."""
    wanted = select(AccountRequester).where(AccountRequester.request_id == request.id).order_by(AccountRequester.id)
    return [*await session.scalars(wanted)]
