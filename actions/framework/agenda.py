"""The agenda: what a message asks beside its first act. It is put on the dialogue stack, and worked off after what came first.

Flows wait on the stack until their turn comes. A question that needs an answer alone is answered at once; what is
neither is offered by a button, so that nothing that was asked is passed over in silence.
"""

from __future__ import annotations

from typing import Any

from actions.framework.context import Context
from actions.framework.dialogue_stack import DIALOGUE_STACK, MAX_DEPTH, Frame, frames_of, push, set_stack, waiting_act
from actions.framework.events import Events
from actions.framework.flow import FLOWS
from actions.framework.lifecycle import resume_next
from actions.framework.utterances import Button

AGENDA = "agenda"
"""What Rasa's part publishes of a message: its further acts."""


def take_agenda(context: Context) -> bool:
    """Put the further acts of the message on the stack, answer those that need no flow, and return whether the stack changed."""
    turn = context.turn
    acts: list[dict[str, Any]] = turn.message.get(AGENDA) or []
    frames: list[Frame] = []
    offered: list[Button] = []
    for act in acts:
        intent = act["full_intent"]
        if intent in FLOWS:
            frames.append(waiting_act(FLOWS[intent], act))
        elif "/" in intent and context.utterances.has_response(f"utter_{intent}"):
            settings = context.services.settings
            context.utterances.utter(
                f"utter_{intent}", phone=settings.support_phone, email=settings.support_email, days=settings.retention_days
            )
        elif context.utterances.has_response(title := f"utter_reading_{intent}"):
            values = {entity["entity"]: str(entity["value"]) for entity in act["entities"]}
            offered.append(context.utterances.button(title, intent, **values))
    if offered:
        context.utterances.utter("utter_asked_too", buttons=offered)
    if len(frames) > MAX_DEPTH:
        context.utterances.utter("utter_agenda_full", count=MAX_DEPTH + 1)
    turn.tracker.slots[DIALOGUE_STACK] = push(frames_of(turn), *reversed(frames[:MAX_DEPTH]))
    return bool(frames)


async def keep_agenda(events: Events, context: Context) -> Events:
    """Return the events of the first act with the stack as it is now; where nothing of it goes on, those that start the next act."""
    turn = context.turn
    goes_on = turn.active_form is not None or any(e["event"] == "followup" and e["name"] != "action_listen" for e in events)
    stacked = any(event["event"] == "slot" and event["name"] == DIALOGUE_STACK for event in events)
    if goes_on or stacked:
        return events if stacked else [set_stack(frames_of(turn)), *events]
    return [*(event for event in events if event["event"] != "followup"), *await resume_next(frames_of(turn), context)]
