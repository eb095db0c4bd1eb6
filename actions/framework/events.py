"""The events that actions return."""

from __future__ import annotations

from typing import Any

from rasa_sdk.events import SlotSet

from actions.framework.turn import Turn

Events = list[dict[str, Any]]


def wait_for_user(turn: Turn) -> Events:
    """Return events that leave the dialogue where it is and wait for the user.

    Setting the loop again lifts the "rejected" flag that Rasa keeps on a form after a digression: with it, no policy would run the
    form at the next message.
    """
    listen = {"event": "followup", "name": "action_listen"}
    if turn.active_form is None:
        return [listen]
    return [{"event": "active_loop", "name": turn.active_form}, SlotSet("requested_slot", turn.requested_slot), listen]
