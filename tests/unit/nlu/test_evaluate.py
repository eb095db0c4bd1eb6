"""The figures of an evaluation, from examples and parses written here."""

from __future__ import annotations

from pathlib import Path

import pytest

from nlu.evaluate import Example, Prediction, figures, read_examples, read_full_intent, report

TOWN, NAME = ("city", 2, 7), ("partner_name", 0, 6)


def test_figures_follow_the_contract() -> None:
    examples = [
        Example("à Tours", "inform", frozenset({TOWN})),
        Example("Martin", "inform", frozenset({NAME})),
        Example("prix ?", "faq/cost", frozenset()),
        Example("météo", "out_of_scope", frozenset()),
        Example("blague", "out_of_scope", frozenset()),
        Example("chat", "out_of_scope", frozenset()),
    ]
    parses = [
        Prediction("inform", frozenset({TOWN}), 1.0),
        Prediction("nlu_fallback", frozenset({("partner_name", 0, 5)}), 2.0),
        Prediction("faq/cost", frozenset(), 3.0),
        Prediction("greet", frozenset(), 4.0),
        Prediction("out_of_scope", frozenset(), 5.0),
        Prediction("nlu_fallback", frozenset(), 6.0),
    ]
    result = figures(examples, parses)
    assert result["examples"] == 6
    assert result["intent"]["accuracy"] == 0.5
    assert result["intent"]["per_intent"]["inform"] == {"precision": 1.0, "recall": 0.5, "f1": 0.6667, "support": 2}
    assert {"expected": "out_of_scope", "got": "greet", "text": "météo"} in result["intent"]["confusions"]
    assert len(result["intent"]["confusions"]) == 3
    assert result["entities"]["micro"] == {"precision": 0.5, "recall": 0.5, "f1": 0.5}
    assert result["entities"]["per_entity"]["city"] == {"precision": 1.0, "recall": 1.0, "f1": 1.0, "support": 1}
    assert result["out_of_scope"] == {"false_accept_rate": 0.3333, "false_reject_rate": 0.3333}
    assert result["ms"] == {"median": 3.5, "p95": 5.0}
    assert result["rss_mb"] > 0
    assert "faq/cost" in report(result)


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
