"""Who the usagers of an account's dossiers are, for as long as a mask needs to know: in memory only, never on disk."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from bot.clock import Clock
from bot.dossiers.dossiers import Dossiers
from bot.dossiers.records import Usager
from bot.errors import log_error

KEPT = timedelta(seconds=60)
"""After that the platform is asked again."""
MOST_ACCOUNTS = 5_000


@dataclass(frozen=True)
class _Member:
    """The account whose dossiers are asked for: nothing but its id matters for that."""

    id: str
    name: str = ""
    profession: str = ""

    @property
    def reference(self) -> str:
        return f"Practitioner/{self.id}"


class KnownUsagers:
    """The usagers of accounts' dossiers, as the platform last told them."""

    def __init__(self, dossiers: Dossiers, clock: Clock) -> None:
        self._dossiers, self._clock = dossiers, clock
        self._known: dict[str, tuple[datetime, tuple[Usager, ...]]] = {}

    async def of(self, account_id: str) -> tuple[Usager, ...]:
        """The usagers of the account's dossiers. While the platform does not answer, those known last; never raises."""
        now = self._clock.now()
        asked_at, usagers = self._known.get(account_id, (None, ()))
        if asked_at is not None and abs(now - asked_at) < KEPT:
            return usagers
        try:
            usagers = tuple(dossier.usager for dossier in await self._dossiers.of_member(_Member(account_id)))
        except Exception as error:  # masking goes on with what is known, and with what shows by itself
            log_error(error, "asking for the usagers to mask")
        if len(self._known) >= MOST_ACCOUNTS:
            self._known.clear()
        self._known[account_id] = (now, usagers)
        return usagers

    def forget(self, account_id: str) -> None:
        """Ask again at the next occasion: a dossier was opened, or somebody was added to one."""
        self._known.pop(account_id, None)
