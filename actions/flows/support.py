"""Reaching the support team: hand the conversation over; say the team's hours, phone number and e-mail address."""

from __future__ import annotations

import re
from typing import Any

from rasa_sdk.events import FollowupAction

from actions.flows.accounts.check_request import CHECK_REQUEST
from actions.flows.not_offered import NOT_OFFERED
from actions.flows.partners.sent_request import changed_request
from actions.framework.action import AssistantAction
from actions.framework.answers import opens_with_cancellation
from actions.framework.context import Context
from actions.framework.dates import format_day, format_time
from actions.framework.dialogue_stack import frame_of, frames_of, push, set_stack
from actions.framework.events import Events, wait_for_user
from actions.framework.flow import active_flow
from actions.framework.lifecycle import LINK_FLOW, claiming_flow, reset_flow, return_to_flow, start_flow
from actions.framework.offered_handover import ON_HANDOVER
from actions.framework.turn import Turn, full_intent
from actions.framework.unexpected_input import reading_response
from bot.core.clock import PARIS
from bot.core.text_folding import MAX_CHARACTERS, fold
from bot.support.opening_hours import WORKING_WEEK
from bot.support.records import Reason, SupportRequest

RECENT_MESSAGES = 5
"""Messages that the team is told of: what was understood of them, never their words."""


_TAKEN_BACK = re.compile(
    r"\b(?:non|nan|finalement|euh|enfin|en fait|ou plutot)\b(?: \w+){0,2}? "
    r"(?:laisse(?:z|r)?|oublie(?:z|r)?|pas la peine|tant pis|rien|inutile|n en faites rien|ne faites rien)\b"
)


def takes_order_back(text: str) -> bool:
    """Return whether a text takes back what it ordered: « mettez un mot à l'équipe SPHERE, non laissez, c'est bon »."""
    return bool(_TAKEN_BACK.search(fold(text[:MAX_CHARACTERS].replace("’", "'"))))


class ContactSupport(AssistantAction):
    """Ask for a human agent. The gateway opens the ticket and tells the user what happens (docs/dev/support.md)."""

    action_name = "action_contact_support"

    async def act(self, context: Context) -> Events:
        """Hand over with what was going on; the active flow is put on the stack, to be resumed afterwards."""
        turn, utterances = context.turn, context.utterances
        if not turn.is_button and takes_order_back(turn.text):
            utterances.utter("utter_support_not_asked")
            return return_to_flow(turn)
        claimed = claiming_flow(turn)
        if claimed is CHECK_REQUEST or (claimed is NOT_OFFERED and changed_request(turn) is not None):
            return await start_flow(claimed, context)
        flow = active_flow(turn)
        interrupts = flow is not None and flow.name != LINK_FLOW
        given_up = opens_with_cancellation(str(turn.message.get("text") or ""))  # « laissez tomber, passez-moi quelqu'un »
        error_id = turn.entity("error_id")
        request = SupportRequest(
            reason=_reason(turn),
            task=_topic(context) or (utterances.text(f"utter_task_{flow.name}") if flow else None),
            dossier=_dossier(turn),
            error_ids=(error_id,) if error_id else (),
            tried=_recent_readings(context),
        )
        utterances.hand_over(request.values | {"resumes": interrupts and not given_up})
        if flow is None or not interrupts:
            return wait_for_user(turn)
        if given_up:
            return [*reset_flow(flow), set_stack([]), FollowupAction("action_listen")]
        return [*reset_flow(flow), set_stack(push(frames_of(turn), frame_of(flow, turn))), FollowupAction("action_listen")]


ON_HANDOVER.append(ContactSupport().act)


def _reason(turn: Turn) -> Reason:
    value = turn.entity("reason") if turn.is_button else None
    return Reason(value) if value in set(Reason) else Reason.ASKED


def _topic(context: Context) -> str | None:
    """Return what a button says that it is about, with the facts that it carries; None where it says nothing."""
    turn, utterances = context.turn, context.utterances
    response = f"utter_topic_{turn.entity('topic')}"
    if not turn.is_button or not utterances.has_response(response):
        return None
    return utterances.text(response, who=turn.entity("who") or "").strip(" :–\u00a0")


def _dossier(turn: Turn) -> str | None:
    reference = (turn.entity("dossier_ref") if turn.is_button else None) or turn.slot("dossier") or turn.slot("last_dossier")
    return str(reference) if reference else None


def _recent_readings(context: Context) -> tuple[str, ...]:
    """Return what was understood of the last messages, in the words of the dialogue, oldest first."""
    utterances, readings = context.utterances, []
    for event in context.turn.tracker.events:
        if event.get("event") != "user":
            continue
        intent = full_intent(event.get("parse_data") or {})
        if intent == "nlu_fallback":
            readings.append(utterances.text("utter_tried_not_understood"))
        elif intent != "contact_support" and utterances.has_response(reading_response(intent)):
            readings.append(utterances.text(reading_response(intent)))
    return tuple(readings[-RECENT_MESSAGES:])


class SupportContact(AssistantAction):
    """Say how to reach the support team, and whether somebody is there now."""

    action_name = "action_support"

    async def act(self, context: Context) -> Events:
        """Utter the response of the intent, with whether support is open, and until or from when."""
        services, utterances, turn = context.services, context.utterances, context.turn
        if (claimed := claiming_flow(turn)) is not None:
            return await start_flow(claimed, context)
        now, hours = services.clock.now(), services.opening_hours
        contact: dict[str, Any] = {"phone": services.settings.support_phone, "email": services.settings.support_email}
        if hours.is_open(now):
            closes = hours.closes_at(now)
            opening = utterances.text("utter_support_open", until=format_time(closes) if closes else "")
        else:
            opens = hours.next_opening(now).astimezone(PARIS)
            opening = utterances.text("utter_support_closed", day=format_day(opens.date()), hour=format_time(opens))
        ranges = " et ".join(utterances.text("utter_support_range", start=start, end=end) for start, end in hours.ranges())
        week = "" if services.settings.support_days != WORKING_WEEK else utterances.text("utter_support_week")
        utterances.utter(f"utter_{turn.intent}", opening=opening, ranges=ranges, week=week, **contact)
        return return_to_flow(turn)
