"""Fuzzing: on any input the trained model does not fail, marks spans within the text, and starts nothing."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from nlu.evaluate import Example, Prediction
from tests.understanding.fuzz_inputs import MAX_LENGTH, generate_inputs
from tests.understanding.task_intents import find_task_intents

Results = list[tuple[str, str, Prediction]]
"""The kind, the text and the prediction of each input."""


@pytest.fixture(scope="module")
def results(predict: Callable[[list[Example]], list[Prediction]]) -> Results:
    """Return the predictions of all inputs."""
    inputs = generate_inputs()
    predictions = predict([Example(text, "", frozenset()) for _, text in inputs])
    return [(kind, text, prediction) for (kind, text), prediction in zip(inputs, predictions, strict=True)]


def test_there_are_three_hundred_and_some_are_as_long_as_may_be() -> None:
    inputs = generate_inputs()
    assert len(inputs) == 300
    assert max(len(text) for _, text in inputs) == MAX_LENGTH
    assert {"add_partner", "create_dossier", "request_account", "contact_support", "unlink_account"} <= find_task_intents()
    assert not {"greet", "faq", "inform", "nlu_fallback", "out_of_scope"} & find_task_intents()


def test_none_starts_a_task(results: Results) -> None:
    task_intents = find_task_intents()
    assert [(kind, text[:80], prediction.intent) for kind, text, prediction in results if prediction.intent in task_intents] == []


def test_spans_lie_within_the_text_and_apart(results: Results) -> None:
    for _, text, prediction in results:
        end = 0
        for start, stop in sorted((start, stop) for _, start, stop in prediction.entities):
            assert end <= start < stop <= len(text)
            end = stop
