"""« Toutes » after « toutes vos notifications, ou celles d'un dossier ? »: what the wish said of days and exceptions is not lost."""

from __future__ import annotations

import pytest

from bot.notifications.preferences import Preferences
from tests.unit.actions.dialogue import Dialogue
from tests.unit.actions.flows.notifications.test_preference_flows import Settings
from tests.unit.actions.flows.notifications.test_preference_flows import settings as settings

LEAVES = [
    "je pars en congés du 21 décembre au 4 janvier, coupez les notifs de Moreau pendant ce tps là",
    "coupez les notifs de Moreau du 21 décembre au 4 janvier",
    "mettez Moreau en sourdine jusqu'au 15 décembre",
]


@pytest.mark.parametrize("answer", ["toutes !", "toutes mes notifications", "toutes. Et qu'elle reçoive à ma place surtout"])
@pytest.mark.parametrize("text", LEAVES)
async def test_no_mute_without_an_end_comes_of_a_wish_with_dates(claire: Dialogue, settings: Settings, text: str, answer: str) -> None:
    asked = await claire.say(text, "mute_notifications", partner_name="Moreau")
    if claire.form is not None:
        asked = await claire.say(answer, "inform")
    now = await settings.now()
    assert all(mute.until is not None for mute in now.mutes), asked.text


async def test_what_is_not_clear_is_asked_before_everything_is_muted(claire: Dialogue, settings: Settings) -> None:
    text = "aucun dossier, mes notifications : pendant mon absence, que Moreau les reçoive"
    await claire.say(text, "mute_notifications", partner_name="Moreau")
    await claire.say("toutes !", "inform")
    assert await settings.now() == Preferences()


async def test_a_mute_that_says_nothing_else_is_done(claire: Dialogue, settings: Settings) -> None:
    await claire.say("en sourdine", "mute_notifications")
    await claire.say("toutes", "inform")
    assert [mute.until for mute in (await settings.now()).mutes] == [None]


@pytest.mark.parametrize(
    "text",
    [
        "coupez mes notifs jusqu'au 15 décembre, c'est Moreau qui gère",
        "je suis en congés, remplacée par Moreau : plus de notifs jusqu'au 15 décembre",
        "plus de notifs jusqu'au 15 décembre, Moreau prend le relais",
    ],
)
async def test_who_stands_in_is_no_dossier(claire: Dialogue, settings: Settings, text: str) -> None:
    answer = await claire.say(text, "mute_notifications", partner_name="Moreau")
    assert "ou celles d’un dossier" not in answer.text
    assert claire.slots.get("requested_slot") != "dossier"
