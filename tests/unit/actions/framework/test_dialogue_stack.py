"""Which flow of the stack is resumed on which channel."""

from __future__ import annotations

from tests.unit.actions.dialogue import WEB, Dialogue
from tests.unit.actions.external_channel import create_in_web_chat, gives_link
from tests.unit.harness import CLAIRES_DOSSIER


async def test_what_may_go_on_on_this_channel_is_resumed_first(claire: Dialogue) -> None:
    await claire.press("add_partner", dossier_ref=CLAIRES_DOSSIER)
    assert gives_link(await claire.press("create_dossier"))
    assert "ajouter un partenaire" in (await claire.press("greet")).texts[-1]
    assert "Quel est le nom du professionnel" in (await claire.say("oui", "affirm")).text
    await claire.press("cancel")
    assert gives_link(await claire.say("oui", "affirm"))
    assert "créer un dossier" in (await claire.press("greet")).texts[-1]


async def test_a_flow_waits_once_however_often_it_is_asked_for(claire: Dialogue) -> None:
    for _ in range(3):
        await claire.press("create_dossier")
    await claire.press("repeat", WEB, continued="1")
    await create_in_web_chat(claire)
    assert claire.slots["task_stack"] == []
