"""The life of a flow: started, interrupted, resumed, corrected, finished, dropped (diagram in docs/dev/dialogue.md).

`start_flow` reads the message that starts it; the form asks for what is missing; `Flow.collect` reads each answer. A digression is
served by Rasa's rules, which return to the form. The submit action carries the flow out and finishes it, which resumes the flow that
it interrupted, if any.
"""

from __future__ import annotations

from rasa_sdk.events import ActiveLoop, FollowupAction, SlotSet

from actions.framework.answers import opens_with_cancellation
from actions.framework.context import Context
from actions.framework.dialogue_stack import (
    DIALOGUE_STACK,
    Frame,
    flow_of,
    frame_of,
    frame_waiting_for_proof,
    frames_of,
    is_deferred,
    is_on_agenda,
    is_unproven,
    next_frame,
    off_agenda,
    push,
    push_for_web_chat,
    set_stack,
    waits_for_link,
    waits_for_web_chat,
    without_waiting_for_link,
)
from actions.framework.events import Events, wait_for_user
from actions.framework.flow import FLOWS, Flow, FlowAborted, Slots, active_flow, set_slots
from actions.framework.refusals import utter_refusal
from actions.framework.turn import Turn
from actions.framework.web_continuation import refer_to_web_chat
from bot.dossiers.errors import LimitReached, NotAMember
from bot.fhir.errors import FhirUnavailable

CORRECTABLE_FLOW = "amendable"
"""Slot: the correctable flow that ended in the turn before, {"task": name, "slots": {…}, "turn": key of its turn}."""
LINK_FLOW = "link_account"
"""Flow that others wait for while the chat is linked to no account."""
ACCOUNT_REQUEST_FLOW = "request_account"
"""Flow of somebody who cannot link the chat because they have no account."""


def reset_flow(flow: Flow) -> Events:
    """Return events that end a flow's form and empty its slots."""
    return [ActiveLoop(None), SlotSet("requested_slot", None), *set_slots(dict.fromkeys(flow.slots))]


def run_flow(flow: Flow, slots: Slots) -> Events:
    """Return events that run a flow's form with these slots filled, or its submit action if nothing is left to ask.

    A form that is full when it starts is activated and ended in one step: the rule on its `active_loop` would not match.
    """
    complete = all(slots.get(name) is not None for name in flow.required_slots)
    return [*set_slots(slots), FollowupAction(flow.submit_action if complete else flow.form)]


def claiming_flow(turn: Turn, *, reply: bool = False, interrupting: bool = False) -> Flow | None:
    """Return the flow that the typed words surely ask for though they have another intent; none while a flow is active.

    `reply`: the model took the message for a yes, a no, bare facts or a cancellation, which few flows claim. `interrupting`: a flow is
    about to start in any case, the active one did not take the message.
    """
    named = FLOWS.get(turn.intent)
    if turn.is_button or (active_flow(turn) is not None and not interrupting) or (named is not None and named.claims(turn)):
        return None
    return next((flow for flow in FLOWS.values() if (flow.claims_replies or not reply) and flow.claims(turn)), None)


def flow_of_whole_message(turn: Turn) -> Flow | None:
    """Return the flow that a typed message asks for with all its acts, whatever was read of them and whichever flow is active.

    While the chat is being linked there is none.
    """
    current = active_flow(turn)
    if turn.is_button or turn.intent == "emergency" or (current is not None and current.name == LINK_FLOW):
        return None
    whole = turn.whole
    return next((flow for flow in FLOWS.values() if flow.claims_amid and flow.claims_whole(whole)), None)


def return_to_flow(turn: Turn) -> Events:
    """Return events that end a digression: the active form asks its question again; without one, wait for the user.

    A form that asks for the identity of an usager and was begun on a trusted channel asks nothing on an external one: it waits for the
    trusted web chat.
    """
    flow = active_flow(turn)
    if turn.active_form is None:
        return wait_for_user(turn)
    if not turn.trusted and flow is not None and flow.asks_identity:
        return [FollowupAction("action_wait_elsewhere")]
    return [FollowupAction(turn.active_form)]


