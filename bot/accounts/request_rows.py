"""Rows of account requests: found, locked and numbered, within the transaction of whoever asks."""

from __future__ import annotations

from datetime import datetime
from typing import cast

from sqlalchemy import Table as SqlTable
from sqlalchemy import or_, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncSession

from bot.accounts.directory_record import Fiche
from bot.accounts.duplicates import person_key, same_person
from bot.accounts.errors import UnknownRequest
from bot.accounts.tables import OPEN, RECEIVED, AccountRequest, AccountRequester, AccountRequestNumber


def new_request(reference: str, fiche: Fiche, at: datetime) -> AccountRequest:
    """A request that was just received, for the person of a fiche."""
    request = AccountRequest(reference=reference, state=RECEIVED, state_since=at, created_at=at)
    set_fiche(request, fiche)
    return request


def set_fiche(request: AccountRequest, fiche: Fiche) -> None:
    """Make the fiche the one that the request is about."""
    request.fiche = fiche.model_dump(exclude_none=True)
    request.rpps, request.adeli, request.email = fiche.rpps, fiche.adeli, fiche.email
    request.person = person_key(fiche)


async def lock_year_counter(session: AsyncSession, year: int) -> AccountRequestNumber:
    """The last number that a year gave, locked until the transaction ends."""
    dialect = sqlite if session.get_bind().dialect.name == "sqlite" else postgresql
    table = cast(SqlTable, AccountRequestNumber.__table__)
    await session.execute(dialect.insert(table).values(year=year, last=0).on_conflict_do_nothing())
    found = select(AccountRequestNumber).where(AccountRequestNumber.year == year).with_for_update()
    return (await session.scalars(found)).one()


async def find_open_duplicate(session: AsyncSession, fiche: Fiche) -> AccountRequest | None:
    """The open request for the same person, locked; the oldest where there are several."""
    like = [AccountRequest.email == fiche.email, AccountRequest.person == person_key(fiche)]
    like += [column == value for column, value in ((AccountRequest.rpps, fiche.rpps), (AccountRequest.adeli, fiche.adeli)) if value]
    found = select(AccountRequest).where(AccountRequest.state.in_(OPEN), or_(*like)).order_by(AccountRequest.id).with_for_update()
    for request in await session.scalars(found):
        if same_person(fiche, Fiche.model_validate(request.fiche)):
            return request
    return None


async def get_request(session: AsyncSession, reference: str, *, locked: bool = False) -> AccountRequest:
    """The request of that reference, `locked` until the transaction ends. Raises UnknownRequest."""
    found = select(AccountRequest).where(AccountRequest.reference == reference.strip().upper())
    request = (await session.scalars(found.with_for_update() if locked else found)).one_or_none()
    if request is None:
        raise UnknownRequest
    return request


async def requesters_of(session: AsyncSession, request: AccountRequest) -> list[AccountRequester]:
    """Everybody who asked, the first one first."""
    found = select(AccountRequester).where(AccountRequester.request_id == request.id).order_by(AccountRequester.id)
    return [*await session.scalars(found)]
