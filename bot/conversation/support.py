"""What the gateway, the desk and the clock share of support: hours, deadlines, words, queues."""

from __future__ import annotations

from dataclasses import dataclass

from bot.clock import Clock
from bot.conversation.announcing import Announcer
from bot.settings import Settings
from bot.support.hours import OpeningHours, hours_of
from bot.support.terms import Terms
from bot.support.words import Words


@dataclass(frozen=True)
class Support:
    """The rules of one installation."""

    hours: OpeningHours
    terms: Terms
    announcer: Announcer
    queues: tuple[str, ...]
    """Names of the queues; what comes in goes to the first."""

    @classmethod
    def of(cls, settings: Settings, clock: Clock) -> Support:
        """Raises SettingsError."""
        hours = hours_of(settings, clock)
        queues = tuple(name.strip() for name in settings.support_queues.split(","))
        return cls(hours, Terms(settings, hours), Announcer(Words(settings, hours)), queues)