def offer_flow(context: Context, name: str, slots: Slots) -> None:
    """Propose another flow as soon as this one is finished, before those on the stack."""
    frame = {"task": name, "slots": slots, "offered": True}
    context.turn.tracker.slots[DIALOGUE_STACK] = [*frames_of(context.turn), frame]


async def start_flow(flow: Flow, context: Context) -> Events:
    """Start a flow and return the events. The active flow is interrupted; an unlinked chat is linked first.

    Raise FhirUnavailable if the platform is down.
    """
    turn = context.turn
    frames, current = frames_of(turn), active_flow(turn)
    if flow.needs_link_for(turn) and await context.account() is None:
        return _start_after_linking(flow, current, frames, context)
    if await must_prove(flow, context):
        interrupted = [frame_of(current, turn)] if current is not None and current.name not in {LINK_FLOW, flow.name} else []
        asked = frame_waiting_for_proof({"task": flow.name, "slots": {}}, flow, turn.message)
        return [*(reset_flow(current) if current else []), *await _prove_first(asked, push(frames, *interrupted), context)]
    events: Events = []
    if current is not None:
        frames = _interrupt(current, flow, frames, context)
        events = reset_flow(current)
    if not turn.trusted and flow.needs_identity(turn):
        return [*events, *await _wait_for_web_chat({"task": flow.name, "slots": {}}, frames, context)]
    frames = [frame for frame in frames if frame["task"] != flow.name or not waits_for_web_chat(frame)]  # it has no need to wait any more
    discard_contradictions(flow, context)
    turn.tracker.slots[DIALOGUE_STACK] = frames
    try:
        slots = await flow.start(context)
    except FlowAborted:  # what it proposed instead is on the stack
        return [*events, *await resume_next(frames_of(turn), context)]
    return [*events, set_stack(frames), *set_slots(dict.fromkeys(flow.slots)), *run_flow(flow, slots)]


def _start_after_linking(flow: Flow, current: Flow | None, frames: list[Frame], context: Context) -> Events:
    """Put a flow on the stack until the chat is linked, and run the flow that links it."""
    turn, utterances = context.turn, context.utterances
    linking = current is not None and current.name == LINK_FLOW
    frames = [frame for frame in frames if not waits_for_link(frame) or frame["task"] != flow.name]  # asked for twice, done once
    interrupted = [frame_of(current, turn)] if current is not None and not linking else []
    frames = push(frames, *interrupted, {"task": flow.name, "slots": {}, "message": turn.message})
    if linking:
        utterances.utter("utter_link_first")
        return [set_stack(frames), FollowupAction(FLOWS[LINK_FLOW].form)]
    utterances.utter("utter_link_needed")
    return [*(reset_flow(current) if current else []), set_stack(frames), *run_flow(FLOWS[LINK_FLOW], {})]


async def must_prove(flow: Flow, context: Context) -> bool:
    """Return whether the chat was silent for so long that it must prove by a new code whose it is before the flow goes on."""
    return flow.needs_proof_for(context.turn) and await context.needs_proof()


async def prove_first(frame: Frame, frames: list[Frame], context: Context) -> Events:
    """Put a flow that had begun on the stack until the chat has proven whose it is, and run the flow that proves it."""
    return await _prove_first(frame_waiting_for_proof(frame, flow_of(frame)), frames, context)


async def _prove_first(waiting: Frame, frames: list[Frame], context: Context) -> Events:
    """Run the flow that proves whose the chat is; a code that cannot be sent leaves the stack as it is for the next try."""
    frames = [frame for frame in frames if not waits_for_link(frame) or frame["task"] != waiting["task"]]  # asked for twice, done once
    stack, linking = set_stack(push(frames, waiting)), FLOWS[LINK_FLOW]
    try:
        slots = await linking.start(context)
    except FlowAborted:
        return [stack, FollowupAction("action_listen")]
    except FhirUnavailable:
        context.utterances.utter("utter_platform_down")
        return [stack, FollowupAction("action_listen")]
    return [stack, *set_slots(dict.fromkeys(linking.slots)), *run_flow(linking, slots)]


