"""Which wishes of a message belong together."""

from __future__ import annotations

from typing import Any

import pytest

from actions.flows.partners.team_lines import Change, State, each_once
from actions.flows.partners.team_wishes import gather_wishes
from tests.unit.actions.dialogue import an_act


def a_wish(text: str, intent: str = "add_partner", *people: str, **values: str) -> dict[str, Any]:
    act = an_act(text, intent, **values)
    named = [{"entity": "partner_name", "value": name, "start": text.find(name), "end": text.find(name) + len(name)} for name in people]
    return {**act, "entities": [*act["entities"], *named]}


def team(acts: list[dict[str, Any]]) -> list[list[tuple[str, str]]]:
    """Return the people of each act, what is to become of them first; an act that gathers none has none."""
    found = []
    for act in acts:
        people = [(p["full_intent"], [e["value"] for e in p["entities"] if e["entity"] == "partner_name"]) for p in act.get("parts", [])]
        found.append([(intent.split("_")[0], " ".join(names)) for intent, names in people])
    return found


def test_wishes_for_one_dossier_are_one_act_and_others_are_not() -> None:
    one = a_wish("ajoute Blot au 142", "add_partner", "Blot", dossier_ref="142")
    two = a_wish("et retire Faure", "remove_partner", "Faure")
    other = a_wish("et Roy au 137", "add_partner", "Roy", dossier_ref="137")
    listed = an_act("et qui est dans le 142", "list_partners", dossier_ref="142")
    acts = gather_wishes([one, two, listed, other], "change_team")
    assert [act["full_intent"] for act in acts] == ["change_team", "list_partners", "add_partner"]
    assert team(acts)[0] == [("add", "Blot"), ("remove", "Faure")]
    assert acts[2] is other


@pytest.mark.parametrize(
    ("text", "people"),
    [
        ("mets le Dr Blot à la place du Dr Faure", [("add", "Blot"), ("remove", "Faure")]),
        ("le Dr Blot succède au Dr Faure", [("add", "Blot"), ("remove", "Faure")]),
        ("Mme Faure, diététicienne, part en retraite, voyez avec Blot", [("add", "Blot"), ("remove", "Faure")]),
        ("le Dr Faure n’intervient plus, Blot le remplace", [("add", "Blot"), ("remove", "Faure")]),
        ("départ du Dr Faure, arrivée du Dr Blot", [("add", "Blot"), ("remove", "Faure")]),
        ("ajoute Blot et Faure", [("add", "Blot"), ("add", "Faure")]),
        ("Blot remplace Faure pendant ses congés", []),
        ("Blot remplace Faure jusqu'au 15 janvier", []),
        ("ajoute Blot, pas Faure", []),
    ],
)
def test_who_comes_and_who_leaves(text: str, people: list[tuple[str, str]]) -> None:
    act = a_wish(text, "add_partner", "Blot", "Faure")
    assert team(gather_wishes([act], "change_team"))[0] == people


def test_who_only_asked_for_it_is_nobody_to_add() -> None:
    act = a_wish("ajoute Blot et Faure, c'est Roy qui l'a demandé", "add_partner", "Blot", "Faure", "Roy")
    act["commands"] = [{"start": "add_partner", "partner": ["Blot", "Faure"], "by": "Roy"}]
    assert team(gather_wishes([act], "change_team"))[0] == [("add", "Blot"), ("add", "Faure")]


def test_a_name_that_was_taken_for_an_usager_s_is_a_professional_s_where_the_commands_say_so() -> None:
    text = "ajoute Blot et Mme Faure au 142"
    act = a_wish(text, "add_partner", "Blot", dossier_ref="142")
    act["entities"].append({"entity": "usager_name", "value": "Faure", "start": text.find("Faure"), "end": text.find("Faure") + 5})
    act["commands"] = [{"start": "add_partner", "partner": ["Blot", "Faure"], "dossier": "142"}]
    acts = gather_wishes([act], "change_team")
    assert team(acts)[0] == [("add", "Blot"), ("add", "Faure")]
    assert {e["entity"] for e in acts[0]["entities"]} == {"dossier_ref"}


def test_everybody_is_no_line() -> None:
    everybody = an_act("retire tout le monde du 142", "remove_partner", {"partner": "all"}, dossier_ref="142")
    one = a_wish("et ajoute Blot au 142", "add_partner", "Blot", dossier_ref="142")
    assert gather_wishes([everybody, one], "change_team") == [everybody, one]


def test_a_wish_that_says_again_what_another_says_is_no_line_and_an_open_one_is() -> None:
    one, again = a_wish("ajoute Blot au 142", "add_partner", "Blot", dossier_ref="142"), a_wish("donnez l'accès", "add_partner")
    assert gather_wishes([one, again], "change_team") == [one]
    leaving, somebody = a_wish("retire Faure du 142", "remove_partner", "Faure"), a_wish("et ajoute quelqu'un", "add_partner")
    assert team(gather_wishes([leaving, somebody], "change_team"))[0] == [("remove", "Faure"), ("add", "")]


def test_a_person_on_two_lines_is_one_with_the_dates_that_were_said() -> None:
    person = {"key": "p1", "name": "Roger Pouviseau"}
    bare = {"change": Change.ADD, "state": State.READY, "person": person}
    dated = {**bare, "from": "2026-12-10", "until": "2026-12-20"}
    assert each_once([dict(bare), dict(dated)]) == [dated]
    assert each_once([dict(dated), dict(bare)]) == [dated]
    gone = {**bare, "change": Change.REMOVE}
    assert each_once([dict(bare), gone]) == [bare, gone]
    off = {**bare, "state": State.OFF}
    assert each_once([off, dict(dated)]) == [off, dated]
    other = {**bare, "person": {"key": "p2", "name": "Roger Pouviseau"}}
    assert each_once([dict(bare), other]) == [bare, other]
