"""Where a person can be told at this moment, as the page of notifications shows it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from sqlalchemy import select

from bot.core.clock import Clock
from bot.core.database import Database
from bot.identity.deep_links import link_channels
from bot.identity.tables import ChatLink
from bot.messaging.tables import Conversation
from bot.notifications.kinds import CHATS, DeliveryChannel
from bot.notifications.tables import NotificationPerson
from bot.settings import Settings


class State(StrEnum):
    """Whether a person has a way."""

    THERE = "there"
    CLOSED = "closed"
    """Their chat cannot be written to: blocked, uninstalled."""
    MISSING = "missing"
    """They could have it."""


@dataclass(frozen=True)
class Reach:
    """The ways of one person that there are here: those that are not configured are left out."""

    states: Mapping[DeliveryChannel, State]

    @property
    def ways(self) -> tuple[DeliveryChannel, ...]:
        """Those that they have."""
        return tuple(way for way, state in self.states.items() if state is State.THERE)


async def reach_of(database: Database, clock: Clock, settings: Settings, account_id: str, *, email: str | None) -> Reach:
    """From the chats that are linked now. `email`: the account's address; None: as the platform last told it."""
    linked = select(Conversation.channel, Conversation.closed_at).join(ChatLink, ChatLink.conversation_id == Conversation.id)
    async with database.reading() as session:
        rows = (await session.execute(linked.where(ChatLink.account_id == account_id, ChatLink.expires_at > clock.now()))).all()
        if email is None:
            person = await session.get(NotificationPerson, account_id)
            email = person.email if person is not None else ""
    chats: dict[str, State] = {}
    for channel, closed_at in rows:
        if closed_at is None or channel not in chats:
            chats[channel] = State.THERE if closed_at is None else State.CLOSED
    states = {way: chats.get(way, State.MISSING) for way in CHATS if way in chats or way in link_channels(settings)}
    return Reach(states | {DeliveryChannel.MAIL: State.THERE if email else State.MISSING, DeliveryChannel.SPHERE: State.THERE})
