"""The dialogue stack: the flows that were interrupted or wait for something, oldest first, in the slot `task_stack`.

A frame is `{"task": flow name, "slots": {name: value}}`. It may also hold:

- `"message"`: the flow waits for the chat to be linked, then starts from this message, which asked for it;
- `"agenda"`: it waits only for what the same message asked first, then starts from its own part of it, `"message"`;
- `"begun"`: it had started already, and goes on where it was;
- `"unproven"`: it was interrupted in this turn, since the chat must prove whose it is;
- `"offered"`: the flow is proposed as a next step;
- `"elsewhere"`: the flow waits for the trusted web chat; the user was told so and has a link.

The trackers of running conversations hold the slot and these keys: they never change.
"""

from __future__ import annotations

from typing import Any

from rasa_sdk.events import SlotSet

from actions.framework.flow import FLOWS, Flow
from actions.framework.turn import Turn

DIALOGUE_STACK = "task_stack"
"""Slot of the stack."""
MAX_DEPTH = 5
"""Frames kept: nobody remembers what an older one was about."""
_WAITS_FOR_WEB_CHAT = "elsewhere"
_ON_AGENDA = "agenda"
_UNPROVEN = "unproven"

Frame = dict[str, Any]


def frames_of(turn: Turn) -> list[Frame]:
    """Return a copy of the stack, oldest frame first."""
    return list(turn.slot(DIALOGUE_STACK) or [])


def set_stack(frames: list[Frame]) -> dict[str, Any]:
    """Return the event that sets the stack."""
    return SlotSet(DIALOGUE_STACK, frames)


def frame_of(flow: Flow, turn: Turn) -> Frame:
    """Return the frame of a flow: what is needed to resume it."""
    return {"task": flow.name, "slots": {name: turn.slot(name) for name in flow.slots if turn.slot(name) is not None}}


def push(frames: list[Frame], *new: Frame) -> list[Frame]:
    """Return the stack with new frames on top; the oldest are dropped beyond MAX_DEPTH."""
    return [*frames, *new][-MAX_DEPTH:]


def push_for_web_chat(frames: list[Frame], frame: Frame) -> list[Frame]:
    """Return the stack with a frame on top that waits for the trusted web chat. It replaces the others of that flow."""
    others = [other for other in frames if other["task"] != frame["task"] or is_on_agenda(other)]
    return push(others, frame | {_WAITS_FOR_WEB_CHAT: True})


def flow_of(frame: Frame) -> Flow:
    """Return the flow of a frame."""
    return FLOWS[frame["task"]]


def waiting_act(flow: Flow, act: dict[str, Any]) -> Frame:
    """Return the frame of a flow that a part of a message asks for: it starts from that part when its turn comes."""
    return {"task": flow.name, "slots": {}, "message": act, _ON_AGENDA: True}


def on_agenda(flow: Flow, slots: dict[str, Any]) -> Frame:
    """Return the frame of a flow that has begun with these slots and waits for what the same message asked first."""
    return {"task": flow.name, "slots": slots, _ON_AGENDA: True}


def is_deferred(frame: Frame) -> bool:
    """Return whether the flow starts from a message that was kept."""
    return "message" in frame


def is_on_agenda(frame: Frame) -> bool:
    """Return whether the flow waits only for what the same message asked first."""
    return bool(frame.get(_ON_AGENDA))


def off_agenda(frame: Frame) -> Frame:
    """Return the frame as one that waits for more than what the same message asked first."""
    return {name: value for name, value in frame.items() if name != _ON_AGENDA}


def waits_for_link(frame: Frame) -> bool:
    """Return whether the flow waits for the chat to be linked, and has not started yet."""
    return is_deferred(frame) and not is_on_agenda(frame)


def waits_for_web_chat(frame: Frame) -> bool:
    """Return whether the flow waits for the trusted web chat."""
    return bool(frame.get(_WAITS_FOR_WEB_CHAT))


def frame_waiting_for_proof(frame: Frame, flow: Flow, message: dict[str, Any] | None = None) -> Frame:
    """Return the frame of a flow that waits until the chat has proven whose it is.

    With the message that asked for it the flow starts from that; without, it had begun and goes on where it was.
    """
    kept = {name: value for name, value in frame.items() if name != _UNPROVEN}
    if message is not None:
        return kept | {"message": message}
    nothing_said = {"text": "", "intent": {"name": flow.name, "confidence": 1.0}, "entities": []}
    return {"message": nothing_said, "begun": True} | kept


def push_unproven(frames: list[Frame], frame: Frame) -> list[Frame]:
    """Return the stack with a frame on top that is resumed in this turn, once the chat was asked to prove whose it is."""
    return push(frames, frame | {_UNPROVEN: True})


def is_unproven(frame: Frame) -> bool:
    """Return whether the flow was interrupted in this turn, since the chat must prove whose it is."""
    return bool(frame.get(_UNPROVEN))


def without_waiting_for_link(frames: list[Frame], *, given_up: bool = False) -> list[Frame]:
    """Return the stack without the flows that wait for the chat to be linked; if that was given up, without their agenda too."""
    return [frame for frame in frames if not (is_deferred(frame) if given_up else waits_for_link(frame))]


def next_frame(frames: list[Frame], turn: Turn) -> Frame | None:
    """Return the frame to resume next: the newest one that may go on on this channel, else the newest one."""
    allowed = [frame for frame in frames if turn.trusted or is_deferred(frame) or not flow_of(frame).asks_identity]
    return next(reversed(allowed or frames), None)
