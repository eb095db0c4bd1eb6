"""Flows that wait for the chat to be linked."""

from __future__ import annotations

from tests.unit.actions.dialogue import WEB, Dialogue
from tests.unit.actions.external_channel import MASKED, WEB_CHAT_ONLY, gives_link
from tests.unit.harness import CLAIRE, Harness


async def test_a_flow_asked_for_before_linking_starts_afterwards(stranger: Dialogue, harness: Harness) -> None:
    await stranger.say("crée un dossier pour [usager]", "create_dossier", **MASKED)
    await harness.link(stranger.id, CLAIRE)
    answer = await stranger.press("link_account", linked="1")
    assert WEB_CHAT_ONLY in answer.text
    assert gives_link(answer)
    assert "nom de naissance" in (await stranger.press("repeat", WEB, continued="1")).text


async def test_a_deferred_flow_starts_on_the_channel_of_the_answer(stranger: Dialogue, harness: Harness) -> None:
    """Asked for by name in the web chat, but linked in Telegram: the answer comes there."""
    await stranger.say("les partenaires de Mme Durand", "list_partners", WEB, usager_name="Durand")
    await harness.link(stranger.id, CLAIRE)
    answer = await stranger.press("link_account", linked="1")
    assert "reliée au compte" in answer.text
    assert gives_link(answer)


async def test_what_waited_for_a_linking_that_was_given_up_is_dropped(stranger: Dialogue) -> None:
    await stranger.press("create_dossier")
    await stranger.say("nobody.here@sphere.example", "inform", email="nobody.here@sphere.example")
    for _ in range(5):
        answer = await stranger.say("000000", "inform")
    assert "bloquée" in answer.text
    assert not answer.links
    assert stranger.slots["task_stack"] == []


async def test_a_link_that_ended_is_made_again_first(stranger: Dialogue) -> None:
    stranger.slots["task_stack"] = [{"task": "create_dossier", "slots": {}, "elsewhere": True}]
    answer = await stranger.press("repeat", WEB, continued="1")
    assert "je dois savoir qui vous êtes" in answer.text
    assert "nom de naissance" not in answer.text
