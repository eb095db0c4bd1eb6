"""Bearer tokens, and the 401 without a right one."""

from __future__ import annotations

import json

import pytest

from bot.http.bearer import bearer_token, has_bearer_token, unauthorized
from bot.http.problems import problem_response
from tests.unit.http.requests import request_with


@pytest.mark.parametrize("header", ["Bearer abc", "bearer abc", "BEARER  abc "])
def test_the_scheme_is_of_any_case(header: str) -> None:
    request = request_with(headers={"Authorization": header})
    assert bearer_token(request) == "abc"
    assert has_bearer_token(request, "abc")
    assert not has_bearer_token(request, "abd")


@pytest.mark.parametrize("header", [None, "", "Bearer", "Bearer ", "Basic abc", "abc"])
def test_anything_else_is_no_token(header: str | None) -> None:
    request = request_with(headers={"Authorization": header} if header is not None else {})
    assert bearer_token(request) is None
    assert not has_bearer_token(request, "abc")
    assert not has_bearer_token(request, "")


def test_the_refusal_is_a_problem_with_a_challenge() -> None:
    response = problem_response(unauthorized())
    assert (response.status_code, response.headers["www-authenticate"]) == (401, "Bearer")
    assert (response.media_type, response.headers["cache-control"]) == ("application/problem+json", "no-store")
    assert json.loads(bytes(response.body)) == {
        "type": "about:blank",
        "title": "Unauthorized",
        "status": 401,
        "detail": "a valid bearer token is needed",
    }
