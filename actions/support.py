"""Reaching people: hours, phone and address of the SPHERE team."""

from __future__ import annotations

from typing import Any

from actions.base import AssistantAction, Context, Events, back_to_task
from actions.times import clock_hour, day
from bot.clock import PARIS


class Support(AssistantAction):
    """Says how to reach the support team, and whether somebody is there now."""

    action_name = "action_support"

    async def act(self, context: Context) -> Events:
        """The words of the intent, then whether it is open and until or from when."""
        services, speech, turn = context.services, context.speech, context.turn
        now = services.clock.now()
        contact: dict[str, Any] = {"phone": services.settings.support_phone, "email": services.settings.support_email}
        if services.hours.is_open(now):
            closes = services.hours.closes_at(now)
            opening = speech.phrase("utter_support_open", until=clock_hour(closes) if closes else "")
        else:
            opens = services.hours.next_opening(now).astimezone(PARIS)
            opening = speech.phrase("utter_support_closed", day=day(opens.date()), hour=clock_hour(opens))
        speech.say(f"utter_{turn.intent}", opening=opening, **contact)
        return back_to_task(turn)
