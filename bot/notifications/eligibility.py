"""What is asked of the platform before somebody is handed what falls due: whether they still take part, where their mails go.

Outside any transaction; an answer holds for the moment at which it is used.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from sqlalchemy import select

from bot.core.database import Database
from bot.core.errors import log_error
from bot.fhir.errors import FhirError
from bot.notifications.care_team_cache import CareTeamCache
from bot.notifications.kinds import DeliveryChannel
from bot.notifications.reachability import NOWHERE, Reaching
from bot.notifications.recipients import EmailAddresses
from bot.notifications.tables import WAITING, Event, Notice, NoticeSend

SOON = timedelta(minutes=1)
"""A notice that is older is told only to somebody of whom the platform says that they still take part."""

SafeUrl = Callable[[str, str], Awaitable[bool]]
"""Whether nothing of an usager whom an account knows stands in a URL."""


@dataclass
class Eligibility:
    """Answers of the platform."""

    taking_part: dict[tuple[str, str], bool | None] = field(default_factory=dict)
    """By account and dossier; None: the platform does not tell; absent: nobody asked."""
    urls: set[tuple[str, int]] = field(default_factory=set)
    """(account, event) whose URL may leave SPHERE."""
    addresses: set[str] = field(default_factory=set)
    """Accounts whose address was asked for."""


def needs_check(kind: str, dossier: str | None, created_at: datetime, now: datetime) -> bool:
    """Whether it must be asked if the person still takes part; that an access ended is told to whom it ended."""
    return dossier is not None and kind != "access.ended" and now - created_at > SOON


class EligibilityCheck:
    """Asks for everything that the people whose time has come need."""

    def __init__(
        self, database: Database, circles: CareTeamCache, addresses: EmailAddresses, reaching: Reaching, safe_url: SafeUrl
    ) -> None:
        self._database, self._circles, self._addresses = database, circles, addresses
        self._reaching, self._safe_url = reaching, safe_url

    async def ask(self, accounts: Collection[str], now: datetime) -> Eligibility:
        """For what is due of these accounts. Never raises for want of the platform."""
        checked, by_mail = Eligibility(), set[str]()
        due = (
            select(NoticeSend.account_id, NoticeSend.way, Notice.kind, Notice.dossier, Notice.created_at, Event.id, Event.data["url"])
            .join(Notice, Notice.id == NoticeSend.notice_id)
            .join(Event, Event.id == Notice.event_id)
            .where(NoticeSend.account_id.in_(accounts), NoticeSend.state == WAITING, NoticeSend.due_at <= now)
        )
        async with self._database.reading() as session:
            rows = (await session.execute(due)).all()
            reach = await self._reaching(session, accounts, now)
        wanted: dict[str, set[str]] = {}
        urls: dict[tuple[str, int], str] = {}
        for account_id, way, kind, dossier, created_at, event_id, url in rows:
            if dossier is not None and needs_check(kind, dossier, created_at, now):
                wanted.setdefault(dossier, set()).add(account_id)
            if way == DeliveryChannel.MAIL or not reach.get(account_id, NOWHERE).chats:
                by_mail.add(account_id)
            if url and way != DeliveryChannel.SPHERE:
                urls[account_id, event_id] = url
        for dossier, circle in (await self._circles.several(wanted)).items():
            for account_id in wanted[dossier]:
                checked.taking_part[account_id, dossier] = None if circle is None else account_id in circle.names
        checked.urls = {key for key, url in urls.items() if await self._safe_url(key[0], url)}
        await self._refresh(by_mail)
        checked.addresses = by_mail
        return checked

    async def _refresh(self, accounts: Collection[str]) -> None:
        try:
            if accounts:
                await self._addresses.refresh(accounts)
        except FhirError as error:  # those that are known are used meanwhile; the others wait
            log_error(error, "asking where mails go")
