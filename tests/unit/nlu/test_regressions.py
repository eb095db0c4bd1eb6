"""What was once misunderstood is understood, intent and spans, by the model that the present sources give."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from nlu.evaluate import Example, Prediction, read_examples

CASES = Path(__file__).resolve().parents[2] / "understanding" / "regressions.yml"
HELD_DOWN = "a" * 4000
Reading = Callable[[list[Example]], list[Prediction]]


def test_every_case_is_read_in_full(assistant: Reading) -> None:
    examples = read_examples(CASES)
    parses = assistant(examples)
    assert [
        (example.text, parse.intent, _pieces(example.text, parse))
        for example, parse in zip(examples, parses, strict=True)
        if (parse.intent, parse.entities) != (example.intent, example.entities)
    ] == []


def test_what_is_no_sentence_is_refused_whole(assistant: Reading) -> None:
    texts = ["<script>alert(1)</script>", HELD_DOWN, "aaaaaaa", "zzzzz zzzzz"]
    parses = assistant([Example(text, "", frozenset()) for text in texts])
    assert [(parse.intent, parse.entities) for parse in parses] == [("nlu_fallback", frozenset())] * len(texts)


def test_an_address_with_an_accent_is_no_value(assistant: Reading) -> None:
    (parse,) = assistant([Example("zoé@ortho.example", "", frozenset())])
    assert parse.entities == frozenset()


def _pieces(text: str, parse: Prediction) -> list[tuple[str, str]]:
    return sorted((entity, text[start:end]) for entity, start, end in parse.entities)
