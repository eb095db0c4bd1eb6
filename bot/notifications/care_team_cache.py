"""The current care team of a dossier, as the platform gives it, cached for a moment: many people share one dossier."""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from bot.core.clock import Clock
from bot.core.errors import log_error
from bot.dossiers.care_teams import CareTeams
from bot.dossiers.errors import NotAMember
from bot.fhir.errors import FhirError, FhirUnavailable

TTL = timedelta(seconds=15)
"""How long an answer of the platform holds: a pass over everybody whose notifications fall due at one hour."""
MAX_CONCURRENT = 4
"""Dossiers asked for at a time."""
_MAX_ENTRIES = 2_000


@dataclass(frozen=True)
class CachedCareTeam:
    """The care team of a dossier: `names` that the team shows, by account; `accounts`, by reference of the member."""

    names: Mapping[str, str] = field(default_factory=dict)
    accounts: Mapping[str, str] = field(default_factory=dict)


EMPTY_TEAM = CachedCareTeam()
"""The team of a dossier that does not exist any more, or has none."""


class CareTeamCache:
    """Asks the platform for care teams, and remembers them."""

    def __init__(self, teams: CareTeams, clock: Clock) -> None:
        self._teams, self._clock = teams, clock
        self._known: dict[str, tuple[datetime, CachedCareTeam]] = {}

    async def get(self, dossier: str, *, fresh: bool = False) -> CachedCareTeam:
        """Return the team of a dossier; `fresh`: as it is at this moment. Raise the errors of `bot.fhir.errors`."""
        now = self._clock.now()
        asked_at, team = self._known.get(dossier, (None, EMPTY_TEAM))
        if asked_at is None or fresh or abs(now - asked_at) >= TTL:
            team = await self._ask(dossier)
            if len(self._known) >= _MAX_ENTRIES:
                self._known.clear()
            self._known[dossier] = (now, team)
        return team

    async def get_many(self, dossiers: Collection[str]) -> dict[str, CachedCareTeam | None]:
        """Return the teams of these dossiers; None where the platform does not answer."""
        free = asyncio.Semaphore(MAX_CONCURRENT)
        away = False

        async def one(dossier: str) -> CachedCareTeam | None:
            nonlocal away
            async with free:
                try:
                    return None if away else await self.get(dossier)
                except FhirError as error:
                    if not away:
                        log_error(error, "asking who still takes part in a dossier")
                    away = isinstance(error, FhirUnavailable)  # the others need not wait for it one by one
                    return None

        wanted = sorted(dossiers)
        return dict(zip(wanted, await asyncio.gather(*map(one, wanted)), strict=True))

    async def _ask(self, dossier: str) -> CachedCareTeam:
        try:
            found = await self._teams.read(dossier)
        except NotAMember:
            return EMPTY_TEAM
        seats = [seat for seat in found.participants if seat.account_id]
        return CachedCareTeam(
            {seat.account_id or "": seat.display for seat in seats},
            {seat.reference: seat.account_id or "" for seat in seats},
        )