def _interrupt(current: Flow, flow: Flow, frames: list[Frame], context: Context) -> list[Frame]:
    """Return the stack after `flow` interrupted the current one. A flow that starts over, or is taken over, is not put on it."""
    utterances = context.utterances
    if current.name == LINK_FLOW and flow.name == ACCOUNT_REQUEST_FLOW:  # without an account the chat cannot be linked
        utterances.utter("utter_task_dropped", task=utterances.text(f"utter_task_{current.name}"))
        return without_waiting_for_link(frames)
    if flow.takes_over(current, context.turn):
        return frames
    if opens_with_cancellation(context.turn.text):  # « annuler. qui a ajouté … ? »
        utterances.utter("utter_task_dropped", task=utterances.text(f"utter_task_{current.name}"))
        return frames
    utterances.utter("utter_task_set_aside", task=utterances.text(f"utter_task_{current.name}"))
    return push(frames, frame_of(current, context.turn))


async def finish_flow(flow: Flow, context: Context) -> Events:
    """End a flow and resume the one that it interrupted, if any."""
    turn = context.turn
    frames = frames_of(turn)
    if frames and frames[-1]["task"] == flow.name and waits_for_web_chat(frames[-1]) and not turn.trusted:
        return [*reset_flow(flow), set_stack(frames), FollowupAction("action_listen")]  # it did not end: it has just begun to wait
    ended = {"task": flow.name, "turn": turn.key, "slots": frame_of(flow, turn)["slots"]} if flow.correctable else None
    return [*reset_flow(flow), SlotSet(CORRECTABLE_FLOW, ended), *await resume_next(frames, context)]


def slots_of_last_flow(context: Context, *names: str) -> Slots | None:
    """Return the slots of the correctable flow that ended in the turn before, None if there is none or it has another name."""
    ended = context.turn.slot(CORRECTABLE_FLOW)
    return ended["slots"] if ended and ended["task"] in names and context.turn.follows_turn(ended["turn"]) else None


async def correct_last_flow(context: Context) -> Events | None:
    """Run the flow of the turn before again as this message corrects it; None if there is none or the message is no correction."""
    ended = context.turn.slot(CORRECTABLE_FLOW)
    if ended is None or not context.turn.follows_turn(ended["turn"]):
        return None
    flow = FLOWS[ended["task"]]
    if flow.needs_link and (not await context.is_linked() or await must_prove(flow, context)):
        return None
    discard_contradictions(flow, context)
    slots = await flow.correct(context, ended["slots"])
    return run_flow(flow, slots) if slots else None


async def resume_flow(frame: Frame, context: Context) -> Events:
    """Resume a flow of the stack, or start it if it has not started yet. Nothing is uttered but what stands in its way."""
    turn, flow = context.turn, flow_of(frame)
    context.settled.append(frame)
    rest = [other for other in frames_of(turn) if other != frame]
    if not turn.trusted and flow.asks_identity and not is_deferred(frame):
        return await _wait_for_web_chat(frame, rest, context)
    if (flow.needs_link or waits_for_link(frame)) and not await context.is_linked():
        message = {"text": "", "intent": {"name": flow.name, "confidence": 1.0}, "entities": []}
        context.utterances.utter("utter_link_needed")
        return [set_stack([*rest, {"message": message, **off_agenda(frame)}]), *run_flow(FLOWS[LINK_FLOW], {})]
    if flow.name != LINK_FLOW and await must_prove(flow, context):
        return await _prove_first(off_agenda(frame) if is_deferred(frame) else frame_waiting_for_proof(frame, flow), rest, context)
    if is_deferred(frame):
        return await _start_deferred(frame, rest, context)
    try:
        slots = await flow.resume(context, frame["slots"])
    except (NotAMember, LimitReached) as refusal:
        utter_refusal(context.utterances, refusal, str(frame["slots"].get("dossier") or ""))
        return await resume_next(rest, context)
    except FhirUnavailable:
        context.utterances.utter("utter_platform_down")
        return [set_stack([*rest, frame]), FollowupAction("action_listen")]
    return [set_stack(rest), *run_flow(flow, slots)]


