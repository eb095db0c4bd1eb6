"""The rules of support that handover, desk and timeouts share: hours, timeouts, messages, queues."""

from __future__ import annotations

from dataclasses import dataclass

from bot.core.clock import Clock
from bot.settings import Settings
from bot.support.opening_hours import OpeningHours, load_hours
from bot.support.system_messages import SystemMessages
from bot.support.texts import SupportTexts
from bot.support.timeouts import Timeouts


@dataclass(frozen=True)
class SupportPolicy:
    """The rules of one installation."""

    hours: OpeningHours
    timeouts: Timeouts
    messages: SystemMessages
    queues: tuple[str, ...]
    """Names of the queues; new tickets go to the first."""

    @classmethod
    def load(cls, settings: Settings, clock: Clock) -> SupportPolicy:
        """Read the rules from the settings. Raise SettingsError."""
        hours = load_hours(settings, clock)
        queues = tuple(name.strip() for name in settings.support_queues.split(","))
        return cls(hours, Timeouts(settings, hours), SystemMessages(SupportTexts(settings, hours)), queues)
