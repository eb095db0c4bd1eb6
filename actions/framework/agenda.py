"""The agenda: what a message asks beside its first act. It is put on the dialogue stack, and worked off after what came first.

What belongs together is one act: a flow that gathers (`Flow.gathers`) takes its acts as one. Of the others a wish for several people is
a wish for each. Flows wait on the stack until their turn comes, and the user is told which. A question that needs an answer alone is
answered at once; what is neither, or was read with doubt, is offered by a button, so that nothing that was asked is passed over in
silence.
"""

from __future__ import annotations

import re
from typing import Any

from actions.framework.context import Context
from actions.framework.dialogue_stack import (
    DIALOGUE_STACK,
    MAX_DEPTH,
    Frame,
    flow_of,
    frames_of,
    is_on_agenda,
    push,
    set_stack,
    waiting_act,
)
from actions.framework.events import Events
from actions.framework.flow import FLOWS, Flow, active_flow
from actions.framework.lifecycle import resume_next
from actions.framework.people import named_people, split_people
from actions.framework.turn import ANSWER_INTENTS, MASKS, Turn, full_intent, words_of
from actions.framework.usager_names import DOSSIERS
from actions.framework.utterances import Button, Utterances, make_button

AGENDA, ALONG = "agenda", "along"
"""Where a message holds its further acts: as Rasa's part publishes them, and those that the active flow takes along with its answer."""
OF_SEVERAL = "of_several"
"""In an act that is one of several dossiers' of the same words: what they say of one usager is not said of each."""
_EXCEPTS = re.compile(r"\W*(?:et\s+)?(?:sauf|hors|hormis|except[ée]|[àa] part|en dehors|mais|sans)\b", re.IGNORECASE)
"""Where an exception begins."""

MAX_QUOTED = 80
"""Characters of a part of the message that are quoted."""
_OF_A_WISH = frozenset({"affirm", "inform", "correct", "choose"})
"""Intents of what belongs to the wish before it: « ajoute Martin. Oui, il est d'accord »."""

Act = dict[str, Any]


def take_agenda(context: Context) -> bool:
    """Put the further acts of the message on the stack, answer those that need no flow, and return whether the stack changed."""
    turn = context.turn
    frames: list[Frame] = []
    offered: list[Button] = []
    left: list[str] = []
    for act in _further_acts(turn):
        intent = act["full_intent"]
        if intent in FLOWS and not act["says"].get("doubt"):
            frames.append(waiting_act(FLOWS[intent], act))
        elif "/" in intent and context.utterances.has_response(f"utter_{intent}"):
            settings = context.services.settings
            context.utterances.utter(
                f"utter_{intent}", phone=settings.support_phone, email=settings.support_email, days=settings.retention_days
            )
        elif context.utterances.has_response(title := f"utter_reading_{intent}"):
            values = {entity["entity"]: str(entity["value"]) for entity in act["entities"]}
            offered.append(make_button(_with_names(context.utterances.text(title), act, context.utterances), intent, **values))
        elif act["says"].get("forbids"):
            context.utterances.utter("utter_forbidden_words", words=quoted(act))
        elif intent != "affirm" or act["entities"]:
            left.append(context.utterances.text("utter_left_words", words=quoted(act)))
    if offered:
        context.utterances.utter("utter_asked_too", buttons=offered)
    waiting = frames_of(turn)
    room = max(MAX_DEPTH - len(waiting) - (turn.active_form is not None), 0)
    if 0 < room < len(frames):
        context.utterances.utter("utter_agenda_full", count=room + 1)
    elif room < len(frames):
        left += [agenda_entry(frame, context.utterances) for frame in frames]
    utter_left(left, context.utterances)
    context.utterances.set_apart()
    context.agenda = frames[:room]
    turn.tracker.slots[DIALOGUE_STACK] = push(waiting, *reversed(context.agenda))
    return bool(context.agenda)


def utter_left(what: list[str], utterances: Utterances) -> None:
    """Say what of a message is not dealt with."""
    if what:
        utterances.utter("utter_left", what=utterances.text("utter_agenda_separator").join(what))


def quoted(act: Act) -> str:
    """Return the words of an act to be quoted, without marks around them, nor masks."""
    words = words_of(act)
    for mask in MASKS:
        words = words.replace(mask, "…")
    words = " ".join(words.split()).strip(" ,;.")
    return words if len(words) <= MAX_QUOTED else words[:MAX_QUOTED].rsplit(" ", 1)[0] + "…"


