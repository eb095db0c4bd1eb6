"""SPHERE's list of one person: pages of lines, and how many are unread."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import ColumnElement, Row, and_, exists, func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from bot.notifications.kinds import CATEGORY_OF, Category, DeliveryChannel
from bot.notifications.rendering import until_of
from bot.notifications.tables import HANDED, Event, Notice, NoticeSend


@dataclass(frozen=True)
class Line:
    """One notification. `id` pages and marks it."""

    id: int
    kind: str
    dossier: str | None
    author: str
    """Name of the professional who did it, "" where nobody knows."""
    title: str
    """The platform's title: it may name an usager, and is "" unless asked for; but for a service notice, which is about nobody."""
    url: str | None
    occurred_at: datetime
    urgent: bool
    read: bool
    mine: bool
    """Whether the event names the person as a recipient: it is theirs, not the team's."""
    until: date | None = None
    """The last day of an access that ends."""


@dataclass(frozen=True)
class Page:
    """Part of the list. `total` and `unread` count all that the person has, of the dossier where one was named."""

    lines: tuple[Line, ...]
    total: int
    unread: int
    more: bool


async def page(
    session: AsyncSession, account_id: str, *, dossier: str | None, unread: bool, before: int | None, size: int, titles: bool
) -> Page:
    """Return the newest lines, or those older than the notification `before`; one that is not the person's counts for none."""
    mine: list[ColumnElement[bool]] = [Notice.account_id == account_id]
    if dossier is not None:
        mine.append(Notice.dossier == dossier)
    counts = select(func.count(), func.count().filter(Notice.read_at.is_(None))).where(*mine)
    total, unread_count = (await session.execute(counts)).one()
    wanted = [*mine, Notice.read_at.is_(None)] if unread else mine
    if before is not None:
        last = await session.get(Notice, before)
        if last is not None and last.account_id == account_id:
            wanted = [*wanted, _older(last)]
    query = select(Notice, Event.data).join(Event, Event.id == Notice.event_id).where(*wanted)
    rows = (await session.execute(query.order_by(Notice.occurred_at.desc(), Notice.id.desc()).limit(size + 1))).all()
    return Page(tuple(_line(row, account_id, titles=titles) for row in rows[:size]), total, unread_count, len(rows) > size)


def _older(last: Notice) -> ColumnElement[bool]:
    return or_(Notice.occurred_at < last.occurred_at, and_(Notice.occurred_at == last.occurred_at, Notice.id < last.id))


def _line(row: Row[Notice, dict[str, Any]], account_id: str, *, titles: bool) -> Line:
    notice, data = row
    shown = titles or CATEGORY_OF.get(notice.kind) is Category.SERVICE
    return Line(
        id=notice.id,
        kind=notice.kind,
        dossier=notice.dossier,
        author=notice.author,
        title=str(data.get("title") or "") if shown else "",
        url=data.get("url"),
        occurred_at=notice.occurred_at,
        urgent=notice.urgent,
        read=notice.read_at is not None,
        mine=account_id in (data.get("recipients") or ()),
        until=until_of(data),
    )


async def count_announced(session: AsyncSession, account_id: str) -> int:
    """Return how many unread notifications were announced in the web chat: what is muted, refused or not due yet is only listed."""
    announced = exists().where(NoticeSend.notice_id == Notice.id, NoticeSend.way == DeliveryChannel.SPHERE, NoticeSend.state == HANDED)
    query = select(func.count()).where(Notice.account_id == account_id, Notice.read_at.is_(None), announced)
    return await session.scalar(query) or 0
