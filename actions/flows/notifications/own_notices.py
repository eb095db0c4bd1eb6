"""What needs no setting, or has none: the urgent at any time, and a colleague who should receive one's notices."""

from __future__ import annotations

from actions.flows.notifications.handed_over import refuses_access
from actions.flows.notifications.notification_page import EVERYTHING
from actions.framework.context import Context
from actions.framework.flow import Slots
from actions.framework.turn import Turn
from bot.notifications.preference_parser import asks_to_see, asks_what_passes, urgent_anyway


def tell_own(context: Context) -> None:
    """Say that notices go to nobody else, and what can be done for an absence; to who wants no access given, that is not proposed."""
    utterances, who = context.utterances, context.turn.entity("partner_name")
    if refuses_access(context.turn.text):
        utterances.utter("utter_notices_are_own_only")
        return
    named = {"partner_name": who} if who else {}
    utterances.utter("utter_notices_are_own", [utterances.button("utter_title_add_partner_here", "add_partner", **named)])


def say_only(context: Context, text: str) -> None:
    """Let the turn hold these words of its message alone, with the entities that stand in them."""
    turn = context.turn
    entities = []
    for entity in turn.message.get("entities") or []:
        value = turn.raw_text[entity.get("start") or 0 : entity.get("end") or 0]
        if value and (start := text.find(value)) >= 0:
            entities.append({**entity, "start": start, "end": start + len(value)})
    context.turn = turn.with_message({**turn.message, "text": text, "said": text, "entities": entities})


def wants_what_holds(context: Context) -> Slots | None:
    """Answer who wants, or asks, that the urgent come at any time: it does. Return the slots if nothing else is said, None otherwise."""
    turn = context.turn
    rest = None if turn.is_button else urgent_anyway(turn.raw_text)
    if rest is None:
        return None
    if not rest:
        return {**shown(turn.raw_text), "wish": {"passing": True}}
    context.utterances.utter("utter_urgent_passes_anyway")
    say_only(context, rest)
    return None


def shown(text: str) -> Slots:
    """Return the slots if the preferences are to be shown, whatever was asked before."""
    return {"dossier": EVERYTHING, "wish_text": text, "wish": {"show": True}, "wish_question": None}


def asked_to_see(turn: Turn) -> Slots:
    """Return the slots where typed words ask to see the settings, or which notices pass at night; none where they do not."""
    if turn.is_button:
        return {}
    if asks_what_passes(turn.raw_text):
        return {**shown(turn.raw_text), "wish": {"passing": True}}
    return shown(turn.raw_text) if asks_to_see(turn.raw_text) else {}
