"""What is said beside the tasks: answers to questions, courtesy, help, repeating, and what was not understood."""

from __future__ import annotations

import json
from typing import Any

from rasa_sdk.events import ActionExecuted, FollowupAction, SessionStarted, SlotSet

from actions.flows.partners.partner_slot import read_query
from actions.framework.action import IDENTITY_FORMS, AssistantAction, Context, Ending, Events, back_to_task, stay
from actions.framework.answers import shown_position
from actions.framework.lifecycle import (
    ELSEWHERE,
    LINKING,
    STACK,
    TASKS,
    amend_last,
    begin,
    clear,
    keep_elsewhere,
    running,
    snapshot,
    take_up,
    waiting,
)
from actions.framework.turn import BUTTON, Turn, full_intent
from actions.framework.utterances import Button
from actions.framework.web_continuation import elsewhere, give_link, tell_home

LIKELY = 0.1
"""Confidence from which a reading is worth being offered."""
READINGS = 2
"""How many likely readings are offered for a sentence that was not understood."""
OFFER_PEOPLE_AFTER = 2
"""Failures in a row after which the support team is proposed."""
SILENT_AFTER = frozenset({"emergency", "goodbye"})
"""After these, the question of a running task is not asked again: nothing else is to be read."""


class Reply(AssistantAction):
    """Answers what needs no more than a text: `utter_<intent>`."""

    action_name = "action_reply"

    async def act(self, context: Context) -> Events:
        """Say the text and go back to the task, if one is running."""
        turn, settings = context.turn, context.services.settings
        response = f"utter_{turn.intent}"
        if turn.intent == "greet" and turn.active_form is not None:
            response = "utter_greet_again"
        if turn.intent == "out_of_scope" and not_understood_in_a_row(turn) >= OFFER_PEOPLE_AFTER:
            response = "utter_fallback_support"
        context.speech.say(response, phone=settings.support_phone, email=settings.support_email)
        if turn.intent in SILENT_AFTER:
            return stay(turn)
        next_one = waiting(turn.slot(STACK) or [], turn)
        if turn.active_form is None and next_one is not None and turn.intent == "greet":
            context.speech.say("utter_task_waiting", task=context.speech.phrase(f"utter_task_{next_one['task']}"))
        return back_to_task(turn)


class ResumeOrAnswer(AssistantAction):
    """« Oui » or « non » when nothing was asked: it can only be about a task put aside."""

    action_name = "action_yes_no"

    async def act(self, context: Context) -> Events:
        """Take the task up again, or forget it."""
        turn, speech = context.turn, context.speech
        stack: list[dict[str, Any]] = list(turn.slot(STACK) or [])
        entry = waiting(stack, turn)
        if turn.active_form is None and turn.message.get("entities") and (amended := await amend_last(context)) is not None:
            return amended  # « non, à Blois »
        if turn.active_form is not None or entry is None:
            idle = "utter_all_right" if turn.intent == "affirm" else "utter_nothing_asked"
            speech.say(idle if turn.active_form is None else "utter_not_an_answer")
            return back_to_task(turn)
        if turn.intent == "deny":
            speech.say("utter_task_dropped", task=speech.phrase(f"utter_task_{entry['task']}"))
            await tell_home(context, entry["task"], Ending.UNCHANGED)
            return [SlotSet(STACK, [other for other in stack if other != entry]), *stay(turn)]
        return await take_up(entry, context)


