"""Reaching people: handing the conversation over, and the hours, phone and address of the SPHERE team."""

from __future__ import annotations

from typing import Any

from rasa_sdk.events import FollowupAction, SlotSet

from actions.base import AssistantAction, Context, Events, back_to_task, stay
from actions.tasks import LINKING, STACK, STACK_DEPTH, clear, running, snapshot
from actions.times import clock_hour, day
from actions.turn import Turn, full_intent
from bot.core.clock import PARIS
from bot.support.opening_hours import WORKING_WEEK
from bot.support.records import Reason, SupportRequest

TRIED = 5
"""How many of the last messages the team is told of: what was understood of them, never their words."""


class ContactSupport(AssistantAction):
    """Asks for a person. The gateway opens the ticket and says what becomes of it (docs/dev/support.md)."""

    action_name = "action_contact_support"

    async def act(self, context: Context) -> Events:
        """Hand over, with what was going on; a running task is put aside, to be taken up afterwards."""
        turn, speech = context.turn, context.speech
        task = running(turn)
        aside = task is not None and task.name != LINKING
        error_id = turn.entity("error_id")
        request = SupportRequest(
            reason=_reason(turn),
            task=speech.phrase(f"utter_task_{task.name}") if task else None,
            dossier=_reference(turn),
            error_ids=(error_id,) if error_id else (),
            tried=_tried(context),
        )
        speech.hand_over(request.values | {"resumes": aside})
        if task is None or not aside:
            return stay(turn)
        stack = [*(turn.slot(STACK) or []), snapshot(task, turn)][-STACK_DEPTH:]
        return [*clear(task), SlotSet(STACK, stack), FollowupAction("action_listen")]


def _reason(turn: Turn) -> Reason:
    said = turn.entity("reason") if turn.is_button else None
    return Reason(said) if said in set(Reason) else Reason.ASKED


def _reference(turn: Turn) -> str | None:
    known = turn.slot("dossier") or turn.slot("last_dossier")
    return str(known) if known else None


def _tried(context: Context) -> tuple[str, ...]:
    """What was understood of the last messages, as the dialogue calls it, oldest first."""
    speech, tried = context.speech, []
    for event in context.turn.tracker.events:
        if event.get("event") != "user":
            continue
        intent = full_intent(event.get("parse_data") or {})
        name = f"utter_reading_{intent.replace('/', '_')}"
        if intent == "nlu_fallback":
            tried.append(speech.phrase("utter_tried_not_understood"))
        elif intent != "contact_support" and speech.has(name):
            tried.append(speech.phrase(name))
    return tuple(tried[-TRIED:])


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
        ranges = " et ".join(speech.phrase("utter_support_range", start=start, end=end) for start, end in services.hours.ranges())
        week = "" if services.settings.support_days != WORKING_WEEK else speech.phrase("utter_support_week")
        speech.say(f"utter_{turn.intent}", opening=opening, ranges=ranges, week=week, **contact)
        return back_to_task(turn)
