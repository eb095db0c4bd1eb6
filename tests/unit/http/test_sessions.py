"""Session cookies and CSRF tokens: browsers keep theirs over an upgrade, so names, attributes and values are fixed here."""

from __future__ import annotations

import hashlib
import hmac

import pytest
from starlette.responses import Response

from bot.http.csrf import FIELD, CsrfTokens
from bot.http.sessions import SessionCookie, new_session_token
from tests.unit.http.requests import request_with

SECRET = "s" * 32
TOKEN = "T" * 43


def test_a_new_token_is_one_that_is_read_again() -> None:
    token = new_session_token()
    assert token != new_session_token()
    assert SessionCookie("sphere-desk", secure=False).read(request_with(headers={"Cookie": f"sphere-desk={token}"})) == token


@pytest.mark.parametrize("cookie", ["", "sphere-desk=", f"sphere-desk={TOKEN}x", "sphere-desk=" + "é" * 43, f"other={TOKEN}"])
def test_anything_else_is_no_token(cookie: str) -> None:
    assert SessionCookie("sphere-desk", secure=False).read(request_with(headers={"Cookie": cookie})) is None


@pytest.mark.parametrize(
    ("secure", "header"),
    [
        (True, f"__Host-sphere-account={TOKEN}; HttpOnly; Max-Age=60; Path=/; SameSite=lax; Secure"),
        (False, f"sphere-account={TOKEN}; HttpOnly; Max-Age=60; Path=/; SameSite=lax"),
    ],
)
def test_the_cookie_is_for_our_pages_alone(secure: bool, header: str) -> None:
    response = Response()
    SessionCookie("sphere-account", secure=secure).set(response, TOKEN, 60)
    assert response.headers["set-cookie"] == header


@pytest.mark.parametrize("secure", [True, False])
def test_a_cookie_is_deleted_as_it_was_set(secure: bool) -> None:
    response = Response()
    cookie = SessionCookie("sphere-account", secure=secure)
    cookie.delete(response)
    name, *attributes = response.headers["set-cookie"].split("; ")
    assert name == f'{cookie.name}=""'
    assert {"HttpOnly", "Max-Age=0", "Path=/", "SameSite=lax", *(["Secure"] if secure else [])} <= set(attributes)


def test_csrf_tokens_are_those_of_earlier_releases() -> None:
    expected = hmac.new(SECRET.encode(), "\0".join(("identity", "account-page", TOKEN, "save")).encode(), hashlib.sha256).hexdigest()
    assert CsrfTokens(SECRET, "account-page").token(TOKEN, "save") == expected
    assert FIELD == "seal"


def test_a_csrf_token_is_of_one_session_purpose_and_scope() -> None:
    tokens = CsrfTokens(SECRET, "desk-form")
    assert tokens.is_valid(tokens.token(TOKEN), TOKEN)
    assert tokens.is_valid(tokens.token(TOKEN, "open", "x"), TOKEN, "open", "x")
    for given in (
        "",
        "é",
        tokens.token("U" * 43),
        tokens.token(TOKEN, "open"),
        CsrfTokens(SECRET, "link-page").token(TOKEN),
        CsrfTokens("t" * 32, "desk-form").token(TOKEN),
    ):
        assert not tokens.is_valid(given, TOKEN)