class Orphan(AssistantAction):
    """A bare piece of information that nothing asked for: says what could be done with it."""

    action_name = "action_orphan"

    async def act(self, context: Context) -> Events:
        """Offer the tasks that could use it."""
        turn, speech = context.turn, context.speech
        if not turn.trusted and turn.masked:
            return await _link_instead(context)
        if turn.active_form is not None:
            speech.say("utter_not_an_answer")
            return back_to_task(turn)
        said = speech.said
        if (taken := await take_from_list(context)) is not None or (taken := await amend_last(context)) is not None:
            return taken
        if speech.said > said:  # why not was said
            return stay(turn)
        offered: list[Button] = []
        if turn.entity("email") and not await context.services.identity.linked_account_id(turn.conversation_id):
            return await begin(TASKS[LINKING], context)
        if read_query(turn):
            offered = [
                speech.button("utter_reading_find_professional", "find_professional", **turn.values),
                speech.button("utter_reading_add_partner", "add_partner", **turn.values),
            ]
        elif turn.entity("dossier_ref"):
            reference = turn.entity("dossier_ref")
            offered = [
                speech.button("utter_reading_list_partners", "list_partners", dossier_ref=reference),
                speech.button("utter_reading_add_partner", "add_partner", dossier_ref=reference),
            ]
        elif (entry := waiting(turn.slot(STACK) or [], turn)) is not None and entry.get(ELSEWHERE) and not turn.trusted:
            return await take_up(entry, context)
        speech.say("utter_orphan" if offered else "utter_nothing_asked", buttons=offered)
        return stay(turn)


async def take_from_list(context: Context) -> Events | None:
    """« le 2 » right after a list of buttons that each begin something; None where there is no such button."""
    turn, position = context.turn, shown_position(context.turn)
    said, _ = _last_said(turn) if position is not None else (None, None)
    begins = [button for button in ((said or {}).get("data") or {}).get("buttons") or [] if _begun_by(button)]
    if position is None or not -len(begins) <= position < len(begins):
        return None
    name, entities = _begun_by(begins[position]) or ("", {})
    found = [{"entity": entity, "value": value, "extractor": BUTTON} for entity, value in entities.items()]
    message = {**turn.message, "text": "", "intent": {"name": name, "confidence": 1.0}, "entities": found}
    turn.tracker.latest_message = message
    return await begin(TASKS[name], context)


def _begun_by(button: Button) -> tuple[str, dict[str, str]] | None:
    """The task that a button begins, and what it carries; None where it begins none."""
    name, brace, carried = button["payload"].removeprefix("/").partition("{")
    return (name, json.loads(brace + carried) if brace else {}) if name in TASKS and brace else None


async def _link_instead(context: Context) -> Events:
    """The answer to a message of which nothing is left but that it named an usager: why, and where to go on."""
    if context.turn.active_form not in IDENTITY_FORMS:  # of those, coming back to the form says it
        await elsewhere(context, "utter_identity_elsewhere")
    return back_to_task(context.turn)


class Fallback(AssistantAction):
    """Not understood: the two likeliest readings first, the second time in a row the support team."""

    action_name = "action_fallback"

    async def act(self, context: Context) -> Events:
        """Offer readings as buttons, or people."""
        turn, speech, settings = context.turn, context.speech, context.services.settings
        if not turn.trusted and turn.masked:
            return await _link_instead(context)
        if turn.active_form is not None and not_understood_in_a_row(turn) < OFFER_PEOPLE_AFTER:
            speech.say("utter_not_an_answer")
            return back_to_task(turn)
        readings = [name for name in turn.ranking(LIKELY) if speech.has(f"utter_reading_{_flat(name)}")][:READINGS]
        people = not_understood_in_a_row(turn) >= OFFER_PEOPLE_AFTER
        if people or not readings:
            response = "utter_fallback_support" if people else "utter_fallback_empty"
            speech.say(response, phone=settings.support_phone, email=settings.support_email)
            return back_to_task(turn)
        buttons = [speech.button(f"utter_reading_{_flat(name)}", name, **turn.values) for name in readings]
        speech.say("utter_fallback_readings", buttons=[*buttons, speech.button("utter_title_help", "help")])
        return stay(turn)


def not_understood_in_a_row(turn: Turn) -> int:
    """How many of the user's messages, the last included, were not understood or out of reach."""
    count = 0
    for event in reversed(turn.tracker.events):
        if event.get("event") == "user":
            if full_intent(event.get("parse_data") or {}) not in {"nlu_fallback", "out_of_scope"}:
                break
            count += 1
    return count


def _flat(intent: str) -> str:
    return intent.replace("/", "_")


