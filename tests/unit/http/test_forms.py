"""Fields of a form, and none of what is no form or too much of one."""

from __future__ import annotations

import pytest

from bot.http.forms import MAX_FIELDS, read_form, read_form_lists
from tests.unit.http.requests import request_with

FORM = b"name=In%C3%A8s+D&day=1&day=2&empty="


async def test_fields_are_decoded_and_blank_ones_kept() -> None:
    assert await read_form_lists(request_with(FORM), 100) == {"name": ["Inès D"], "day": ["1", "2"], "empty": [""]}
    assert await read_form(request_with(FORM), 100) == {"name": "Inès D", "day": "2", "empty": ""}


@pytest.mark.parametrize("body", [b"", b"no form at all", b"a=1&" * (MAX_FIELDS + 1)])
async def test_what_is_no_form_of_ours_has_no_fields(body: bytes) -> None:
    assert await read_form(request_with(body), 1_000) in ({}, {"no form at all": ""})


async def test_more_than_the_form_can_hold_has_no_fields() -> None:
    assert await read_form(request_with(FORM), len(FORM)) != {}
    assert await read_form(request_with(FORM), len(FORM) - 1) == {}
    assert await read_form(request_with(FORM), 100, max_fields=3) == {}
    assert await read_form(request_with(FORM), 100, max_fields=4) != {}
