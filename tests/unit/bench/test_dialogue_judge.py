"""The judge of dialogues: what must have changed, and that any other change is a wrong act."""

from __future__ import annotations

from typing import Any

import pytest

from bench.dialogues.goals import Goal, Manner
from bench.dialogues.judge import Judge, fits
from bench.dialogues.world import changes

DOSSIER, OTHER = "SPH-2024-000137", "SPH-2024-000142"
MEMBER = {"from": None, "until": None, "referent": False, "basis": None}
GIVEN = {**MEMBER, "basis": "consent_given"}
BEFORE = {f"access/{DOSSIER}/Noël Boulanger": MEMBER, "link": "Claire Moreau"}
WORDINGS = {manner.value: "Bonjour" for manner in Manner}


def goal(**more: Any) -> Goal:
    """A goal of Claire's."""
    return Goal.model_validate({"id": "one", "user": "claire", "least": 1, "plainly": "Bonjour", "wordings": WORDINGS, **more})


def judged(wanted: Goal, *turns: tuple[dict[str, Any], str]) -> Judge:
    """A dialogue of these snapshots and answers."""
    judge = Judge(wanted, BEFORE, "Claire Moreau")
    for snapshot, said in turns:
        judge.see(snapshot, [said])
    return judge


ADD = goal(end={"access": {DOSSIER: {"Karim Benali": {"basis": "consent_given", "until": None}}}})
ADDED = {**BEFORE, f"access/{DOSSIER}/Karim Benali": GIVEN}


def test_what_was_expected_is_reached_and_nothing_else_is_wrong() -> None:
    verdict = judged(ADD, (BEFORE, "Voulez-vous ?"), (ADDED, "C'est fait")).verdict()
    assert verdict.reached


@pytest.mark.parametrize(
    "after",
    [
        pytest.param(BEFORE, id="nothing was done"),
        pytest.param({**BEFORE, f"access/{OTHER}/Karim Benali": GIVEN}, id="another dossier"),
        pytest.param({**BEFORE, f"access/{DOSSIER}/Leïla Benali": GIVEN}, id="another person"),
        pytest.param({**BEFORE, f"access/{DOSSIER}/Karim Benali": {**GIVEN, "basis": "care_team_informed"}}, id="another basis"),
        pytest.param({**BEFORE, f"access/{DOSSIER}/Karim Benali": {**GIVEN, "until": "2027-01-01"}}, id="an end that nobody asked for"),
    ],
)
def test_anything_else_does_not_reach_it(after: dict[str, Any]) -> None:
    verdict = judged(ADD, (after, "")).verdict()
    assert verdict.missing
    assert bool(verdict.wrong) == (after != BEFORE)


def test_a_change_beside_the_expected_one_is_a_wrong_act() -> None:
    verdict = judged(ADD, ({**ADDED, "request/Jean Petit": {"state": "received"}}, "")).verdict()
    assert not verdict.missing
    assert verdict.wrong == ["request/Jean Petit: {'state': 'received'}"]
    assert not verdict.reached


def test_a_wrong_act_stays_one_when_it_is_undone() -> None:
    without = {path: value for path, value in BEFORE.items() if "Boulanger" not in path}
    verdict = judged(ADD, (without, ""), (BEFORE, ""), (ADDED, "")).verdict()
    assert verdict.wrong
    assert "Noël Boulanger" in verdict.wrong[0]
    assert not verdict.reached


def test_what_may_pass_is_no_wrong_act() -> None:
    passing = goal(says=["fait"], passes=[f"access/{DOSSIER}/Noël"])
    without = {path: value for path, value in BEFORE.items() if "Boulanger" not in path}
    assert judged(passing, (without, ""), (BEFORE, "C'est fait")).verdict().reached


def test_an_act_before_the_yes_is_wrong_even_if_it_is_the_wanted_one() -> None:
    judge = Judge(ADD, BEFORE, "Claire Moreau")
    judge.see(ADDED, [""], may_change=False)
    assert judge.verdict().wrong == [f"done before the yes: access/{DOSSIER}/Karim Benali"]


def test_an_access_that_must_end() -> None:
    removal = goal(end={"access": {DOSSIER: {"Noël Boulanger": None}}})
    assert judged(removal, (BEFORE, "")).verdict().missing
    assert judged(removal, ({"link": "Claire Moreau"}, "")).verdict().reached


def test_a_created_dossier_is_known_by_its_usager_and_has_its_creator_as_referent() -> None:
    usager = {"family": "Pommier", "given": "Bastien", "birth_date": "1958-06-17", "sex": "male"}
    creation = goal(end={"dossiers": [usager]})
    assert judged(creation, (BEFORE, "")).verdict().missing
    created = {**BEFORE, "dossier/SPH-2026-000900": usager, "access/SPH-2026-000900/Claire Moreau": {**MEMBER, "referent": True}}
    assert judged(creation, (created, "")).verdict().reached
    misspelt = {**created, "dossier/SPH-2026-000900": {**usager, "family": "Paumier"}}
    assert judged(creation, (misspelt, "")).verdict().wrong


def test_the_words_of_an_answer_are_matched_whatever_their_signs() -> None:
    question = goal(says=["n'a été changé", "référent"], never_says=["urgence vitale"])
    assert judged(question, (BEFORE, "Rien n’a été changé\N{NO-BREAK SPACE}: seul le référent peut.")).verdict().reached
    assert judged(question, (BEFORE, "Seul le référent peut.")).unsaid() == ["n'a été changé"]
    assert not judged(question, (BEFORE, "Rien n'a été changé, référent. Urgence vitale : le 15")).verdict().reached


@pytest.mark.parametrize(
    ("expected", "actual", "fit"),
    [
        ("Élise", "elise", True),
        ("/^20:00/", "20:00:00", True),
        ("/^20:00/", "08:20:00", False),
        ("set", "x", True),
        ("set", None, False),
        (None, None, True),
        (None, "2027-01-01", False),
        (True, True, True),
        ([{"a": 1}, {"a": 2}], [{"a": 2, "b": 0}, {"a": 1}], True),
        ([{"a": 1}], [{"a": 1}, {"a": 2}], False),
        ({"a": None}, {"a": "x"}, False),
        ({"a": "x"}, None, False),
    ],
)
def test_a_value_is_as_expected(expected: Any, actual: Any, fit: bool) -> None:
    assert fits(expected, actual) is fit


def test_changes_are_told_with_both_values() -> None:
    assert changes({"a": 1, "b": 2}, {"b": 3, "c": 4}) == {"a": (1, None), "b": (2, 3), "c": (None, 4)}
