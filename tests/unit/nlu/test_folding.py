"""Folding removes case and accents and keeps offsets."""

from __future__ import annotations

from hypothesis import given, settings
from strategies import TEXTS

from nlu.components.folding import fold


@settings(max_examples=300)
@given(TEXTS)
def test_a_folded_text_keeps_its_length(text: str) -> None:
    assert len(fold(text)) == len(text)