async def keep_agenda(events: Events, context: Context) -> Events:
    """Return the events of the first act with the stack as it is now; where nothing of it goes on, those that start the next act."""
    turn = context.turn
    loops = [event["name"] for event in events if event["event"] == "active_loop"]
    active = loops[-1] if loops else turn.active_form
    goes_on = active is not None or any(e["event"] == "followup" and e["name"] != "action_listen" for e in events)
    stacked = _stacks(events)
    frames = stacked[-1] if stacked else frames_of(turn)
    kept = [event for event in events if event["event"] != "followup"]
    if goes_on:
        tell_agenda(frames, context.utterances)
        return events if stacked else [set_stack(frames), *events]
    if not stacked or (frames and frames[-1] in context.agenda and frames[-1] not in context.settled):
        begun = await resume_next(frames, context)
        left = _stacks(begun)[-1:] or [frames]
        tell_agenda(left[0], context.utterances)
        return [*kept, *begun]
    return events


def keep_after_failure(events: Events, context: Context, stack: list[Frame]) -> Events:
    """Return the events after a failure with what the message asks besides on the stack; say so, and what is lost."""
    if not context.agenda:
        tell_lost(stack, events, context)
        return events
    tell_agenda(stack, context.utterances)
    return [set_stack(stack), *events]


def tell_lost(before: list[Frame], events: Events, context: Context) -> None:
    """Say what of the agenda is gone from the stack though it was neither begun nor given up in so many words."""
    stacked = _stacks(events)
    if not stacked:
        return
    known = [(frame["task"], frame.get("message"), frame["slots"]) for frame in (*stacked[-1], *context.settled)]
    lost = [f for f in before if is_on_agenda(f) and (f["task"], f.get("message"), f["slots"]) not in known]
    utter_left([agenda_entry(frame, context.utterances) for frame in reversed(lost)], context.utterances)


def _stacks(events: Events) -> list[list[Frame]]:
    return [event["value"] or [] for event in events if event["event"] == "slot" and event["name"] == DIALOGUE_STACK]


def tell_agenda(frames: list[Frame], utterances: Utterances) -> None:
    """Say what waits on the agenda, in the order in which its turn comes."""
    waiting = [agenda_entry(frame, utterances) for frame in reversed(frames) if is_on_agenda(frame)]
    if waiting:
        utterances.utter("utter_agenda_rest", tasks=utterances.text("utter_agenda_separator").join(waiting))


def agenda_entry(frame: Frame, utterances: Utterances) -> str:
    """Return what a frame of the agenda is about: the flow, and the people whom its act names."""
    return _with_names(utterances.text(f"utter_task_{flow_of(frame).name}"), frame.get("message") or {}, utterances)


def _with_names(task: str, act: Act, utterances: Utterances) -> str:
    people = ", ".join(str(entity["value"]) for entity in named_people(act) if "[" not in str(entity["value"]))
    return utterances.text("utter_agenda_entry", task=task, who=people) if people else task


def rejoin_acts(acts: list[Act]) -> list[Act]:
    """Return the acts of a message with what belongs to the wish before it put back to that.

    « sauf ce qui est urgent » limits it where its flow reads such words; facts, a basis and what is not known belong to any.
    """
    made: list[Act] = []
    for act in acts:
        before = made[-1] if made else None
        says = act.get("says") or {}
        flow = FLOWS.get(full_intent(before)) if before is not None else None
        limits = full_intent(act) == "deny" and _EXCEPTS.match(words_of(act)) is not None and flow is not None and flow.reads_exceptions
        told = full_intent(act) in _OF_A_WISH and not says.get("doubt")
        told = told or (full_intent(act) == "deny" and bool(says.get("unknown")) and not says.get("forbids"))
        if before is None or flow is None or not (limits or told):
            made.append(act)
            continue
        head = words_of(before)
        moved = [
            {**e, "start": e["start"] + len(head) + 1, "end": e["end"] + len(head) + 1} if e.get("end") else e
            for e in act.get("entities") or []
            if e.get("end") or e["entity"] == "basis"
        ]
        words = {"said" if "said" in before else "text": f"{head} {words_of(act)}"}
        made[-1] = {**before, **words, "entities": [*(before.get("entities") or []), *moved]}
    return made


