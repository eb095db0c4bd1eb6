"""By which ways a person can be reached at a moment: told by whoever knows chats (`bot.notifications.notification_worker`)."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from sqlalchemy.ext.asyncio import AsyncSession

from bot.notifications.kinds import CHATS, DeliveryChannel


@dataclass(frozen=True)
class Reachability:
    """The chats of one person: by way, the conversation that is used; and since when the only ones that there are, are closed."""

    chats: Mapping[DeliveryChannel, str] = field(default_factory=dict)
    closed: Mapping[DeliveryChannel, datetime] = field(default_factory=dict)

    def ways(self, email: str) -> frozenset[DeliveryChannel]:
        """The ways that the person has; SPHERE's list is everybody's, whether or not a web chat announces it."""
        chats = {way for way in CHATS if way in self.chats}
        return frozenset({*chats, DeliveryChannel.SPHERE, *([DeliveryChannel.MAIL] if email else [])})


NOWHERE = Reachability()


class Reaching(Protocol):
    """Looks up who is reached how, in the caller's transaction."""

    async def __call__(self, session: AsyncSession, accounts: Collection[str], now: datetime) -> Mapping[str, Reachability]:
        """By account; one without any chat may be missing."""
        ...
