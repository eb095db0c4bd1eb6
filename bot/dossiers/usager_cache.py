"""Cache of the usagers of accounts' dossiers, for as long as redaction needs them: in memory only, never on disk."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Collection
from contextvars import Context
from datetime import datetime, timedelta

from bot.core.clock import Clock
from bot.core.errors import log_error
from bot.dossiers.dossiers import Dossiers
from bot.dossiers.records import AccountReference, Usager

TTL = timedelta(seconds=60)
"""Age of an entry from which the platform is asked again."""
WAIT_SECONDS = 3.5
"""How long the platform is waited for before one goes on with what is known: a message waits for it."""
MAX_ENTRIES = 5_000
"""Accounts and dossiers in the cache at most."""


class UsagerCache:
    """Keeps the usagers of accounts' dossiers, and of dossiers, as the platform last gave them; concurrent requests share one call."""

    def __init__(self, dossiers: Dossiers, clock: Clock) -> None:
        self._dossiers, self._clock = dossiers, clock
        self._entries: dict[str, tuple[datetime, tuple[Usager, ...] | None]] = {}
        self._fetches: dict[str, asyncio.Task[tuple[Usager, ...] | None]] = {}

    async def of_account(self, account_id: str) -> tuple[Usager, ...]:
        """Return the usagers of the account's dossiers; while the platform does not answer, those known last. Never raises."""
        return await self.of_account_if_known(account_id) or ()

    async def of_account_if_known(self, account_id: str) -> tuple[Usager, ...] | None:
        """Return the same as `of_account`, but None where the platform never answered for this account."""
        return await self._cached(account_id, lambda: self._of_member(account_id))

    async def of_dossiers(self, references: Collection[str]) -> tuple[Usager, ...] | None:
        """Return the usagers of these dossiers, or None where the platform never answered for one of them."""
        found: list[Usager] = []
        for reference in references:
            usagers = await self._cached(f"dossier:{reference}", lambda: self._of_dossier(reference))  # noqa: B023 - awaited here
            if usagers is None:
                return None
            found += usagers
        return tuple(found)

    def invalidate(self, account_id: str) -> None:
        """Drop the entry of an account, because a dossier was opened or somebody was added to one."""
        self._entries.pop(account_id, None)

    async def _cached(self, key: str, fetch: Callable[[], Awaitable[tuple[Usager, ...]]]) -> tuple[Usager, ...] | None:
        fetched_at, usagers = self._entries.get(key, (None, None))
        if fetched_at is not None and abs(self._clock.now() - fetched_at) < TTL:
            return usagers
        if key not in self._fetches:
            # In a context of its own: it goes on for the others when the time of who began it is over.
            self._fetches[key] = asyncio.get_running_loop().create_task(self._fetch(key, fetch, usagers), context=Context())
            self._fetches[key].add_done_callback(lambda _: self._fetches.pop(key))
        try:
            async with asyncio.timeout(WAIT_SECONDS):
                return await asyncio.shield(self._fetches[key])
        except TimeoutError:
            return usagers

    async def _fetch(
        self, key: str, fetch: Callable[[], Awaitable[tuple[Usager, ...]]], usagers: tuple[Usager, ...] | None
    ) -> tuple[Usager, ...] | None:
        try:
            usagers = await fetch()
        except Exception as error:  # redaction goes on with what is known and what the text itself shows
            log_error(error, "fetching the usagers to redact")
        if len(self._entries) >= MAX_ENTRIES:
            self._entries.clear()
        self._entries[key] = (self._clock.now(), usagers)
        return usagers

    async def _of_member(self, account_id: str) -> tuple[Usager, ...]:
        found = await self._dossiers.of_member(AccountReference(account_id))
        return tuple(identity for dossier in found for identity in dossier.usager.identities)

    async def _of_dossier(self, reference: str) -> tuple[Usager, ...]:
        usager = await self._dossiers.usager(reference)
        return usager.identities if usager is not None else ()
