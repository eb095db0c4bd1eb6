"""Messages that nothing asked for, or that were not understood: suggest what can be done with them."""

from __future__ import annotations

import json
from abc import abstractmethod

from actions.framework.action import AssistantAction
from actions.framework.answers import list_position
from actions.framework.context import Context
from actions.framework.dialogue_stack import frames_of, next_frame, waits_for_web_chat
from actions.framework.events import Events, wait_for_user
from actions.framework.flow import FLOWS, active_flow
from actions.framework.lifecycle import LINK_FLOW, claiming_flow, correct_last_flow, resume_flow, return_to_flow, start_flow
from actions.framework.turn import BUTTON_EXTRACTOR, Turn, full_intent, last_utterance
from actions.framework.utterances import Button
from actions.framework.web_continuation import refer_to_web_chat

MIN_READING_CONFIDENCE = 0.1
"""Confidence from which a reading of a message is offered."""
MAX_READINGS = 2
"""Readings offered for a message that was not understood."""
SUPPORT_AFTER_FAILURES = 2
"""Messages not understood in a row after which the support team is offered."""


class UnexpectedInput(AssistantAction):
    """Base of the action for facts that nothing asked for. Subclasses suggest the flows that could use them."""

    @abstractmethod
    def suggest_flows(self, context: Context) -> list[Button]:
        """Return buttons that start a flow with the facts of the message; none if no flow can use them."""

    async def act(self, context: Context) -> Events:
        """Take the message as a list position, a correction or an e-mail address to link by; else suggest flows."""
        turn, utterances = context.turn, context.utterances
        if not turn.trusted and turn.masked:
            return await answer_masked_message(context)
        if turn.active_form is not None:
            utterances.utter("utter_not_an_answer")
            return return_to_flow(turn)
        if (claimed := claiming_flow(turn, reply=True)) is not None:
            return await start_flow(claimed, context)
        before = utterances.count
        if (events := await start_from_list(context)) is not None or (events := await correct_last_flow(context)) is not None:
            return events
        if utterances.count > before:  # the user was told why not
            return wait_for_user(turn)
        if turn.entity("email") and not await context.services.identity.linked_account_id(turn.conversation_id):
            return await start_flow(FLOWS[LINK_FLOW], context)
        suggestions = self.suggest_flows(context)
        frame = next_frame(frames_of(turn), turn)
        if not suggestions and frame is not None and waits_for_web_chat(frame) and not turn.trusted:
            return await resume_flow(frame, context)
        utterances.utter("utter_orphan" if suggestions else "utter_nothing_asked", buttons=suggestions)
        return wait_for_user(turn)


class Fallback(AssistantAction):
    """Answer a message that was not understood: offer its likeliest readings, the second time in a row the support team."""

    action_name = "action_fallback"

    async def act(self, context: Context) -> Events:
        """Offer readings as buttons, or the support team."""
        turn, utterances = context.turn, context.utterances
        if not turn.trusted and turn.masked:
            return await answer_masked_message(context)
        if (claimed := claiming_flow(turn)) is not None:
            return await start_flow(claimed, context)
        if turn.says.get("emergency"):
            utterances.utter("utter_if_emergency")
        if turn.active_form is not None and failures_in_a_row(turn) < SUPPORT_AFTER_FAILURES:
            utterances.utter("utter_not_an_answer")
            return return_to_flow(turn)
        return utter_readings(context)


def utter_readings(context: Context) -> Events:
    """Offer the likeliest readings of a message as buttons; where there are none, or after two failures, the support team."""
    turn, utterances, settings = context.turn, context.utterances, context.services.settings
    likely = turn.ranked_intents(MIN_READING_CONFIDENCE)
    readings = [intent for intent in likely if utterances.has_response(reading_response(intent))][:MAX_READINGS]
    offer_support = failures_in_a_row(turn) >= SUPPORT_AFTER_FAILURES
    if offer_support or not readings:
        response = "utter_fallback_support" if offer_support else "utter_fallback_empty"
        utterances.utter(response, phone=settings.support_phone, email=settings.support_email)
        return return_to_flow(turn)
    buttons = [utterances.button(reading_response(intent), intent, **turn.entity_values) for intent in readings]
    utterances.utter("utter_fallback_readings", buttons=[*buttons, utterances.button("utter_title_help", "help")])
    return wait_for_user(turn)


async def answer_masked_message(context: Context) -> Events:
    """Answer a message of which nothing is left but that it named an usager: say why, and where to continue."""
    flow = active_flow(context.turn)
    if flow is None or not flow.asks_identity:  # for such a flow, returning to its form says so
        await refer_to_web_chat(context, "utter_identity_elsewhere")
    return return_to_flow(context.turn)


async def start_from_list(context: Context) -> Events | None:
    """Start the flow of a button by its position (« le 2 ») right after a list of such buttons; None if there is no such button."""
    turn, position = context.turn, list_position(context.turn)
    message, _ = last_utterance(turn) if position is not None else (None, None)
    buttons = [button for button in ((message or {}).get("data") or {}).get("buttons") or [] if _flow_of_button(button)]
    if position is None or not -len(buttons) <= position < len(buttons):
        return None
    name, values = _flow_of_button(buttons[position]) or ("", {})
    entities = [{"entity": entity, "value": value, "extractor": BUTTON_EXTRACTOR} for entity, value in values.items()]
    pressed = {"text": "", "said": "", "intent": {"name": name, "confidence": 1.0}, "entities": entities}
    turn.tracker.latest_message = {**turn.message, **pressed}
    return await start_flow(FLOWS[name], context)


def _flow_of_button(button: Button) -> tuple[str, dict[str, str]] | None:
    """Return the flow that a button starts and the entities that it carries; None if it starts none."""
    name, brace, entities = button["payload"].removeprefix("/").partition("{")
    return (name, json.loads(brace + entities) if brace else {}) if name in FLOWS and brace else None


def failures_in_a_row(turn: Turn) -> int:
    """Return how many of the user's messages, up to and with the last one, were not understood or out of scope."""
    count = 0
    for event in reversed(turn.tracker.events):
        if event.get("event") == "user":
            if full_intent(event.get("parse_data") or {}) not in {"nlu_fallback", "out_of_scope"}:
                break
            count += 1
    return count


def reading_response(intent: str) -> str:
    """Return the response that names an intent to users."""
    return f"utter_reading_{intent.replace('/', '_')}"
