"""How well the assistant's own sentences are read: what falls under a target stops the build."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from bench.standalone_pipeline import to_examples
from nlu.corpus.examples import plain_text, read_files
from nlu.evaluate import OUT_OF_SCOPE, Example, Prediction, figures, read_examples
from tests.understanding.perturbations import perturb
from tests.understanding.task_intents import find_task_intents

Reading = Callable[[list[Example]], list[Prediction]]
FILES = Path(__file__).resolve().parents[2] / "understanding"
# Least macro F1 of intents and least F1 of entities by exact spans, in the ordinary register and in the noisy or in both.
ORDINARY, ROUGH = (0.97, 0.94), (0.93, 0.88)
TARGETS = {
    "ordinary": ORDINARY,
    "afar": ORDINARY,
    "noisy": ROUGH,
    "afar_noisy": ROUGH,
    "extra": ROUGH,
    "fresh": ROUGH,
    "second": ROUGH,
    "unread": ORDINARY,
    "anew": ROUGH,
    "anew_noisy": ROUGH,
}


@pytest.fixture(scope="module")
def read(assistant: Reading) -> dict[str, tuple[list[Example], list[Prediction]]]:
    examples = {name: read_examples(FILES / f"{name}.yml") for name in TARGETS}
    return {name: (found, assistant(found)) for name, found in examples.items()}


@pytest.mark.parametrize("name", TARGETS)
def test_intents_and_spans_are_found(read: dict[str, tuple[list[Example], list[Prediction]]], name: str) -> None:
    result = figures(*read[name])
    least_intents, least_entities = TARGETS[name]
    assert result["intent"]["macro_f1"] >= least_intents, result["intent"]["confusions"]
    assert result["entities"]["micro"]["f1"] >= least_entities, result["entities"]["per_entity"]


@pytest.mark.parametrize("name", [name for name, target in TARGETS.items() if target is ORDINARY])
def test_hardly_anything_within_scope_is_refused(read: dict[str, tuple[list[Example], list[Prediction]]], name: str) -> None:
    assert figures(*read[name])["out_of_scope"]["false_reject_rate"] <= 0.02


def test_hardly_anything_out_of_scope_is_taken_for_a_task(read: dict[str, tuple[list[Example], list[Prediction]]]) -> None:
    tasks = find_task_intents()
    pairs = [pair for examples, parses in read.values() for pair in zip(examples, parses, strict=True)]
    outside = [(example.text, parse.intent) for example, parse in pairs if example.intent == OUT_OF_SCOPE]
    taken = [(text, intent) for text, intent in outside if intent in tasks]
    assert len(taken) <= 0.03 * len(outside), taken


def test_careless_writing_of_another_mould_than_the_training_is_read(assistant: Reading) -> None:
    """The ordinary sentences, in no training data, respelt by the tests' own writers."""
    sentences = read_files([FILES / f"{name}.yml" for name in ("ordinary", "extra", "fresh")])
    careless = {intent: [perturb(example, plain_text(example)) for example in found] for intent, found in sentences.items()}
    examples = to_examples(careless)
    result = figures(examples, assistant(examples))
    assert result["intent"]["macro_f1"] >= 0.93, result["intent"]["confusions"]
    assert result["entities"]["micro"]["f1"] >= 0.88, result["entities"]["per_entity"]
