"""What the gateway, the desk and the clock share of support: hours, deadlines, words, queues."""

from __future__ import annotations

from dataclasses import dataclass

from bot.core.clock import Clock
from bot.settings import Settings
from bot.support.opening_hours import OpeningHours, hours_of
from bot.support.system_messages import SystemMessages
from bot.support.texts import SupportTexts
from bot.support.timeouts import Timeouts


@dataclass(frozen=True)
class SupportPolicy:
    """The rules of one installation."""

    hours: OpeningHours
    terms: Timeouts
    announcer: SystemMessages
    queues: tuple[str, ...]
    """Names of the queues; what comes in goes to the first."""

    @classmethod
    def of(cls, settings: Settings, clock: Clock) -> SupportPolicy:
        """Raises SettingsError."""
        hours = hours_of(settings, clock)
        queues = tuple(name.strip() for name in settings.support_queues.split(","))
        return cls(hours, Timeouts(settings, hours), SystemMessages(SupportTexts(settings, hours)), queues)
