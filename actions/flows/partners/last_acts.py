"""The last acts of a conversation on care teams, kept so that they can be undone: who, in which dossier, with what dates.

Nothing in them is an authority: whose the act was, and whether it may still be undone, the backend checks again.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal

from rasa_sdk.events import SlotSet

from actions.flows.partners.member_names import matching_name
from actions.framework.context import Context
from actions.framework.events import Events
from actions.framework.turn import Turn
from bot.dossiers.period import AccessPeriod
from bot.dossiers.restorations import UNDO_WITHIN

LAST_ACTS = "last_acts"
"""Slot: the acts, oldest first.

Each is `{"act", "dossier", "member", "name", "partner", "from", "until", "basis", "by", "key", "turn", "at", "undone"}`: `member` is the
FHIR reference, `partner` the key in the directory or None, `by` the account that did it, `key` that of the operation, `turn` that of the
turn in which it was done, `undone` the turn that took it back; a request for an account has its reference as `request`, perhaps no dossier,
and, of a person whom the directory does not know, the directory record as `record`;
a change of dates has the dates before it as `was`.
"""
ACTS = "undo_acts"
"""Slot: the acts that are taken back, or whose dates change."""
KEPT = 5
"""Acts that are kept."""
Kind = Literal["added", "removed", "left", "requested", "dated"]
Act = dict[str, Any]


def remember_act(
    context: Context,
    act: Kind,
    *,
    by: str,
    dossier: str,
    name: str,
    member: str = "",
    partner: str | None = None,
    period: AccessPeriod | None = None,
    basis: str | None = None,
    key: str | None = None,
    request: str | None = None,
    record: dict[str, Any] | None = None,
    was: list[str | None] | None = None,
) -> None:
    """Keep an act that was just done; `kept_acts` gives the event for it."""
    turn = context.turn
    start, end = (period or AccessPeriod()).iso
    done: Act = {"act": act, "dossier": dossier, "member": member, "name": name, "partner": partner, "from": start, "until": end, "by": by}
    done |= {"basis": basis, "key": key or turn.key, "turn": turn.key, "at": context.services.clock.now().isoformat(), "undone": None}
    if request is not None:
        done["request"] = request
    if record is not None:
        done["record"] = record
    if was is not None:
        done["was"] = was
    turn.tracker.slots[LAST_ACTS] = [*acts_of(turn), done][-KEPT:]


def kept_acts(turn: Turn) -> Events:
    """Return the event that keeps the acts of this turn; none where there are none."""
    acts = acts_of(turn)
    return [SlotSet(LAST_ACTS, acts)] if acts and acts[-1]["turn"] == turn.key else []


def acts_of(turn: Turn) -> list[Act]:
    """Return the acts that are kept, oldest first."""
    return list(turn.slot(LAST_ACTS) or [])


def last_act_of(turn: Turn, *kinds: Kind) -> Act | None:
    """Return the last act of these kinds that was not taken back."""
    return next((act for act in reversed(acts_of(turn)) if act["act"] in kinds and not act["undone"]), None)


def sent_request(turn: Turn, name: str) -> Act | None:
    """Return the last request of this conversation for somebody of that name whom the directory does not know."""
    requested = (act for act in reversed(acts_of(turn)) if act["act"] == "requested" and act.get("record") and not act["undone"])
    return next((act for act in requested if matching_name(name, act["name"])), None)


def newest_acts(acts: list[Act]) -> list[Act]:
    """Return the acts of the latest turn that did any."""
    return [act for act in acts if act["turn"] == acts[-1]["turn"]]


def is_too_old(act: Act, now: datetime) -> bool:
    """Return whether an act can no longer be undone."""
    return now - datetime.fromisoformat(act["at"]) > UNDO_WITHIN


def turns_since(turn: Turn, key: str) -> int | None:
    """Return how many messages of the user came after the turn with this key; None where it is not in the tracker."""
    keys = [f"{turn.conversation_id}:{(e.get('metadata') or {}).get('turn')}" for e in turn.tracker.events if e.get("event") == "user"]
    return len(keys) - 1 - keys.index(key) if key in keys else None
