"""« Non, pas celui-là, le 142 » right after a mute: the first is muted no more, the other one is."""

from __future__ import annotations

from typing import Any

import pytest

from tests.unit.actions.dialogue import WEB, Dialogue
from tests.unit.actions.flows.notifications.test_preference_flows import Settings
from tests.unit.actions.flows.notifications.test_preference_flows import settings as settings
from tests.unit.actions.flows.partners.test_undo_act import add_paul
from tests.unit.harness import CLAIRES_DOSSIER, CLAIRES_OTHER


async def mute_first(claire: Dialogue) -> None:
    """Mute Claire's first dossier."""
    words = "mets le dossier 137 en sourdine jusqu'au 15 décembre"
    assert "En sourdine" in (await claire.say(words, "mute_notifications", WEB, dossier_ref="137")).text


@pytest.mark.parametrize(
    ("words", "intent", "named"),
    [
        ("non, pas celui-là, le 142", "correct", {}),
        ("non le dossier 142", "correct", {"dossier_ref": "142"}),
        ("pas ce dossier, celui de M. Garnier", "correct", {"usager_name": "Garnier"}),
        ("mince c'était le 142", "correct", {"dossier_ref": "142"}),
    ],
)
async def test_the_other_dossier_takes_its_place(
    claire: Dialogue, settings: Settings, words: str, intent: str, named: dict[str, Any]
) -> None:
    await mute_first(claire)
    answer = await claire.say(words, intent, WEB, **named)
    mutes = (await settings.now()).mutes
    assert [mute.dossier for mute in mutes] == [CLAIRES_OTHER], answer.text
    assert mutes[0].until is not None


async def test_an_addition_before_it_is_left_alone(claire: Dialogue, settings: Settings) -> None:
    await add_paul(claire)
    await mute_first(claire)
    answer = await claire.say("non, pas celui-là, le 142", "correct", WEB)
    assert "annuler cet ajout" not in answer.text
    assert [mute.dossier for mute in (await settings.now()).mutes] == [CLAIRES_OTHER]


@pytest.mark.parametrize("words", ["non merci", "pas celui-là", "non, le 999"])
async def test_what_names_no_dossier_of_the_user_changes_nothing(claire: Dialogue, settings: Settings, words: str) -> None:
    await mute_first(claire)
    await claire.say(words, "deny", WEB)
    assert [mute.dossier for mute in (await settings.now()).mutes] == [CLAIRES_DOSSIER]
