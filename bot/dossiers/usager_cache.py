"""Who the usagers of an account's dossiers are, for as long as a mask needs to know: in memory only, never on disk."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Collection
from dataclasses import dataclass
from datetime import datetime, timedelta

from bot.core.clock import Clock
from bot.core.errors import log_error
from bot.dossiers.dossiers import Dossiers
from bot.dossiers.records import Usager

TTL = timedelta(seconds=60)
"""After that the platform is asked again."""
MAX_ENTRIES = 5_000
"""Accounts and dossiers."""


@dataclass(frozen=True)
class _Member:
    """The account whose dossiers are asked for: nothing but its id matters for that."""

    id: str
    name: str = ""
    profession: str = ""

    @property
    def reference(self) -> str:
        return f"Practitioner/{self.id}"


class UsagerCache:
    """The usagers of accounts' dossiers, and of dossiers, as the platform last told them; those who ask at once are told at once."""

    def __init__(self, dossiers: Dossiers, clock: Clock) -> None:
        self._dossiers, self._clock = dossiers, clock
        self._known: dict[str, tuple[datetime, tuple[Usager, ...] | None]] = {}
        self._asking: dict[str, asyncio.Task[tuple[Usager, ...] | None]] = {}

    async def of(self, account_id: str) -> tuple[Usager, ...]:
        """The usagers of the account's dossiers. While the platform does not answer, those known last; never raises."""
        return await self.certain(account_id) or ()

    async def certain(self, account_id: str) -> tuple[Usager, ...] | None:
        """The same; None where the platform has not told yet, and does not answer."""
        return await self._remembered(account_id, lambda: self._of_member(account_id))

    async def of_dossiers(self, references: Collection[str]) -> tuple[Usager, ...] | None:
        """The usagers of these dossiers; None where the platform has not told all of them yet, and does not answer."""
        found: list[Usager] = []
        for reference in references:
            usagers = await self._remembered(f"dossier:{reference}", lambda: self._of_dossier(reference))  # noqa: B023 - awaited here
            if usagers is None:
                return None
            found += usagers
        return tuple(found)

    def forget(self, account_id: str) -> None:
        """Ask again at the next occasion: a dossier was opened, or somebody was added to one."""
        self._known.pop(account_id, None)

    async def _remembered(self, key: str, ask: Callable[[], Awaitable[tuple[Usager, ...]]]) -> tuple[Usager, ...] | None:
        asked_at, usagers = self._known.get(key, (None, None))
        if asked_at is not None and abs(self._clock.now() - asked_at) < TTL:
            return usagers
        if key not in self._asking:
            self._asking[key] = asyncio.create_task(self._ask(key, ask, usagers))
            self._asking[key].add_done_callback(lambda _: self._asking.pop(key))
        return await asyncio.shield(self._asking[key])

    async def _ask(
        self, key: str, ask: Callable[[], Awaitable[tuple[Usager, ...]]], usagers: tuple[Usager, ...] | None
    ) -> tuple[Usager, ...] | None:
        try:
            usagers = await ask()
        except Exception as error:  # masking goes on with what is known, and with what shows by itself
            log_error(error, "asking for the usagers to mask")
        if len(self._known) >= MAX_ENTRIES:
            self._known.clear()
        self._known[key] = (self._clock.now(), usagers)
        return usagers

    async def _of_member(self, account_id: str) -> tuple[Usager, ...]:
        return tuple(dossier.usager for dossier in await self._dossiers.of_member(_Member(account_id)))

    async def _of_dossier(self, reference: str) -> tuple[Usager, ...]:
        usager = await self._dossiers.usager(reference)
        return (usager,) if usager is not None else ()
