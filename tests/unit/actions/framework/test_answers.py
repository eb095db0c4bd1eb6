"""Answers that several flows read."""

from __future__ import annotations

from actions.framework.answers import find_email


def test_the_affirmed_email_is_found() -> None:
    assert find_email("c'est a@b.example") == "a@b.example"
    assert find_email("a@b.example, non, <c@d.example>.") == "c@d.example"
    assert find_email("pas a@b.example mais c@d.example") == "c@d.example"
    assert find_email("c@d.example, pas a@b.example") == "c@d.example"
    assert find_email("aucune adresse") is None
