"""Whatever is typed, the trained model reads it without failing, marks spans within it and starts nothing."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from nlu.evaluate import Example, Prediction
from tests.understanding.fuzz_inputs import LONGEST, generate_inputs
from tests.understanding.task_intents import find_task_intents


@pytest.fixture(scope="module")
def read(assistant: Callable[[list[Example]], list[Prediction]]) -> list[tuple[str, str, Prediction]]:
    messages = generate_inputs()
    parses = assistant([Example(text, "", frozenset()) for _, text in messages])
    return [(kind, text, parse) for (kind, text), parse in zip(messages, parses, strict=True)]


def test_there_are_three_hundred_and_some_are_as_long_as_may_be() -> None:
    messages = generate_inputs()
    assert len(messages) == 300
    assert max(len(text) for _, text in messages) == LONGEST
    assert {"add_partner", "create_dossier", "request_account", "contact_support", "unlink_account"} <= find_task_intents()
    assert not {"greet", "faq", "inform", "nlu_fallback", "out_of_scope"} & find_task_intents()


def test_none_starts_a_task(read: list[tuple[str, str, Prediction]]) -> None:
    starting = find_task_intents()
    assert [(kind, text[:80], parse.intent) for kind, text, parse in read if parse.intent in starting] == []


def test_spans_lie_within_the_text_and_apart(read: list[tuple[str, str, Prediction]]) -> None:
    for _, text, parse in read:
        end = 0
        for start, stop in sorted((start, stop) for _, start, stop in parse.entities):
            assert end <= start < stop <= len(text)
            end = stop
