"""A card that is asked again in one line was shown whole before, and nothing on it changed since."""

from __future__ import annotations

from typing import Any

import pytest
from rasa_sdk.executor import CollectingDispatcher
from rasa_sdk.interfaces import Tracker

from actions.framework.cards import utter_card
from actions.framework.turn import Turn
from actions.framework.utterances import Utterances

RESPONSES = {"responses": {"utter_card": [{"text": "{label}\nOui ?"}], "utter_again": [{"text": "Donner à {name} l’accès ?"}]}}
TOURS, BLOIS = {"name": "Paul Martin", "label": "Paul Martin, Tours"}, {"name": "Paul Martin", "label": "Paul Martin, Blois"}
CARD, LINE = "Paul Martin, Tours\nOui ?", "Donner à Paul Martin l’accès ?"


class AContext:
    """What a card needs of a context."""

    def __init__(self, turn: Turn) -> None:
        self.turn, self.utterances = turn, Utterances(CollectingDispatcher(), RESPONSES)


def asked(values: dict[str, str], *answers: str, channel: str = "web") -> str:
    """The response of a card after these answers, each to a message of the web chat."""
    events: list[dict[str, Any]] = []
    for answer in answers:
        events += [{"event": "user", "text": "?", "metadata": {"channel": channel}}, {"event": "bot", "text": answer}]
    events.append({"event": "user", "text": "et alors ?", "metadata": {"channel": "web"}})
    message = {"text": "et alors ?", "intent": {"name": "inform"}, "entities": [], "metadata": {"channel": "web"}}
    turn = Turn(Tracker("chat", {}, message, events, False, None, {}, "action_listen"))
    context: Any = AContext(turn)
    utter_card(context, "utter_card", "utter_again", **values)
    return str(context.utterances._dispatcher.messages[-1]["response"])


@pytest.mark.parametrize(
    ("values", "answers", "response"),
    [
        (TOURS, (), "utter_card"),
        (TOURS, (CARD,), "utter_again"),
        (TOURS, (CARD, LINE, LINE), "utter_again"),
        (TOURS, (CARD, "autre chose"), "utter_card"),
        (TOURS, (LINE,), "utter_card"),
        (BLOIS, (CARD, LINE), "utter_card"),
    ],
)
def test_one_line_asks_for_a_card_that_was_shown(values: dict[str, str], answers: tuple[str, ...], response: str) -> None:
    assert asked(values, *answers) == response


def test_a_card_of_another_channel_was_not_shown_here() -> None:
    assert asked(TOURS, CARD, channel="telegram") == "utter_card"
