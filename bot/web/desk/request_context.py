"""What is shown beside an account request: the nearest people of the directory, what the ROR says, whether there is an account already."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

from bot.accounts.comparison import Candidate, candidates_of, live_query, nearest_candidates
from bot.accounts.directory_record import Fiche
from bot.accounts.registry import Account
from bot.accounts.requests import AccountRequests
from bot.core.errors import log_error
from bot.directory.errors import DirectoryUnavailable
from bot.directory.live.lookup import NotLookedUp
from bot.directory.live.regional import RorPresence, RorUnavailable
from bot.directory.search import Directory
from bot.fhir.errors import FhirError
from bot.live_directories import LiveDirectories


@dataclass(frozen=True)
class FromDirectory:
    """The nearest people; whether there is no imported list, and whether it alone was looked at since the live one did not answer."""

    candidates: list[Candidate]
    is_unavailable: bool = False
    is_local_only: bool = False


@dataclass(frozen=True)
class RequestContext:
    """What is shown beside a request, and which of it is not available now."""

    directory: FromDirectory
    account: Account | None
    platform_unavailable: bool
    asks_ror: bool
    """Whether there is a ROR to ask: without one the page does not speak of it."""
    ror: RorPresence | None
    """What the ROR says of the person; None where it does not answer, or there is no RPPS to ask it by."""


class RequestContexts:
    """Finds what is shown beside a request; what does not answer is left out, and said."""

    def __init__(self, requests: AccountRequests, directory: Directory, live: LiveDirectories) -> None:
        self._requests, self._directory, self._live = requests, directory, live

    async def of(self, fiche: Fiche) -> RequestContext:
        """Return the context of a request for this person."""
        (account, is_down), directory, ror = await asyncio.gather(self._account(fiche), self._nearest(fiche), self._presence(fiche))
        return RequestContext(directory, account, is_down, self._live.regional is not None, ror)

    async def _account(self, fiche: Fiche) -> tuple[Account | None, bool]:
        try:
            return await self._requests.existing_account(fiche), False
        except FhirError as error:
            log_error(error, "looking for an account beside a request")
            return None, True

    async def _nearest(self, fiche: Fiche) -> FromDirectory:
        candidates, is_unavailable = [], False
        try:
            candidates = await asyncio.to_thread(nearest_candidates, self._directory, fiche)
        except DirectoryUnavailable:
            is_unavailable = True
        if candidates or self._live.lookup is None:
            return FromDirectory(candidates, is_unavailable)
        try:
            matches = await self._live.lookup.search(live_query(fiche))
        except NotLookedUp:
            return FromDirectory([], is_unavailable, is_local_only=not is_unavailable)
        return FromDirectory(candidates_of(fiche, [match.professional for match in matches]))

    async def _presence(self, fiche: Fiche) -> RorPresence | None:
        if self._live.regional is None or not fiche.rpps:
            return None
        try:
            return await self._live.regional.presence(fiche.rpps)
        except RorUnavailable:
            return None
