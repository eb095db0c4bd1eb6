"""Who takes part in a dossier now, as the platform tells it, remembered for a moment: many people share one dossier."""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from bot.core.clock import Clock
from bot.core.errors import log_error
from bot.dossiers.care_teams import CareTeams
from bot.dossiers.errors import NotAMember, UnknownDossier
from bot.fhir.client import FhirError, FhirUnavailable

KEPT = timedelta(seconds=15)
"""How long an answer of the platform holds: a pass over everybody whose notices fall due at one hour."""
AT_ONCE = 4
"""Dossiers asked for at a time."""
_MOST = 2_000


@dataclass(frozen=True)
class CachedCareTeam:
    """The care team of a dossier: by account, the name that the team shows; by reference of the member, the account."""

    names: Mapping[str, str] = field(default_factory=dict)
    accounts: Mapping[str, str] = field(default_factory=dict)


NOBODY = CachedCareTeam()
"""Of a dossier that does not exist any more, or has no team."""


class CareTeamCache:
    """Asks the platform for care teams."""

    def __init__(self, teams: CareTeams, clock: Clock) -> None:
        self._teams, self._clock = teams, clock
        self._known: dict[str, tuple[datetime, CachedCareTeam]] = {}

    async def of(self, dossier: str, *, fresh: bool = False) -> CachedCareTeam:
        """The team of a dossier; `fresh`: as it is at this moment. Raises the errors of `bot.fhir.client`."""
        now = self._clock.now()
        asked_at, circle = self._known.get(dossier, (None, NOBODY))
        if asked_at is None or fresh or abs(now - asked_at) >= KEPT:
            circle = await self._ask(dossier)
            if len(self._known) >= _MOST:
                self._known.clear()
            self._known[dossier] = (now, circle)
        return circle

    async def several(self, dossiers: Collection[str]) -> dict[str, CachedCareTeam | None]:
        """The teams of these dossiers; None where the platform does not tell."""
        free = asyncio.Semaphore(AT_ONCE)
        away = False

        async def one(dossier: str) -> CachedCareTeam | None:
            nonlocal away
            async with free:
                try:
                    return None if away else await self.of(dossier)
                except FhirError as error:
                    if not away:
                        log_error(error, "asking who still takes part in a dossier")
                    away = isinstance(error, FhirUnavailable)  # the others need not wait for it one by one
                    return None

        wanted = sorted(dossiers)
        return dict(zip(wanted, await asyncio.gather(*map(one, wanted)), strict=True))

    async def _ask(self, dossier: str) -> CachedCareTeam:
        try:
            team = await self._teams.read(dossier)
        except (UnknownDossier, NotAMember):
            return NOBODY
        seats = [seat for seat in team.participants if seat.account_id]
        return CachedCareTeam(
            {seat.account_id or "": seat.display for seat in seats},
            {seat.reference: seat.account_id or "" for seat in seats},
        )
