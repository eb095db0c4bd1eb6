"""The words of notifications: categories of events, ways to be told, when."""

from __future__ import annotations

from enum import StrEnum


class Category(StrEnum):
    """What a person sets preferences for: events of one family."""

    ACCESS = "access"
    TEAM = "team"
    DOCUMENTS = "documents"
    MESSAGES = "messages"
    APPOINTMENTS = "appointments"
    ACCOUNT = "account"
    SERVICE = "service"


class DeliveryChannel(StrEnum):
    """Where a person can be told. The order is that in which one takes over from another that is missing; `SPHERE` never does."""

    TELEGRAM = "telegram"
    TEAMS = "teams"
    MAIL = "mail"
    SPHERE = "sphere"
    """SPHERE's own list: the bell of the web chat. It keeps every notice; its mode says when one is announced there."""


CHATS = (DeliveryChannel.TELEGRAM, DeliveryChannel.TEAMS)
"""Ways that are chats on an external channel."""


class Mode(StrEnum):
    """When."""

    NOW = "now"
    DIGEST = "digest"
    NEVER = "never"


CATEGORY_OF = {
    "access.granted": Category.ACCESS,
    "access.ended": Category.ACCESS,
    "team.joined": Category.TEAM,
    "team.left": Category.TEAM,
    "document.added": Category.DOCUMENTS,
    "note.added": Category.DOCUMENTS,
    "message.received": Category.MESSAGES,
    "appointment.set": Category.APPOINTMENTS,
    "account.updated": Category.ACCOUNT,
    "service.notice": Category.SERVICE,
}
"""The category of each kind of event (`bot.notifications.cloudevents.KINDS`)."""

PASS_MUTES = frozenset({Category.ACCOUNT, Category.SERVICE})
"""Categories that a mute does not silence."""
