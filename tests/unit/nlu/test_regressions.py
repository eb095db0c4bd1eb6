"""Sentences that were once misunderstood are understood, intent and spans, by the model of the present sources."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from nlu.evaluate import Example, Prediction, read_examples

CASES = Path(__file__).resolve().parents[2] / "understanding" / "regressions.yml"
REPEATED_LETTER = "a" * 4000
Predictor = Callable[[list[Example]], list[Prediction]]


def test_every_case_is_predicted_exactly(predict: Predictor) -> None:
    examples = read_examples(CASES)
    predictions = predict(examples)
    assert [
        (example.text, prediction.intent, _entity_texts(example.text, prediction))
        for example, prediction in zip(examples, predictions, strict=True)
        if (prediction.intent, prediction.entities) != (example.intent, example.entities)
    ] == []


def test_a_text_without_content_is_rejected_whole(predict: Predictor) -> None:
    texts = ["<script>alert(1)</script>", REPEATED_LETTER, "aaaaaaa", "zzzzz zzzzz"]
    predictions = predict([Example(text, "", frozenset()) for text in texts])
    assert [(prediction.intent, prediction.entities) for prediction in predictions] == [("nlu_fallback", frozenset())] * len(texts)


def test_an_address_with_an_accent_is_no_entity(predict: Predictor) -> None:
    (prediction,) = predict([Example("zoé@ortho.example", "", frozenset())])
    assert prediction.entities == frozenset()


def _entity_texts(text: str, prediction: Prediction) -> list[tuple[str, str]]:
    return sorted((entity, text[start:end]) for entity, start, end in prediction.entities)