class Help(AssistantAction):
    """What can be done, or what to do now."""

    action_name = "action_help"

    async def act(self, context: Context) -> Events:
        """Depends on where one is: in a task, linked, not linked."""
        turn, speech = context.turn, context.speech
        task = running(turn)
        if task is not None:
            specific = f"utter_help_{turn.requested}"
            speech.say("utter_help_task", task=speech.phrase(f"utter_task_{task.name}"))
            if speech.has(specific):
                speech.say(specific)
            return back_to_task(turn)
        linked = await context.services.identity.linked_account_id(turn.conversation_id)
        speech.say("utter_help_linked" if linked else "utter_help_unlinked")
        return stay(turn)


class WaitElsewhere(AssistantAction):
    """Puts a task that asks who an usager is aside, until it is gone on with in the trusted web chat: a link leads there."""

    action_name = "action_wait_elsewhere"

    async def act(self, context: Context) -> Events:
        """Say why, and keep what was gathered."""
        await elsewhere(context, "utter_identity_elsewhere")
        return self._kept(context.turn)

    def after_failure(self, turn: Turn) -> Events:
        """No question of the form is asked here, link or no link."""
        return self._kept(turn)

    def _kept(self, turn: Turn) -> Events:
        task = running(turn)
        if task is None:
            return stay(turn)
        stack = keep_elsewhere(snapshot(task, turn), turn.slot(STACK) or [])
        return [*clear(task), SlotSet(STACK, stack), FollowupAction("action_listen")]


class Repeat(AssistantAction):
    """Says the last message again."""

    action_name = "action_repeat"

    async def act(self, context: Context) -> Events:
        """The question of the running task, otherwise the last text said, with its buttons and its link."""
        turn, speech = context.turn, context.speech
        if turn.entity("continued") and turn.trusted:
            return await self._continued(context)
        if turn.active_form is not None:
            return back_to_task(turn)
        said, link = _last_said(turn)
        if said is None:
            speech.say("utter_nothing_to_repeat")
            return stay(turn)
        speech.say_parts([str(said["text"])], (said.get("data") or {}).get("buttons"))
        if link and link["title"] == speech.phrase("utter_title_continue"):
            await give_link(context)  # the one before may have been used, or be too old
        elif link:
            speech.link(link["title"], link["url"])
        return stay(turn)

    async def _continued(self, context: Context) -> Events:
        """The conversation was opened in the web chat: what runs or waits goes on there."""
        turn, speech = context.turn, context.speech
        entry = waiting(turn.slot(STACK) or [], turn)
        if turn.active_form is None and entry is None:
            speech.say("utter_welcome_here")
            speech.say("utter_what_next")
            return stay(turn)
        speech.say("utter_continued_here")
        if turn.active_form is not None or entry is None:
            return back_to_task(turn)
        return await take_up(entry, context)


def _last_said(turn: Turn) -> tuple[dict[str, Any] | None, dict[str, str] | None]:
    """The last text said in answer to a turn of the same channel, and the link under it.

    What was said in the trusted web chat is not repeated elsewhere, nor what was said here while more might be said.
    """
    said: dict[str, Any] | None = None
    link: dict[str, str] | None = None
    for event in reversed(turn.tracker.events):
        if event.get("event") == "bot" and said is None:
            found = ((event.get("data") or {}).get("custom") or {}).get("link")
            said, link = (event if event.get("text") else None), found or link
        if event.get("event") == "user":
            door = event.get("metadata") or {}
            if said is not None and door.get("channel", "web") == turn.channel and (turn.trusted or not door.get("trusted", True)):
                return said, link
            said = link = None
    return (said, link) if turn.trusted else (None, None)


class SessionStart(AssistantAction):
    """A new session after an hour of silence: a task that was under way is kept, to be resumed."""

    action_name = "action_session_start"

    async def act(self, context: Context) -> Events:
        """Carry over what is worth it."""
        turn = context.turn
        task = running(turn)
        stack = [entry for entry in turn.slot(STACK) or [] if "message" not in entry]
        if task is not None and task.name != "link_account":
            stack.append(snapshot(task, turn))
        kept: Events = [SlotSet(STACK, stack), SlotSet("last_dossier", turn.slot("last_dossier"))]
        return [SessionStarted(), *kept, ActionExecuted("action_listen")]

    def after_failure(self, turn: Turn) -> Events:
        """A session starts whatever happens."""
        return [SessionStarted(), ActionExecuted("action_listen")]
