"""By which channels a person can be notified at this moment, as the page of notifications shows it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from bot.core.clock import Clock
from bot.core.database import Database
from bot.identity.deep_links import link_channels
from bot.notifications.kinds import CHATS, DeliveryChannel
from bot.notifications.reachability import Reachability, ReachabilityLookup
from bot.notifications.tables import NotificationPerson
from bot.settings import Settings


class ChannelState(StrEnum):
    """Whether a person has a channel."""

    THERE = "there"
    CLOSED = "closed"
    """Their chat cannot be written to: blocked, uninstalled."""
    MISSING = "missing"
    """They could have it."""


@dataclass(frozen=True)
class ChannelStatus:
    """The channels that exist here, for one person: those that are not configured are left out."""

    states: Mapping[DeliveryChannel, ChannelState]

    @property
    def channels(self) -> tuple[DeliveryChannel, ...]:
        """Those that the person has."""
        return tuple(channel for channel, state in self.states.items() if state is ChannelState.THERE)


async def channel_status(database: Database, clock: Clock, settings: Settings, account_id: str, *, email: str | None) -> ChannelStatus:
    """Return the status by the chats that are linked now. `email`: the account's address; None: as the platform last gave it."""
    async with database.reading() as session:
        reachability = await ReachabilityLookup().find_one(session, account_id, clock.now())
        if email is None:
            person = await session.get(NotificationPerson, account_id)
            email = person.email if person is not None else ""
    states = {channel: _chat_state(reachability, channel) for channel in CHATS}
    configured = link_channels(settings)
    shown = {channel: state for channel, state in states.items() if state is not ChannelState.MISSING or channel in configured}
    mail = ChannelState.THERE if email else ChannelState.MISSING
    return ChannelStatus(shown | {DeliveryChannel.MAIL: mail, DeliveryChannel.SPHERE: ChannelState.THERE})


def _chat_state(reachability: Reachability, channel: DeliveryChannel) -> ChannelState:
    if channel in reachability.chats:
        return ChannelState.THERE
    return ChannelState.CLOSED if channel in reachability.closed else ChannelState.MISSING
