"""What was once misunderstood is understood, intent and spans, by the model that the present sources give."""

from __future__ import annotations

from pathlib import Path

import pytest

from nlu.evaluate import Example, Parse, parse_all, read_examples
from nlu.train import ensure_model

CASES = Path(__file__).resolve().parents[2] / "understanding" / "regressions.yml"
HELD_DOWN = "a" * 4000


@pytest.fixture(scope="module")
def trained() -> Path:
    """The model that the assistant runs with; trained only where the sources have changed since."""
    return ensure_model(report=False)


def test_every_case_is_read_in_full(trained: Path) -> None:
    examples = read_examples(CASES)
    parses = parse_all(trained, examples)
    assert [
        (example.text, parse.intent, _pieces(example.text, parse))
        for example, parse in zip(examples, parses, strict=True)
        if (parse.intent, parse.entities) != (example.intent, example.entities)
    ] == []


def test_what_is_no_sentence_is_refused_whole(trained: Path) -> None:
    texts = ["<script>alert(1)</script>", HELD_DOWN, "aaaaaaa", "zzzzz zzzzz"]
    parses = parse_all(trained, [Example(text, "", frozenset()) for text in texts])
    assert [(parse.intent, parse.entities) for parse in parses] == [("nlu_fallback", frozenset())] * len(texts)


def test_an_address_with_an_accent_is_no_value(trained: Path) -> None:
    (parse,) = parse_all(trained, [Example("zoé@ortho.example", "", frozenset())])
    assert parse.entities == frozenset()


def _pieces(text: str, parse: Parse) -> list[tuple[str, str]]:
    return sorted((entity, text[start:end]) for entity, start, end in parse.entities)
