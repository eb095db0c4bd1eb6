"""Dossiers as far as an action may know of them: on an external channel, by their reference alone.

What an action was never given it cannot say. No other module of `actions` touches the capability itself, which a test checks.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from actions.times import numeric
from bot.dossiers.dossiers import Dossier, Dossiers
from bot.dossiers.records import Practitioner, Usager


class IdentityNotHere(Exception):
    """The identity of an usager was about to be used on an external channel."""


@dataclass(frozen=True)
class SeenDossier:
    """A dossier. `label` is « SPH-2024-000137 – Jeanne Durand (12/03/1948) » in the trusted web chat, the reference elsewhere."""

    reference: str
    label: str


class SeenDossiers:
    """The platform's dossiers, seen from one channel. Methods raise what those of `bot.dossiers.dossiers.Dossiers` do."""

    def __init__(self, dossiers: Dossiers, *, trusted: bool) -> None:
        self._dossiers, self._trusted = dossiers, trusted

    async def own(self, member: Practitioner) -> list[SeenDossier]:
        """Those that the member takes part in now, the newest team first."""
        return self._seen(await self._dossiers.of_member(member))

    async def get(self, reference: str, member: Practitioner) -> SeenDossier:
        """The dossier of this reference. Raises UnknownDossier, NotAMember."""
        return self._see(await self._dossiers.get(reference, member))

    async def search(self, member: Practitioner, *, name: str | None, birth_date: date | None) -> list[SeenDossier]:
        """The member's own whose usager fits. Raises IdentityNotHere on an external channel."""
        self._check()
        return self._seen(await self._dossiers.search(member, name=name, birth_date=birth_date))

    async def possible_duplicates(self, member: Practitioner, usager: Usager) -> tuple[list[SeenDossier], int]:
        """The member's own that may be of this usager, and how many of others. Raises IdentityNotHere on an external channel."""
        self._check()
        own, others = await self._dossiers.possible_duplicates(member, usager)
        return self._seen(own), others

    async def create(self, usager: Usager, member: Practitioner, key: str, *, channel: str, conversation_id: str) -> str:
        """Open a dossier; its reference. Raises IdentityNotHere on an external channel, and Pending."""
        self._check()
        return (await self._dossiers.create(usager, member, key, channel=channel, conversation_id=conversation_id)).reference

    def _check(self) -> None:
        if not self._trusted:
            raise IdentityNotHere

    def _seen(self, dossiers: Iterable[Dossier]) -> list[SeenDossier]:
        return [self._see(dossier) for dossier in dossiers]

    def _see(self, dossier: Dossier) -> SeenDossier:
        if not self._trusted:
            return SeenDossier(dossier.reference, dossier.reference)
        usager = dossier.usager
        born = f" ({numeric(usager.birth_date)})" if usager.birth_date else ""
        return SeenDossier(dossier.reference, f"{dossier.reference} – {usager.given} {usager.family}{born}")
