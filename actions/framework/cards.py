"""Confirmation cards: shown whole once; asked again in one line, with the same buttons, while nothing on them changed."""

from __future__ import annotations

from collections.abc import Iterator
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
    context.utterances.utter(again if was_shown(context, card, again, **values) else card, buttons, **values)


def was_shown(context: Context, card: str, again: str, **values: Any) -> bool:
    """Return whether the answer to the message before showed this very card, so that a line asks it again; `repeat` shows it whole."""
    whole, line = (_bare(context.utterances.text(response, **values)) for response in (card, again))
    return context.turn.intent != "repeat" and _leads_back(context.turn, whole, line)


def _leads_back(turn: Turn, whole: str, line: str) -> bool:
    """Return whether the last answer held this card, or its line, and so on back to the card: homonyms have the same line."""
    for texts in _answers_back(turn):
        if whole in texts:
            return True
        if line not in texts:
            return False
    return False


def _answers_back(turn: Turn) -> Iterator[set[str]]:
    """Yield what was uttered in answer to each message before this one, the last first, while they came through the same channel."""
    texts: set[str] = set()
    messages = 0
    for event in reversed(turn.tracker.events):
        if event.get("event") == "user":
            messages += 1
            if messages > 1:
                if (event.get("metadata") or {}).get("channel", "web") != turn.channel:
                    return
                yield texts
                texts = set()
        elif event.get("event") == "bot" and messages and event.get("text"):
            texts.add(_bare(str(event["text"])))


def _bare(text: str) -> str:
    return " ".join(text.split())
