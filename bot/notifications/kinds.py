"""The vocabulary of notifications: categories of events, delivery channels, delivery modes."""

from __future__ import annotations

from enum import StrEnum


class Category(StrEnum):
    """A family of events, for which a person sets preferences."""

    ACCESS = "access"
    TEAM = "team"
    DOCUMENTS = "documents"
    MESSAGES = "messages"
    APPOINTMENTS = "appointments"
    ACCOUNT = "account"
    SERVICE = "service"


class DeliveryChannel(StrEnum):
    """Where a person can be notified, in the order in which one takes over from a missing one; `SPHERE` never does."""

    TELEGRAM = "telegram"
    TEAMS = "teams"
    MAIL = "mail"
    SPHERE = "sphere"
    """SPHERE's own list: the bell of the web chat. It keeps every notification; its mode says when one is announced there."""


CHATS = (DeliveryChannel.TELEGRAM, DeliveryChannel.TEAMS)
"""Channels that are chats outside SPHERE."""


class Mode(StrEnum):
    """When a category is delivered on a channel."""

    NOW = "now"
    DIGEST = "digest"
    NEVER = "never"


CATEGORY_OF = {
    "access.granted": Category.ACCESS,
    "access.ended": Category.ACCESS,
    "access.ending": Category.ACCESS,
    "access.expired": Category.ACCESS,
    "access.dated": Category.ACCESS,
    "team.joined": Category.TEAM,
    "team.left": Category.TEAM,
    "document.added": Category.DOCUMENTS,
    "note.added": Category.DOCUMENTS,
    "message.received": Category.MESSAGES,
    "appointment.set": Category.APPOINTMENTS,
    "stay.changed": Category.APPOINTMENTS,
    "account.updated": Category.ACCOUNT,
    "service.notice": Category.SERVICE,
}
"""The category of each kind of event: those of the platform (`bot.notifications.cloudevents.KINDS`), stays that others declare
(`bot.notifications.communication_requests`), and three of our own (`bot.notifications.access_dates`, `bot.notifications.own_acts`)."""

PASS_MUTES = frozenset({Category.ACCOUNT, Category.SERVICE})
"""Categories that a mute does not silence."""
