"""Accuracy of the assistant's model on its own test sets; the build fails below a target."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from bench.standalone_pipeline import to_examples
from nlu.corpus.examples import plain_text, read_files
from nlu.evaluate import OUT_OF_SCOPE, Example, Prediction, compute_metrics, read_examples
from tests.understanding.perturbations import perturb
from tests.understanding.task_intents import find_task_intents

Predictor = Callable[[list[Example]], list[Prediction]]
Results = dict[str, tuple[list[Example], list[Prediction]]]
TEST_SETS = Path(__file__).resolve().parents[2] / "understanding"
# Lowest macro F1 of intents and lowest F1 of entities (exact spans): in the ordinary register, and in a noisy or mixed one.
ORDINARY, NOISY = (0.97, 0.94), (0.93, 0.88)
TARGETS = {
    "ordinary": ORDINARY,
    "afar": ORDINARY,
    "noisy": NOISY,
    "afar_noisy": NOISY,
    "extra": NOISY,
    "fresh": NOISY,
    "second": NOISY,
    "unread": ORDINARY,
    "anew": NOISY,
    "anew_noisy": NOISY,
}


@pytest.fixture(scope="module")
def results(predict: Predictor) -> Results:
    """Return the examples and the predictions of each test set."""
    test_sets = {name: read_examples(TEST_SETS / f"{name}.yml") for name in TARGETS}
    return {name: (examples, predict(examples)) for name, examples in test_sets.items()}


@pytest.mark.parametrize("name", TARGETS)
def test_intents_and_entities_reach_their_targets(results: Results, name: str) -> None:
    metrics = compute_metrics(*results[name])
    intent_target, entity_target = TARGETS[name]
    assert metrics["intent"]["macro_f1"] >= intent_target, metrics["intent"]["confusions"]
    assert metrics["entities"]["micro"]["f1"] >= entity_target, metrics["entities"]["per_entity"]


@pytest.mark.parametrize("name", [name for name, target in TARGETS.items() if target is ORDINARY])
def test_hardly_anything_in_scope_is_rejected(results: Results, name: str) -> None:
    assert compute_metrics(*results[name])["out_of_scope"]["false_reject_rate"] <= 0.02


def test_hardly_anything_out_of_scope_starts_a_task(results: Results) -> None:
    task_intents = find_task_intents()
    pairs = [pair for examples, predictions in results.values() for pair in zip(examples, predictions, strict=True)]
    outside = [(example.text, prediction.intent) for example, prediction in pairs if example.intent == OUT_OF_SCOPE]
    accepted = [(text, intent) for text, intent in outside if intent in task_intents]
    assert len(accepted) <= 0.03 * len(outside), accepted


def test_perturbed_sentences_reach_their_targets(predict: Predictor) -> None:
    """Perturb the ordinary sentences, which are in no training data, in ways that the training data's noise does not."""
    sentences = read_files([TEST_SETS / f"{name}.yml" for name in ("ordinary", "extra", "fresh")])
    perturbed = {intent: [perturb(example, plain_text(example)) for example in found] for intent, found in sentences.items()}
    examples = to_examples(perturbed)
    metrics = compute_metrics(examples, predict(examples))
    assert metrics["intent"]["macro_f1"] >= 0.93, metrics["intent"]["confusions"]
    assert metrics["entities"]["micro"]["f1"] >= 0.88, metrics["entities"]["per_entity"]