async def resume_next(frames: list[Frame], context: Context) -> Events:
    """Resume the next flow of the stack and say so. What waits for the trusted web chat goes on waiting, in silence."""
    turn, utterances = context.turn, context.utterances
    linking = any(frame["task"] == LINK_FLOW for frame in frames)  # the linking is on the stack itself: what waits for it goes on waiting
    if frames and is_unproven(frames[-1]):
        return await prove_first(frames[-1], frames[:-1], context)
    if not linking and any(waits_for_link(frame) for frame in frames) and not await _is_linked_for_good(context):
        frames = without_waiting_for_link(frames, given_up=True)  # the linking that they waited for
    turn.tracker.slots[DIALOGUE_STACK] = frames
    frame = next_frame(frames, turn)
    if frame is None or (waits_for_web_chat(frame) and not turn.trusted):
        return [set_stack(frames), FollowupAction("action_listen")]
    flow = flow_of(frame)
    if frame.get("offered"):
        utterances.utter(f"utter_offer_{flow.name}")
    elif is_on_agenda(frame):
        utterances.utter("utter_agenda_next", task=utterances.text(f"utter_task_{flow.name}"))
    elif not is_deferred(frame) and (turn.trusted or not flow.asks_identity):
        utterances.utter("utter_task_resumed", task=utterances.text(f"utter_task_{flow.name}"))
    return await resume_flow(frame, context)


async def _is_linked_for_good(context: Context) -> bool:
    return await context.is_linked() and not await context.needs_proof()


def drop_all_flows(flow: Flow | None) -> Events:
    """Return events that end the active flow and empty the stack."""
    return [*(reset_flow(flow) if flow else []), set_stack([]), FollowupAction("action_listen")]


def discard_contradictions(flow: Flow, context: Context) -> None:
    """Remove contradicting values of what has but one from the turn, and tell the user; the rest of the message is read."""
    for name in sorted(flow.single_value_entities):
        values = context.turn.distinct_values(name)
        if len(values) > 1:
            context.utterances.utter("utter_contradiction", first=values[0], second=values[1])
            context.turn = context.turn.without_entity(name)


async def _wait_for_web_chat(frame: Frame, frames: list[Frame], context: Context) -> Events:
    await refer_to_web_chat(context, "utter_identity_elsewhere")
    return [set_stack(push_for_web_chat(frames, frame)), FollowupAction("action_listen")]


async def _start_deferred(frame: Frame, rest: list[Frame], context: Context) -> Events:
    """Start a flow that waited for the chat to be linked, from the message that asked for it.

    Channel and trust are those of this turn, not of that message.
    """
    turn, flow = context.turn, flow_of(frame)
    context.forget_account()
    if frame.get("begun"):
        if not turn.trusted and flow.asks_identity:
            return await _wait_for_web_chat({"task": flow.name, "slots": frame["slots"]}, rest, context)
        context.utterances.utter("utter_task_resumed", task=context.utterances.text(f"utter_task_{flow.name}"))
        return [set_stack(rest), *run_flow(flow, frame["slots"])]
    turn.tracker.latest_message = {**frame["message"], "metadata": turn.message.get("metadata")}
    if not turn.trusted and flow.needs_identity(turn):
        return await _wait_for_web_chat({"task": flow.name, "slots": {}}, rest, context)
    discard_contradictions(flow, context)
    slots: Slots = dict(frame["slots"])
    turn.tracker.slots[DIALOGUE_STACK] = rest
    try:
        slots |= await flow.start(context)
    except FlowAborted:  # what it proposed instead is on the stack
        return await resume_next(frames_of(turn), context)
    except (NotAMember, LimitReached) as refusal:  # what was done before it in this turn stays, and the rest goes on
        utter_refusal(context.utterances, refusal, _reference(context))
        return await resume_next(frames_of(turn), context)
    except FhirUnavailable:
        context.utterances.utter("utter_platform_down")
        if flow.gathers:  # its form asks for nothing of what the message said
            return [set_stack([*rest, frame]), FollowupAction("action_listen")]
    return [set_stack(rest), *run_flow(flow, slots)]


def _reference(context: Context) -> str:
    """Return the reference that the message names, else the dossier talked about last; "" without one."""
    turn = context.turn
    return str(turn.entity("dossier_ref") or turn.slot("dossier") or turn.slot("last_dossier") or "")
