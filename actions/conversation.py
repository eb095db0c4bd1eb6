"""What is said beside the tasks: answers to questions, courtesy, help, repeating, and what was not understood."""

from __future__ import annotations

from typing import Any

from rasa_sdk.events import ActionExecuted, FollowupAction, SessionStarted, SlotSet

from actions.base import AssistantAction, Context, Events, back_to_task, stay
from actions.partner_slot import read_query
from actions.speech import Button
from actions.tasks import ELSEWHERE, LINKING, STACK, TASKS, begin, elsewhere, go_on, running, snapshot
from actions.turn import Turn, full_intent

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
        if turn.active_form is None and turn.slot(STACK) and turn.intent == "greet":
            waiting = context.speech.phrase(f"utter_task_{turn.slot(STACK)[-1]['task']}")
            context.speech.say("utter_task_waiting", task=waiting)
        return back_to_task(turn)


class ResumeOrAnswer(AssistantAction):
    """« Oui » or « non » when nothing was asked: it can only be about a task put aside."""

    action_name = "action_yes_no"

    async def act(self, context: Context) -> Events:
        """Take the task up again, or forget it."""
        turn, speech = context.turn, context.speech
        stack: list[dict[str, Any]] = list(turn.slot(STACK) or [])
        if turn.active_form is not None or not stack:
            idle = "utter_all_right" if turn.intent == "affirm" else "utter_nothing_asked"
            speech.say(idle if turn.active_form is None else "utter_not_an_answer")
            return back_to_task(turn)
        *rest, last = stack
        task = TASKS[last["task"]]
        if turn.intent == "deny":
            speech.say("utter_task_dropped", task=speech.phrase(f"utter_task_{task.name}"))
            return [SlotSet(STACK, rest), *stay(turn)]
        if last.get(ELSEWHERE) and not turn.trusted:
            await elsewhere(context, "utter_identity_elsewhere")
            return stay(turn)
        slots = [SlotSet(name, value) for name, value in last["slots"].items()]
        return [SlotSet(STACK, rest), *slots, FollowupAction(task.form)]


class Orphan(AssistantAction):
    """A bare piece of information that nothing asked for: says what could be done with it."""

    action_name = "action_orphan"

    async def act(self, context: Context) -> Events:
        """Offer the tasks that could use it."""
        turn, speech = context.turn, context.speech
        if turn.active_form is not None:
            speech.say("utter_not_an_answer")
            return back_to_task(turn)
        offered: list[Button] = []
        if turn.entity("email") and not await context.services.identity.linked_account_id(turn.conversation_id):
            return await begin(TASKS[LINKING], context)
        if read_query(turn):
            carried = carried_entities(turn)
            offered = [
                speech.button("utter_reading_find_professional", "find_professional", **carried),
                speech.button("utter_reading_add_partner", "add_partner", **carried),
            ]
        elif turn.entity("dossier_ref"):
            reference = turn.entity("dossier_ref")
            offered = [
                speech.button("utter_reading_list_partners", "list_partners", dossier_ref=reference),
                speech.button("utter_reading_add_partner", "add_partner", dossier_ref=reference),
            ]
        speech.say("utter_orphan" if offered else "utter_nothing_asked", buttons=offered)
        return stay(turn)


def carried_entities(turn: Turn) -> dict[str, str]:
    """What was understood of a sentence, for a button that gives it another intent."""
    return {entity["entity"]: str(entity["value"]) for entity in turn.message.get("entities") or []}


class Fallback(AssistantAction):
    """Not understood: the two likeliest readings first, the second time in a row the support team."""

    action_name = "action_fallback"

    async def act(self, context: Context) -> Events:
        """Offer readings as buttons, or people."""
        turn, speech, settings = context.turn, context.speech, context.services.settings
        if turn.active_form is not None and not_understood_in_a_row(turn) < OFFER_PEOPLE_AFTER:
            speech.say("utter_not_an_answer")
            return back_to_task(turn)
        readings = [name for name in turn.ranking(LIKELY) if speech.has(f"utter_reading_{_flat(name)}")][:READINGS]
        people = not_understood_in_a_row(turn) >= OFFER_PEOPLE_AFTER
        if people or not readings:
            response = "utter_fallback_support" if people else "utter_fallback_empty"
            speech.say(response, phone=settings.support_phone, email=settings.support_email)
            return back_to_task(turn)
        carried = carried_entities(turn)
        buttons = [speech.button(f"utter_reading_{_flat(name)}", name, **carried) for name in readings]
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


class Repeat(AssistantAction):
    """Says the last message again."""

    action_name = "action_repeat"

    async def act(self, context: Context) -> Events:
        """The question of the running task, otherwise the last text said, with its buttons."""
        turn, speech = context.turn, context.speech
        if turn.entity("continued"):
            return self._continued(context)
        if turn.active_form is not None:
            return back_to_task(turn)
        said = _last_said(turn)
        if said is None:
            speech.say("utter_nothing_to_repeat")
        else:
            speech.say_parts([str(said["text"])], (said.get("data") or {}).get("buttons"))
        return stay(turn)

    def _continued(self, context: Context) -> Events:
        """The conversation was opened in the web chat: what runs or waits goes on there."""
        turn = context.turn
        going_on = back_to_task(turn) if turn.active_form is not None else go_on(context)
        if going_on is None:
            context.speech.say("utter_what_next")
            return stay(turn)
        context.speech.say("utter_continued_here")
        return going_on


def _last_said(turn: Turn) -> dict[str, Any] | None:
    """The last text said in answer to a turn of the same channel: what was said in the web chat is not repeated elsewhere."""
    said: dict[str, Any] | None = None
    for event in reversed(turn.tracker.events):
        if event.get("event") == "bot" and event.get("text") and said is None:
            said = event
        if event.get("event") == "user" and said is not None:
            if ((event.get("metadata") or {}).get("channel") or "web") == turn.channel:
                return said
            said = None
    return said if turn.trusted else None


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
