"""By which channels people can be reached at a moment: the one place that knows who is linked to which chat, open or closed."""

from __future__ import annotations

from collections.abc import Collection, Container, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from bot.identity.tables import ChatLink
from bot.messaging.ports import FETCHED, Conversation
from bot.notifications.kinds import CHATS, DeliveryChannel


@dataclass(frozen=True)
class Reachability:
    """The chats of one person. A channel is in one of the two mappings, or in none where the person has no chat there."""

    chats: Mapping[DeliveryChannel, str] = field(default_factory=dict)
    """The conversation that is used, by channel; `SPHERE` is a web chat."""
    closed: Mapping[DeliveryChannel, datetime] = field(default_factory=dict)
    """Since when the only chats there are, by channel, cannot be written to: blocked, uninstalled."""

    def channels(self, email: str) -> frozenset[DeliveryChannel]:
        """Return the channels that the person has; SPHERE's list is everybody's, whether or not a web chat announces it."""
        chats = {channel for channel in CHATS if channel in self.chats}
        return frozenset({*chats, DeliveryChannel.SPHERE, *([DeliveryChannel.MAIL] if email else [])})


UNREACHABLE = Reachability()
"""Of somebody without any chat."""


class ReachabilityLookup:
    """Looks up who is reached by which chat: of several on one channel, the open one that was linked last."""

    def __init__(self, channels: Container[str] = CHATS) -> None:
        """`channels`: names of those that run here; a chat on another one is not there."""
        self._channels = channels

    async def find(self, session: AsyncSession, accounts: Collection[str], now: datetime) -> dict[str, Reachability]:
        """Return the reachability of these accounts, in the caller's transaction; one without any chat is missing."""
        linked = (
            select(ChatLink.account_id, Conversation.channel, Conversation.id, Conversation.closed_at)
            .join(Conversation, Conversation.id == ChatLink.conversation_id)
            .where(ChatLink.account_id.in_(accounts), ChatLink.expires_at > now)
            .order_by(ChatLink.linked_at.desc(), Conversation.id)
        )
        chats: dict[str, dict[DeliveryChannel, str]] = {}
        closed: dict[str, dict[DeliveryChannel, datetime]] = {}
        for account_id, name, conversation_id, closed_at in await session.execute(linked):
            channel = self._channel(name)
            if channel is not None and closed_at is None:
                chats.setdefault(account_id, {}).setdefault(channel, conversation_id)
            elif channel is not None and closed_at is not None:
                closed.setdefault(account_id, {}).setdefault(channel, closed_at)
        return {
            account_id: Reachability(
                chats.get(account_id, {}),
                {channel: at for channel, at in closed.get(account_id, {}).items() if channel not in chats.get(account_id, {})},
            )
            for account_id in {*chats, *closed}
        }

    async def find_one(self, session: AsyncSession, account_id: str, now: datetime) -> Reachability:
        """Return the reachability of one account, in the caller's transaction."""
        return (await self.find(session, [account_id], now)).get(account_id, UNREACHABLE)

    def _channel(self, name: str) -> DeliveryChannel | None:
        if name in FETCHED:
            return DeliveryChannel.SPHERE
        return DeliveryChannel(name) if name in CHATS and name in self._channels else None
