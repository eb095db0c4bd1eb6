"""The goals of the dialogues: whole, over all that is offered, and in words that nothing learns from."""

from __future__ import annotations

import re
from collections import Counter
from functools import cache
from pathlib import Path

from bench.dialogues.goals import Goal, Manner, load_goals
from bench.dialogues.judge import fold_said
from bench.dialogues.replies import ReplyReader
from bench.dialogues.world import Platform
from bot.core.text_folding import fold
from bot.sandbox.fhir.seed import demo_resources

ROOT = Path(__file__).resolve().parents[3]
LEARNT_FROM = (
    *("data/nlu", "nlu/corpus", "nlu/commands/data", "nlu/pii/data"),
    *("tests/commands", "tests/understanding", "tests/conversations", "tests/typed_names"),
)
"""Where models learn from, or are measured by."""
SHORT = 12
"""Letters below which the same words are no copy: « Au revoir »."""


@cache
def goals() -> list[Goal]:
    """All goals."""
    return load_goals()


@cache
def platform() -> Platform:
    """The sandbox as it is fresh."""
    found = Platform()
    for resource in demo_resources():
        found.resources.setdefault(resource["resourceType"], {})[resource["id"]] = resource
    return found


def test_there_are_goals_of_every_kind_and_each_is_worded_in_every_manner() -> None:
    assert len(goals()) >= 60
    assert max(Counter(goal.id for goal in goals()).values()) == 1
    assert sum(not goal.is_change for goal in goals()) >= 20
    assert all(len({wording.opening for wording in goal.wordings.values()}) == len(Manner) for goal in goals())


def test_no_words_of_theirs_are_learnt_from() -> None:
    files = [file for folder in LEARNT_FROM for file in (ROOT / folder).rglob("*") if file.suffix in {".yml", ".py", ".txt", ".csv"}]
    assert len(files) > 50
    known = f" {words(' '.join(file.read_text('utf-8') for file in files))} "
    assert len(known) > 1_000_000
    said = {text for goal in goals() for wording in goal.wordings.values() for text in (wording.opening, *wording.then)}
    assert {text for text in said if len(words(text)) >= SHORT and f" {words(text)} " in known} == set()


def test_who_speaks_and_what_they_speak_of_is_in_the_sandbox() -> None:
    references = {reference for reference, _, _ in platform().teams()}
    people = {platform().name_of(account) for account in platform().resources["Practitioner"]}
    for goal in goals():
        platform().account_named(goal.user)
        assert {goal.knows.dossier or "", *goal.given.access, *goal.end.get("access", {})} - {""} <= references, goal.id
        assert {name for access in goal.end.get("access", {}).values() for name in access} <= people, goal.id
        assert {email for emails in goal.given.access.values() for email in emails} <= _addresses(), goal.id
        if goal.given.after:
            assert goal.given.after in {one.id for one in goals()}


def test_whoever_is_to_get_or_lose_access_is_known_to_the_user() -> None:
    for goal in goals():
        known = {fold(person.name) for person in goal.knows.people}
        for names in goal.end.get("access", {}).values():
            assert {fold(name) for name in names} <= known, goal.id


def test_every_answer_belongs_to_a_kind_of_question() -> None:
    kinds = set(ReplyReader.of_domain().kinds)
    assert {kind for goal in goals() for kind in goal.knows.answers} <= kinds


def test_goals_are_chosen_by_id_or_by_file() -> None:
    assert [goal.id for goal in load_goals(["unlink"])] == ["unlink"]
    assert {goal.id for goal in load_goals(["identity"])} > {"unlink"}


def words(text: str) -> str:
    """The words of a text of any length, without accents and signs."""
    return " ".join(re.findall(r"[a-z0-9]+", fold_said(text)))


def _addresses() -> set[str]:
    people = platform().resources["Practitioner"].values()
    return {contact["value"] for person in people for contact in person.get("telecom", [])}
