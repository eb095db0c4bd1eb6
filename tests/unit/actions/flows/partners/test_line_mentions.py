"""What an answer says of the lines of a card, in free words."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any, cast

import pytest

from actions.flows.partners.line_mentions import Mentions, keep_only_named, read_mentions
from actions.flows.partners.team_lines import Change, Line, State
from actions.framework.turn import Turn


def line(name: str, trade: str, change: Change = Change.ADD) -> Line:
    return {"change": change, "state": State.READY, "query": {}, "person": {"name": name, "label": name, "trades": [trade]}}


LINES = [
    line("M. Paul Martin", "Masseur-Kinésithérapeute"),
    line("Mme Sophie Leroux", "Assistant de service social"),
    line("Dr Karim Benali", "Médecin"),
]
LEAVING = [line("Dr Anne Faure", "Médecin"), line("Mme Inès Blot", "Infirmier", Change.REMOVE)]


def said(words: str, lines: list[Line] = LINES, *professions: str) -> Mentions:
    entities: list[dict[str, Any]] = [
        {"entity": "profession", "value": p, "start": words.find(p), "end": words.find(p) + len(p)} for p in professions
    ]
    message = {"text": words, "intent": {"name": "correct"}, "entities": entities, "metadata": {}}
    return read_mentions(Turn(cast(Any, SimpleNamespace(latest_message=message, slots={}, events=[]))), lines)


@pytest.mark.parametrize(
    ("words", "professions", "off"),
    [
        ("oui sauf le kiné", ("kiné",), {0}),
        ("oui sauf Martin et Benali", (), {0, 2}),
        ("tous sauf Martin, Leroux et Benali", (), {0, 1, 2}),
        ("pas Leroux", (), {1}),
        ("Leroux non, les autres oui", (), {1}),
        ("Martin oui, les autres non", (), {1, 2}),
        ("oui pour Paul Martin, non pour Leroux", (), {1}),
        ("seulement les deux premiers", (), {2}),
        ("que les 2 derniers", (), {0}),
        ("tous sauf le deuxième", (), {1}),
        ("non pas le 3", (), {2}),
        ("pas la dernière", (), {2}),
        ("enlève le Dr Benali de la liste", (), {2}),
        ("laisse tomber le médecin", ("médecin",), {2}),
        ("que Benali finalement", (), {0, 1}),
        ("juste Martin et Benali", (), {1}),
        ("ne garde que Leroux", (), {0, 2}),
        ("Leroux seulement", (), {0, 2}),
        ("à part Leroux ok", (), {1}),
        ("jusqu'au 2 janvier", (), set()),
        ("oui pour tous, merci", (), set()),
        ("Martin jusqu'au 15 seulement", (), set()),
        ("médecin, pas kiné", ("médecin", "kiné"), {0}),
        ("orthophoniste, pas kiné, Paul Martin", ("orthophoniste", "kiné"), set()),
    ],
)
def test_who_is_taken_off(words: str, professions: tuple[str, ...], off: set[int]) -> None:
    assert said(words, LINES, *professions).off == off


@pytest.mark.parametrize(
    ("words", "off"),
    [
        ("pas Blot, elle reste", {1}),
        ("garde Blot", {1}),
        ("laisse Blot dans le dossier", {1}),
        ("oui, retire Blot", set()),
        ("retire Faure", {0}),
        ("ajoute Faure et retire Blot", set()),
    ],
)
def test_a_removal_that_is_said_again_stays(words: str, off: set[int]) -> None:
    assert said(words, LEAVING).off == off


def test_of_two_with_one_name_it_is_not_clear_who() -> None:
    two = [line("M. Paul Martin", "Masseur-Kinésithérapeute"), line("Mme Nathalie Martin", "Infirmier")]
    assert said("pas Martin", two).unclear == {0, 1}
    assert said("pas Nathalie Martin", two).off == {1}
    assert said("pas Martin le kiné", two, "kiné").off == {0}


def test_a_yes_for_some_leaves_the_others_open() -> None:
    assert keep_only_named(said("oui pour Benali"), LINES).off == {0, 1}
    assert keep_only_named(said("oui"), LINES).off == set()
    assert keep_only_named(said("oui pour Martin, Leroux et Benali"), LINES).off == set()


@pytest.mark.parametrize("words", ["bah non Martin jusqu'au 31 décembre", "mais non Leroux sans fin", "ah non, Benali du 4 au 12"])
def test_a_no_to_what_was_done_takes_nobody_off(words: str) -> None:
    assert not said(words).off


@pytest.mark.parametrize(("words", "off"), [("non pas Martin", {0}), ("bah non, pas Leroux", {1}), ("mais sans Benali", {2})])
def test_a_no_to_somebody_does(words: str, off: set[int]) -> None:
    assert said(words).off == off
