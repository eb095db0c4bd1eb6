"""Typed and pasted text made plain; addresses out of their wrapping."""

from __future__ import annotations

import pytest

from actions.framework.answers import find_email
from bot.core.typed_text import plain_text


@pytest.mark.parametrize("sign", list("\u2010\u2011\u2012\u2013\u2014\u2015\u2212\uff0d"))
def test_every_dash_is_a_hyphen(sign: str) -> None:
    assert plain_text(f"Martin{sign}Dubois") == "Martin-Dubois"


@pytest.mark.parametrize(
    ("raw", "plain"),
    [
        ("d\u2019Arc", "d'Arc"),
        ("Mar\u00adtin", "Martin"),
        ("Le\u00a0Gall\u202f", "Le Gall"),
        ("\uff2d\uff21\uff32\uff34\uff29\uff2e \uff14\uff16", "MARTIN 46"),
        ("Le\u0301a", "Léa"),
    ],
)
def test_signs_spaces_and_letters_are_plain(raw: str, plain: str) -> None:
    assert plain_text(raw) == plain


@pytest.mark.parametrize(
    "written",
    [
        "«sophie.leroux@sphere.example»",
        "« sophie.leroux@sphere.example »",
        "sophie.leroux@sphere.example!",
        "sophie.leroux@sphere.example !!",
        "c’est sophie.leroux@sphere.example, merci.",
        "mailto:sophie.leroux@sphere.example",
        "<mailto:sophie.leroux@sphere.example?subject=x>",
        "sophie.leroux @ sphere.example",
        "sophie.leroux@ sphere.example",
        "sophie.leroux (arobase) sphere.example",
        "sophie.leroux [at] sphere.example",
        "sophie point leroux arobase sphere point example",
        "[sophie.leroux@sphere.example](mailto:sophie.leroux@sphere.example)",
        "**sophie.leroux@sphere.example**",
        "Sophie Leroux <sophie.leroux@sphere.example>",
        "“sophie.leroux@sphere.example”…",
        "e-mail:sophie.leroux@sphere.example",
    ],
)
def test_an_address_comes_out_of_its_wrapping(written: str) -> None:
    assert find_email(written) == "sophie.leroux@sphere.example"
