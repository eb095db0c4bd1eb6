"""The metrics of an evaluation, on examples and predictions listed here."""

from __future__ import annotations

from pathlib import Path

import pytest

from nlu.evaluate import Example, Prediction, compute_metrics, format_report, read_examples, read_full_intent

TOWN, NAME = ("city", 2, 7), ("partner_name", 0, 6)


def test_metrics_follow_the_contract() -> None:
    examples = [
        Example("à Tours", "inform", frozenset({TOWN})),
        Example("Martin", "inform", frozenset({NAME})),
        Example("prix ?", "faq/cost", frozenset()),
        Example("météo", "out_of_scope", frozenset()),
        Example("blague", "out_of_scope", frozenset()),
        Example("chat", "out_of_scope", frozenset()),
    ]
    predictions = [
        Prediction("inform", frozenset({TOWN}), 1.0),
        Prediction("nlu_fallback", frozenset({("partner_name", 0, 5)}), 2.0),
        Prediction("faq/cost", frozenset(), 3.0),
        Prediction("greet", frozenset(), 4.0),
        Prediction("out_of_scope", frozenset(), 5.0),
        Prediction("nlu_fallback", frozenset(), 6.0),
    ]
    metrics = compute_metrics(examples, predictions)
    assert metrics["examples"] == 6
    assert metrics["intent"]["accuracy"] == 0.5
    assert metrics["intent"]["per_intent"]["inform"] == {"precision": 1.0, "recall": 0.5, "f1": 0.6667, "support": 2}
    assert {"expected": "out_of_scope", "got": "greet", "text": "météo"} in metrics["intent"]["confusions"]
    assert len(metrics["intent"]["confusions"]) == 3
    assert metrics["entities"]["micro"] == {"precision": 0.5, "recall": 0.5, "f1": 0.5}
    assert metrics["entities"]["per_entity"]["city"] == {"precision": 1.0, "recall": 1.0, "f1": 1.0, "support": 1}
    assert metrics["out_of_scope"] == {"false_accept_rate": 0.3333, "false_reject_rate": 0.3333}
    assert metrics["ms"] == {"median": 3.5, "p95": 5.0}
    assert metrics["rss_mb"] > 0
    assert "faq/cost" in format_report(metrics)


def test_full_names_are_read_and_compared(tmp_path: Path) -> None:
    file = tmp_path / "examples.yml"
    file.write_text('version: "3.1"\nnlu:\n- intent: faq/cost\n  examples: |\n    - prix à [Tours](city)\n', encoding="utf-8")
    assert read_examples(file) == [Example("prix à Tours", "faq/cost", frozenset({("city", 7, 12)}))]
    selected = {"faq": {"response": {"intent_response_key": "faq/cost"}}}
    assert read_full_intent({"intent": {"name": "faq"}, "response_selector": selected}) == "faq/cost"


def test_a_file_without_examples_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "empty.yml"
    file.write_text('version: "3.1"\nnlu: []\n', encoding="utf-8")
    with pytest.raises(ValueError, match="no example"):
        read_examples(file)
