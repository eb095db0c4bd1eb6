"""What has nothing to understand in it."""

from __future__ import annotations

import pytest

from nlu.components.analysis import has_no_content


@pytest.mark.parametrize("text", ["<script>alert(1)</script>", "aaaaaaaa", "…", "😀"])
def test_marks_markup_and_a_repeated_letter_have_no_content(text: str) -> None:
    assert has_no_content(text)


@pytest.mark.parametrize("text", ["oui", "<3 merci", "Jean <jean@ortho.example>", "2", "merciiiiii"])
def test_words_and_numbers_have_content(text: str) -> None:
    assert not has_no_content(text)
