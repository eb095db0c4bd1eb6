"""Messages that nothing asked for."""

from __future__ import annotations

import pytest

from tests.unit.actions.dialogue import WEB, Dialogue
from tests.unit.actions.external_channel import MASKED, TRAITS, gives_link
from tests.unit.harness import CLAIRES_DOSSIER


@pytest.mark.parametrize("intent", ["inform", "nlu_fallback"])
async def test_a_masked_message_gives_the_link(claire: Dialogue, intent: str) -> None:
    assert gives_link(await claire.say("Mme [usager] va mieux", intent, **MASKED))


async def test_no_button_carries_a_mask(claire: Dialogue) -> None:
    claire.slots["last_dossier"] = CLAIRES_DOSSIER
    answer = await claire.say("Benali pour [usager]", "inform", partner_name="Benali", **MASKED)
    assert not TRAITS.search(answer.all)


async def test_a_position_in_a_list_of_flows_starts_one(claire: Dialogue) -> None:
    listed = await claire.press("list_dossiers", WEB)
    assert f"Partenaires du dossier {listed.titles[1]}" in (await claire.say("le 2", "choose", WEB, ordinal="2")).text
    await claire.press("list_dossiers", WEB)
    assert "pas de question en cours" in (await claire.say("le 9", "choose", WEB, ordinal="9")).text
