"""When the first intent of the ranking is confident."""

from __future__ import annotations

import pytest

from nlu.components.intent_classifier import is_confident

CONFIG = {"threshold": 0.2, "ambiguity": 0.05, "doubt": 0.3}


@pytest.mark.parametrize(
    ("ranking", "confident"),
    [
        ([("add_partner", 0.6), ("find_professional", 0.3)], True),
        ([("add_partner", 0.19), ("find_professional", 0.01)], False),  # too low
        ([("add_partner", 0.5), ("find_professional", 0.46)], False),  # too close
        ([("add_partner", 0.6), ("out_of_scope", 0.35)], False),  # too close to out of scope
        ([("add_partner", 0.65), ("out_of_scope", 0.35)], True),
        ([("out_of_scope", 0.5), ("add_partner", 0.4)], True),
        ([("add_partner", 0.5)], True),
    ],
)
def test_an_intent_must_be_likely_and_lead_by_more_before_out_of_scope(ranking: list[tuple[str, float]], confident: bool) -> None:
    assert is_confident(ranking, CONFIG) is confident