def answer_first(turn: Turn, flow: Flow) -> None:
    """Put the act that answers the flow's question before what else the message asks: « c'est payant ? sinon c'est le 142 ».

    A yes that stands after something else confirms nothing: it may depend on that.
    """
    acts = _acts_of(turn)
    taken = flow.is_answer(turn)
    if turn.is_button or len(acts) < 2 or (taken and turn.intent in ANSWER_INTENTS):
        return
    possible = (act for act in acts[1:] if act["full_intent"] in ANSWER_INTENTS and not act["says"].get("forbids"))
    answers = (act for act in possible if act["full_intent"] != "deny" or not act["says"].get("doubt"))
    whole, begins = str(turn.message.get("text") or ""), words_of(turn.message)
    if taken:  # « karim. et rajoutez aussi Paul Martin »: the wish would be taken for the answer
        answers = (act for act in answers if whole.find(words_of(act)) <= whole.find(begins) and words_of(act) != begins)
    answer = next((act for act in answers if flow.is_answer(turn.with_message(act))), None)
    if answer is None:
        return
    others = [act for act in acts if act is not answer]
    if answer["full_intent"] == "affirm" and turn.requested_slot == flow.confirmation_slot:
        answer = {**answer, "says": {**answer["says"], "doubt": True}}
    kept = {name: value for name, value in turn.message.items() if name in {"text", "metadata", "message_id", "commands"}}
    turn.tracker.latest_message = {**answer, **kept, "said": words_of(answer), AGENDA: others}


def gathers_anew(turn: Turn) -> bool:
    """Return whether the message begins with acts that a flow takes together as one."""
    flow = None if turn.is_button else FLOWS.get(_gathered(_acts_of(turn))[0]["full_intent"])
    return flow is not None and bool(flow.gathers)


def _further_acts(turn: Turn) -> list[Act]:
    """Return the acts of the message beside its first, which the message becomes itself; each is about one person, or one flow's lines."""
    acts, current = _acts_of(turn), active_flow(turn)
    if turn.is_button:
        return acts[1:]
    taker = current if current is not None else FLOWS.get(acts[0]["full_intent"])
    if taker is not None and taker.keeps_wishes and (current is None or current.is_answer(turn)):
        kept = [act for act in acts[1:] if taker.takes_along(turn, act)]
        turn.tracker.latest_message = {**turn.message, ALONG: kept}
        acts = [acts[0], *(act for act in acts[1:] if act not in kept)]
        if current is not None:
            return acts[1:]
    elif current is not None and current.gathers and current.is_answer(turn):
        along = [act for act in acts[1:] if current.takes_along(turn, act)]
        turn.tracker.latest_message = {**turn.message, ALONG: along}
        return [act for act in acts[1:] if act not in along]
    own = acts[0]
    acts = [single for act in _gathered(acts) for single in _one_by_one(act)]
    first = acts[0]
    if first is not own:
        turn.tracker.latest_message = {**turn.message, "response_selector": {}, **first}
    return acts[1:]


def _acts_of(turn: Turn) -> list[Act]:
    """Return the acts of the message, its own first."""
    own = {name: value for name, value in turn.message.items() if name != AGENDA}
    return [{**own, "full_intent": full_intent(own)}, *(turn.message.get(AGENDA) or [])]


def _gathered(acts: list[Act]) -> list[Act]:
    for flow in FLOWS.values():
        if flow.gathers:
            acts = flow.gather(acts)
    return acts


def _one_by_one(act: Act) -> list[Act]:
    """Return an act for each of several people of one wish that was read for sure, or for each dossier of what a flow gathered."""
    flow = FLOWS.get(act["full_intent"])
    if flow is not None and flow.gathers and len(act.get(DOSSIERS) or []) > 1:
        others = [entity for entity in act["entities"] if entity["entity"] != "usager_name"]
        named = [{"entity": "dossier_ref", "value": reference, "start": 0, "end": 0} for reference in act[DOSSIERS]]
        return [{**act, DOSSIERS: [], OF_SEVERAL: True, "entities": [*others, entity]} for entity in named]
    return split_people(act) if flow is not None and flow.of_one_person and "says" in act else [act]
