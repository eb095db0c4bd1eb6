"""Ids in addresses and forms."""

from __future__ import annotations

import pytest

from bot.http.parameters import parse_id


def test_an_id_is_read() -> None:
    assert parse_id("42") == 42
    assert parse_id("9" * 18) == int("9" * 18)


@pytest.mark.parametrize("text", ["", "-1", "+1", " 1", "1.0", "x", "٣", "9" * 19])
def test_anything_else_is_no_id(text: str) -> None:
    assert parse_id(text) is None


def test_an_id_may_be_shorter() -> None:
    assert parse_id("9" * 9, 9) is not None
    assert parse_id("9" * 10, 9) is None
