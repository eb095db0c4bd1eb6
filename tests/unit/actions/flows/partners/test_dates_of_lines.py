"""Dates that a message gives to one of several people are of that one alone, on the card and in the wish."""

from __future__ import annotations

from typing import Any

import pytest

from actions.framework.flow import Slots
from tests.unit.actions.dialogue import WEB, Answer, Dialogue, an_act
from tests.unit.actions.flows.partners.test_change_team import PAUL, SOPHIE, add, ask, names_in

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
