"""What asks for the identity of an usager is continued in the trusted web chat, and its outcome is reported back."""

from __future__ import annotations

import re

import pytest

from tests.unit.actions.dialogue import WEB, Dialogue
from tests.unit.actions.external_channel import MASKED, TRAITS, create_in_web_chat, gives_link, start_in_web_chat
from tests.unit.harness import CLAIRES_DOSSIER, Harness


async def test_a_creation_waits_and_starts_in_the_web_chat(claire: Dialogue) -> None:
    answer = await claire.say("crée un dossier pour [usager]", "create_dossier", **MASKED)
    assert answer.texts[0].startswith("Pour protéger vos usagers")
    assert gives_link(answer)
    assert claire.form is None
    there = await claire.press("repeat", WEB, continued="1")
    assert there.texts[0].startswith("Vous êtes dans la discussion web")
    assert "nom de naissance" in there.texts[-1]
    assert "Je reprends" not in there.text
    assert claire.slots["task_stack"] == []


async def test_the_outcome_is_reported_once(claire: Dialogue, harness: Harness) -> None:
    await claire.press("create_dossier")
    await claire.press("repeat", WEB, continued="1")
    created = await create_in_web_chat(claire)
    reference = re.search(r"SPH-\d{4}-\d{6}", created.text)
    assert reference
    reports = await harness.chats("chat")
    assert reports == [f"«\u00a0Créer un dossier\u00a0»\u00a0: c’est terminé dans la discussion web. Dossier {reference[0]}."]
    await claire.press("cancel", WEB)  # what was only offered as a next step
    assert await harness.chats("chat") == reports
    (event,) = await harness.trail("dossiers.create")
    assert event.channel == "web"


async def test_what_changed_nothing_is_reported(claire: Dialogue, harness: Harness) -> None:
    await start_in_web_chat(claire)
    await claire.press("cancel", WEB)
    await claire.press("list_dossiers", WEB)
    await claire.press("repeat", WEB, continued="1")
    await claire.say("retrouve Mme Inconnuvski", "find_dossier", WEB, usager_name="Inconnuvski")
    reports = await harness.chats("chat")
    assert [text.partition("»")[2].split(",")[0] for text in reports] == [
        "\u00a0: c’est fini dans la discussion web",
        "\u00a0: c’est terminé dans la discussion web.",
        "\u00a0: c’est fini dans la discussion web",
    ]
    assert not TRAITS.search("\n".join(reports))


async def test_a_failure_is_reported(claire: Dialogue, harness: Harness) -> None:
    await claire.press("greet", WEB)
    with pytest.raises(TypeError):
        await claire.act("action_add_partner")  # whose slots are empty
    (report,) = await harness.chats("chat")
    assert "n’a pas abouti" in report


async def test_what_is_done_in_the_chat_itself_is_not_reported(claire: Dialogue, harness: Harness) -> None:
    await claire.press("list_dossiers")
    assert await harness.chats("chat") == []


@pytest.mark.parametrize(
    ("words", "intent", "entities"),
    [
        ("[usager]", "inform", MASKED),
        ("oui", "affirm", {}),
        ("bonjour", "greet", {}),
        ("combien ça coûte ?", "faq/cost", {}),
        ("qsdf", "nlu_fallback", {}),
        ("aide", "help", {}),
        ("répète", "repeat", {}),
        ("qui suis-je ?", "who_am_i", {}),
        ("nouveau dossier", "create_dossier", {}),
        ("cherche un dossier", "find_dossier", {}),
    ],
)
async def test_a_form_about_identity_asks_nothing_on_an_external_channel(
    claire: Dialogue, words: str, intent: str, entities: dict[str, str]
) -> None:
    await start_in_web_chat(claire)
    answer = await claire.say(words, intent, **entities)
    assert "prénoms" not in answer.text
    assert "nom de naissance" not in answer.text
    assert answer.text.count("Continuez dans la discussion web") == 1, answer.text
    assert gives_link(answer)
    assert "Zwingelstein" not in answer.all
    assert claire.form is None
    if intent not in {"create_dossier", "find_dossier"}:  # a new wish
        there = await claire.press("repeat", WEB, continued="1")
        assert "prénoms" in there.text, "what was given in the web chat is kept"


async def test_another_flow_or_a_cancel_is_served_while_such_a_flow_waits(claire: Dialogue) -> None:
    await start_in_web_chat(claire)
    answer = await claire.press("list_dossiers")
    assert CLAIRES_DOSSIER in answer.text
    assert gives_link(answer)
    assert not (await claire.press("list_dossiers")).links, "given once"
    dropped = await claire.say("annuler", "cancel")
    assert "abandonné" in dropped.text
    assert "créer un dossier" in dropped.text
    assert claire.slots["task_stack"] == []
