"""How long each state of a ticket may last."""

from __future__ import annotations

from datetime import datetime, timedelta

from bot.settings import Settings
from bot.support.opening_hours import OpeningHours
from bot.support.records import TicketState


class Timeouts:
    """The timeouts of one installation."""

    def __init__(self, settings: Settings, hours: OpeningHours) -> None:
        self._hours = hours
        self._wait = timedelta(minutes=settings.support_wait_minutes)
        self._message = timedelta(minutes=settings.support_message_minutes)
        self.silence = timedelta(minutes=settings.support_silence_minutes)
        """How long a conversation with an agent lasts in which nobody writes."""
        self.reopen_within = timedelta(hours=settings.support_reopen_hours)
        """How long after its closing a user may reopen a ticket."""

    def deadline(self, state: TicketState, now: datetime) -> datetime | None:
        """Return when a state that begins now, or whose silence begins again, ends by itself; None: not by time."""
        if state is TicketState.WAITING:  # nobody is waited for after closing time
            closes = self._hours.closes_at(now)
            return min(now + self._wait, closes) if closes is not None else now
        if state is TicketState.WRITING:
            return now + self._message
        if state is TicketState.AGENT:
            return now + self.silence
        return None
