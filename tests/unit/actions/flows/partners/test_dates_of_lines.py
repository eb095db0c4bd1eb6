"""Dates that a message gives to one of several people are of that one alone, on the card and in the wish."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest

from actions.flows.partners.dates_of_lines import LineDates, dates_by_line
from actions.flows.partners.team_lines import Line, State
from actions.framework.flow import Slots
from bot.core.clock import PARIS
from tests.unit.actions.dialogue import WEB, Answer, Dialogue, an_act
from tests.unit.actions.flows.partners.test_change_team import PAUL, SOPHIE, add, ask, names_in
from tests.unit.actions.framework.test_turn import turn

NAMES = ("Boulanger", "Nibier", "Durand")
NB = "\u00a0"


def dates_of(claire: Dialogue) -> dict[str, tuple[str | None, str | None]]:
    """Return from and until of each line of the card that is not taken off."""
    lines: list[Slots] = claire.slots["team_lines"]
    return {line["person"]["name"].split(" ", 1)[1]: (line.get("from"), line.get("until")) for line in lines if line["state"] != "off"}


async def answer(claire: Dialogue, words: str, intent: str, **entities: Any) -> Answer:
    await ask(claire, add(PAUL, SOPHIE))
    return await claire.say(words, intent, WEB, **entities)


@pytest.mark.parametrize(
    ("words", "intent", "entities"),
    [
        ("jusqu'au 15 décembre pour Martin seulement", "mute_notifications", {"usager_name": "Martin"}),
        ("Martin jusqu'au 15 décembre seulement", "mute_notifications", {}),
        ("la date c'est que pour Martin, jusqu'au 15 décembre", "correct", {}),
        ("jusqu'au 15 décembre, pour Martin seulement", "inform", {}),
        ("non, Martin jusqu'au 15 décembre, Leroux sans fin", "correct", {}),
        (
            "oui mais Mme Leroux c'est sans date de fin, que le kiné jusqu'au 15 décembre",
            "mute_notifications",
            {"profession": "kiné"},
        ),
        ("bah non Paul Martin jusqu'au 15 décembre et Sophie Leroux sans fin, c'est pas compliqué", "correct", {}),
    ],
)
async def test_a_date_of_one_line_changes_that_line_alone(claire: Dialogue, words: str, intent: str, entities: dict[str, str]) -> None:
    card = await answer(claire, words, intent, **entities)
    assert dates_of(claire) == {PAUL: (None, "2026-12-15"), SOPHIE: (None, None)}
    assert "15 décembre" in card.text
    assert PAUL not in await names_in(claire)


@pytest.mark.parametrize(
    "words",
    [
        "Martin du 2 au 15 décembre, Leroux à partir du 4 janvier",
        "du 2 au 15 décembre pour Martin et à partir du 4 janvier pour Leroux",
        "Leroux à partir du 4 janvier et Martin du 2 au 15 décembre",
    ],
)
async def test_each_has_its_own_dates(claire: Dialogue, words: str) -> None:
    await answer(claire, words, "inform")
    assert dates_of(claire) == {PAUL: ("2026-12-02", "2026-12-15"), SOPHIE: ("2027-01-04", None)}


@pytest.mark.parametrize("words", ["jusqu'au 15 décembre", "Martin et Leroux jusqu'au 15 décembre", "pour les deux jusqu'au 15 décembre"])
async def test_a_date_of_all_is_of_all(claire: Dialogue, words: str) -> None:
    await answer(claire, words, "inform")
    assert dates_of(claire) == {PAUL: (None, "2026-12-15"), SOPHIE: (None, "2026-12-15")}


@pytest.mark.parametrize("words", ["pas Leroux", "seulement Martin", "oui sauf Leroux", "oui mais sans Leroux"])
async def test_without_dates_who_is_left_out_is_left_out(claire: Dialogue, words: str) -> None:
    await answer(claire, words, "correct")
    assert set(dates_of(claire)) == {PAUL}


async def test_the_same_dates_said_again_with_a_yes_are_a_yes(claire: Dialogue) -> None:
    await answer(claire, "Martin jusqu'au 15 décembre et Leroux sans fin", "inform")
    done = await claire.say("oui, accord de la patiente, Martin jusqu'au 15 décembre", "affirm", WEB)
    assert "a maintenant accès" in done.text


@pytest.mark.parametrize(
    "told",
    [
        ", jusqu'au 15 décembre pour Martin. même équipe",
        " (jusqu'au 15 décembre pour Paul Martin seulement)",
        ", et pour Martin jusqu'au 15 décembre",
    ],
)
async def test_a_wish_gives_its_date_to_whom_it_names(claire: Dialogue, told: str) -> None:
    await ask(claire, add(PAUL, SOPHIE, words=told))
    assert dates_of(claire) == {PAUL: (None, "2026-12-15"), SOPHIE: (None, None)}


@pytest.mark.parametrize(
    "told", [" (elle jusqu'au 15 décembre)", ", mais elle seulement jusqu'au 15 décembre", ", elle jusqu'au 15 décembre"]
)
async def test_she_is_who_was_named_last(claire: Dialogue, told: str) -> None:
    text = f"ajoute au SPH-2024-000137 {PAUL} et {SOPHIE}{told}"
    people = [{"entity": "partner_name", "value": n, "start": text.find(n), "end": text.find(n) + len(n)} for n in (PAUL, SOPHIE)]
    act = an_act(text, "add_partner", dossier_ref="SPH-2024-000137")
    await ask(claire, {**act, "entities": [*people, *act["entities"]]})
    assert dates_of(claire) == {PAUL: (None, None), SOPHIE: (None, "2026-12-15")}


@pytest.mark.parametrize(
    "words",
    [
        "oui, Boulanger, Nibier et Durand jusqu'au 31 décembre",
        "Boulanger, Nibier jusqu’au 31 décembre",
        "jusqu'au 15 décembre pour Boulanger, Nibier et Durand",
        "jusqu'au 15 décembre sauf pour Boulanger",
        "Nibier jusqu'au 15 décembre et Boulanger aussi",
        "Nibier jusqu'au 15 décembre, Boulanger pareil",
        "Nibier jusqu'au 15 décembre, idem pour Boulanger",
        "Boulanger remplace Nibier jusqu'au 15 décembre",
        "Nibier part en vacances du 10 au 20 décembre",
        "Nibier en congé jusqu'au 15 décembre",
        "jusqu'au 15 décembre, mais pas pour Durand",
    ],
)
def test_a_date_that_others_may_share_is_nobodys_in_particular(words: str) -> None:
    assert _of_lines(words) == []


@pytest.mark.parametrize(
    ("words", "whose"),
    [
        ("Nibier jusqu'au 15 décembre", [(1,)]),
        ("oui, Nibier jusqu'au 15 décembre, Durand sans fin", [(1,), (2,)]),
        ("jusqu'au 15 décembre pour Boulanger seulement", [(0,)]),
    ],
)
def test_a_date_of_somebody_in_particular_is_theirs(words: str, whose: list[tuple[int, ...]]) -> None:
    assert [one.lines for one in _of_lines(words)] == whose


def _of_lines(words: str) -> list[LineDates]:
    lines: list[Line] = [
        {"query": {"name": name}, "state": State.SAID, "change": "add_partner"} for name in ("Boulanger", "Nibier", "Durand")
    ]
    return dates_by_line(turn(words), lines, datetime(2026, 12, 1, 9, tzinfo=PARIS))
