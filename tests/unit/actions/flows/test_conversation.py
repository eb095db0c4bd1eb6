"""Repetition, help and a new session on an external channel and in the web chat."""

from __future__ import annotations

from datetime import timedelta

from tests.unit.actions.dialogue import WEB, Dialogue
from tests.unit.actions.external_channel import TRAITS, gives_link, start_in_web_chat


async def test_the_web_chat_opened_with_nothing_waiting(claire: Dialogue) -> None:
    answer = await claire.press("repeat", WEB, continued="1")
    assert len(answer.texts) == 2
    assert "vous pouvez nommer vos usagers" in answer.texts[0]
    assert answer.texts[1] == "Que voulez-vous faire\u00a0?"


async def test_an_external_channel_repeats_only_what_it_showed(claire: Dialogue) -> None:
    await claire.press("greet")
    named = await claire.press("list_dossiers", WEB)
    assert "Jeanne Durand" in named.text
    answer = await claire.say("répète", "repeat")
    assert answer.text.startswith("Bonjour")
    assert not TRAITS.search(answer.all)
    assert "Jeanne Durand" in (await claire.say("répète", "repeat", WEB)).text


async def test_what_a_channel_showed_while_it_was_trusted_is_not_repeated(claire: Dialogue) -> None:
    await claire.press("list_dossiers", {"channel": "teams", "home": "teams", "trusted": True})
    answer = await claire.press("repeat", {"channel": "teams", "home": "teams", "trusted": False})
    assert "Je n’ai encore rien dit" in answer.text


async def test_a_link_is_repeated_as_a_new_one(claire: Dialogue) -> None:
    first = await claire.press("create_dossier")
    again = await claire.say("répète", "repeat")
    assert again.text == first.text
    assert again.links[0]["title"] == first.links[0]["title"]
    assert again.links[0]["url"] != first.links[0]["url"]


async def test_help_on_an_external_channel_differs(claire: Dialogue) -> None:
    assert "un dossier n’a que sa référence" in (await claire.press("help")).text
    assert "un dossier n’a que sa référence" not in (await claire.press("help", WEB)).text
    await claire.press("add_partner")
    helped = await claire.press("help")
    assert "par sa référence seule" in helped.text
    assert "nom de l’usager" not in helped.text


async def test_a_new_session_asks_no_identity_on_an_external_channel(claire: Dialogue) -> None:
    await start_in_web_chat(claire)
    await claire.run_action("action_session_start")
    answer = await claire.press("greet")
    assert "nom" not in answer.text
    assert gives_link(answer)


async def test_an_unfinished_flow_goes_on_after_an_hour(claire: Dialogue) -> None:
    await start_in_web_chat(claire)
    claire.events[-1]["timestamp"] = claire.events[0]["timestamp"] = (claire.services.clock.now() - timedelta(hours=2)).timestamp()
    await claire.run_action("action_session_start")
    answer = await claire.say("Wilfrid", "inform", WEB, partner_name="Wilfrid")
    assert "date de naissance" in answer.text
    assert (claire.slots["usager_family"], claire.slots["usager_given"]) == ("Zwingelstein", "Wilfrid")


async def test_after_days_the_user_is_told_that_it_is_dropped(claire: Dialogue) -> None:
    await start_in_web_chat(claire)
    for event in claire.events:
        event["timestamp"] = (claire.services.clock.now() - timedelta(days=3)).timestamp()
    uttered = len(claire.events)
    await claire.run_action("action_session_start")
    assert "abandonné" in next(event["text"] for event in claire.events[uttered:] if event["event"] == "bot")
