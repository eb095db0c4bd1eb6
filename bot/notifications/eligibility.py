"""Eligibility: what the platform is asked before a dispatch: whether people are still in the care team, and where their mails go.

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
from bot.notifications.reachability import UNREACHABLE, ReachabilityLookup
from bot.notifications.recipients import EmailAddresses
from bot.notifications.tables import WAITING, Event, Notice, NoticeSend

FRESH = timedelta(minutes=1)
"""An older notification is dispatched only to somebody whom the platform confirms to be in the care team."""

SafeUrl = Callable[[str, str], Awaitable[bool]]
"""Returns whether a URL contains nothing of an usager whom the account knows."""


@dataclass
class Eligibility:
    """Answers of the platform."""

    members: dict[tuple[str, str], bool | None] = field(default_factory=dict)
    """Whether an account is in a dossier's care team; None: the platform does not answer; missing: nobody asked."""
    urls: set[tuple[str, int]] = field(default_factory=set)
    """(account, event) whose URL may leave SPHERE."""
    addresses: set[str] = field(default_factory=set)
    """Accounts whose address was asked for."""


def needs_check(kind: str, dossier: str | None, created_at: datetime, now: datetime) -> bool:
    """Return whether membership must be checked; that an access ended is told to whom it ended."""
    return dossier is not None and kind != "access.ended" and now - created_at > FRESH


class EligibilityCheck:
    """Asks the platform what dispatching needs to know."""

    def __init__(
        self, database: Database, care_teams: CareTeamCache, addresses: EmailAddresses, lookup: ReachabilityLookup, safe_url: SafeUrl
    ) -> None:
        self._database, self._care_teams, self._addresses = database, care_teams, addresses
        self._lookup, self._safe_url = lookup, safe_url

    async def check(self, accounts: Collection[str], now: datetime) -> Eligibility:
        """Check what is due of these accounts. Never raise because the platform is away."""
        checked, by_mail = Eligibility(), set[str]()
        due = (
            select(NoticeSend.account_id, NoticeSend.way, Notice.kind, Notice.dossier, Notice.created_at, Event.id, Event.data["url"])
            .join(Notice, Notice.id == NoticeSend.notice_id)
            .join(Event, Event.id == Notice.event_id)
            .where(NoticeSend.account_id.in_(accounts), NoticeSend.state == WAITING, NoticeSend.due_at <= now)
        )
        async with self._database.reading() as session:
            rows = (await session.execute(due)).all()
            reachability = await self._lookup.find(session, accounts, now)
        wanted: dict[str, set[str]] = {}
        urls: dict[tuple[str, int], str] = {}
        for account_id, channel, kind, dossier, created_at, event_id, url in rows:
            if dossier is not None and needs_check(kind, dossier, created_at, now):
                wanted.setdefault(dossier, set()).add(account_id)
            if channel == DeliveryChannel.MAIL or not reachability.get(account_id, UNREACHABLE).chats:
                by_mail.add(account_id)
            if url and channel != DeliveryChannel.SPHERE:
                urls[account_id, event_id] = url
        for dossier, team in (await self._care_teams.get_many(wanted)).items():
            for account_id in wanted[dossier]:
                checked.members[account_id, dossier] = None if team is None else account_id in team.names
        checked.urls = {key for key, url in urls.items() if await self._safe_url(key[0], url)}
        await self._refresh(by_mail)
        checked.addresses = by_mail
        return checked

    async def _refresh(self, accounts: Collection[str]) -> None:
        try:
            if accounts:
                await self._addresses.refresh(accounts)
        except FhirError as error:  # known addresses are used meanwhile; the others wait
            log_error(error, "asking for mail addresses")
