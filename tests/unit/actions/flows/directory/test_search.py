"""Matches of the directory that are taken without asking."""

from __future__ import annotations

from actions.flows.directory.search import is_certain_match
from bot.sandbox.demo_directory import DEMO_PEOPLE


def test_a_certain_match() -> None:
    sophie = DEMO_PEOPLE["Sophie Leroux"]
    for criteria in ({"name": "leroux"}, {"name": "Leroix Sophie"}, {"name": "Lereix", "place": "Châteauroux"}, {"rpps": sophie.rpps}):
        assert is_certain_match(sophie, criteria)
    assert not is_certain_match(sophie, {"name": "Lereix"})
