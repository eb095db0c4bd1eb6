"""The dossiers as the turn's channel may show them: on an external channel, by reference alone.

An action cannot say what it was never given. No other module of `actions` uses the capability itself; a test checks that.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from bot.core.written_dates import in_words
from bot.dossiers.dossiers import Dossier, Dossiers
from bot.dossiers.probing import Origin
from bot.dossiers.records import Practitioner, Usager


class IdentityOnExternalChannel(Exception):
    """The identity of an usager must not be used on an external channel."""

    def __init__(self) -> None:
        super().__init__(self.__doc__)


@dataclass(frozen=True)
class VisibleDossier:
    """A dossier. `label` is « SPH-2024-000137 – Jeanne Durand (12/03/1948) » on a trusted channel, the reference on others.

    `given` and `family` are its usager's names, "" on an external channel.
    """

    reference: str
    label: str
    given: str = ""
    family: str = ""


class VisibleDossiers:
    """The platform's dossiers as one channel may show them. Methods raise what those of `bot.dossiers.dossiers.Dossiers` raise."""

    def __init__(self, dossiers: Dossiers, origin: Origin, *, trusted: bool) -> None:
        self._dossiers, self._origin, self._trusted = dossiers, origin, trusted

    async def own(self, member: Practitioner) -> list[VisibleDossier]:
        """Return the dossiers that the member takes part in now, the newest team first."""
        return self._all_visible(await self._dossiers.of_member(member, self._origin))

    async def to_compare(self, member: Practitioner) -> list[VisibleDossier]:
        """Return the same to compare a message's words with: they are not shown, so that no reading is recorded."""
        return self._all_visible(await self._dossiers.of_member(member))

    async def get(self, reference: str, member: Practitioner) -> VisibleDossier:
        """Return the dossier of this reference. Raise NotAMember, LimitReached."""
        return self._visible(await self._dossiers.get(reference, member, self._origin))

    async def search(self, member: Practitioner, *, name: str | None, birth_date: str | None) -> list[VisibleDossier]:
        """Return the member's own dossiers whose usager matches. Raise IdentityOnExternalChannel on an external channel."""
        self._require_trusted()
        return self._all_visible(await self._dossiers.search(member, name=name, birth_date=birth_date, origin=self._origin))

    async def possible_duplicates(self, member: Practitioner, usager: Usager) -> list[VisibleDossier]:
        """Return the member's own dossiers that may be of this usager. Of those of others nothing is known here.

        Raise IdentityOnExternalChannel on an external channel.
        """
        self._require_trusted()
        return self._all_visible(await self._dossiers.possible_duplicates(member, usager, self._origin))

    async def create(self, usager: Usager, member: Practitioner, key: str, *, channel: str, conversation_id: str) -> str:
        """Create a dossier and return its reference. Raise IdentityOnExternalChannel on an external channel, and Pending."""
        self._require_trusted()
        return (await self._dossiers.create(usager, member, key, channel=channel, conversation_id=conversation_id)).reference

    def _require_trusted(self) -> None:
        if not self._trusted:
            raise IdentityOnExternalChannel

    def _all_visible(self, dossiers: Iterable[Dossier]) -> list[VisibleDossier]:
        return [self._visible(dossier) for dossier in dossiers]

    def _visible(self, dossier: Dossier) -> VisibleDossier:
        if not self._trusted:
            return VisibleDossier(dossier.reference, dossier.reference)
        usager = dossier.usager
        born = f" ({in_words(usager.born)})" if usager.born else ""
        label = f"{dossier.reference} – {usager.given} {usager.family}{born}"
        return VisibleDossier(dossier.reference, label, usager.given or "", usager.family or "")
