"""Confirmation cards: shown whole once; asked again in one line, with the same buttons, while nothing on them changed."""

from __future__ import annotations

from typing import Any

from actions.framework.context import Context
from actions.framework.turn import Turn
from actions.framework.utterances import Button


def utter_card(context: Context, card: str, again: str, buttons: list[Button] | None = None, **values: Any) -> None:
    """Show a card; where the answer to the message before showed the very same, ask in one line.

    Args:
        context: of the turn.
        card: the response of the whole card.
        again: the response of one line that names the act, with the same buttons.
        buttons: those that the responses do not have themselves.
        values: of the placeholders of both.
    """
    turn, utterances = context.turn, context.utterances
    shown = {_bare(utterances.text(response, **values)) for response in (card, again)}
    seen = turn.intent != "repeat" and not shown.isdisjoint(_bare(text) for text in _last_answer(turn))
    utterances.utter(again if seen else card, buttons, **values)


def _last_answer(turn: Turn) -> list[str]:
    """Return what was uttered in answer to the message before this one, where that came through the same channel."""
    texts: list[str] = []
    messages = 0
    for event in reversed(turn.tracker.events):
        if event.get("event") == "user":
            messages += 1
            if messages == 2:
                same = (event.get("metadata") or {}).get("channel", "web") == turn.channel
                return texts if same else []
        elif event.get("event") == "bot" and messages == 1 and event.get("text"):
            texts.append(str(event["text"]))
    return []


def _bare(text: str) -> str:
    return " ".join(text.split())
