"""When the first reading of a message is believed."""

from __future__ import annotations

import pytest

from nlu.components.intent_classifier import is_confident

CONFIG = {"threshold": 0.2, "ambiguity": 0.05, "doubt": 0.3}


@pytest.mark.parametrize(
    ("ranking", "sure"),
    [
        ([("add_partner", 0.6), ("find_professional", 0.3)], True),
        ([("add_partner", 0.19), ("find_professional", 0.01)], False),  # too little
        ([("add_partner", 0.5), ("find_professional", 0.46)], False),  # two as likely
        ([("add_partner", 0.6), ("out_of_scope", 0.35)], False),  # may well be none of it
        ([("add_partner", 0.65), ("out_of_scope", 0.35)], True),
        ([("out_of_scope", 0.5), ("add_partner", 0.4)], True),
        ([("add_partner", 0.5)], True),
    ],
)
def test_a_reading_must_be_likely_and_lead_by_more_where_the_other_is_out_of_scope(ranking: list[tuple[str, float]], sure: bool) -> None:
    assert is_confident(ranking, CONFIG) is sure
