"""On an external channel a dossier is its reference, nobody is named, and what needs a name goes on in the trusted web chat."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.unit.accounts.world import CLAIRE, CLAIRES_DOSSIER, CLAIRES_OTHER, World
from tests.unit.actions.dialogue import ROOT, TELEGRAM, WEB, Dialogue, Said

TRAITS = re.compile(r"Durand|Jeanne|Garnier|Marcel|Lemaitre|Odette|1948|1939|1944|\[usager\]|\[date", re.IGNORECASE)
ELSEWHERE, CONTINUE = "leur identité ne s'écrit pas ici", "Continuer dans la discussion sécurisée"
MASKED = {"usager_name": "[usager]"}


def gives_link(said: Said) -> bool:
    assert not TRAITS.search(said.all), said.all
    assert all("/chat#continue=" in link["url"] for link in said.links)
    return [link["title"] for link in said.links] == [CONTINUE]


async def begun_in_the_web_chat(talk: Dialogue) -> None:
    """Creating a dossier, of which the birth name is given."""
    await talk.say("nouveau dossier", "create_dossier", WEB)
    assert "prénoms" in (await talk.say("Zwingelstein", "inform", WEB, usager_name="Zwingelstein")).text


async def created_in_the_web_chat(talk: Dialogue) -> Said:
    for words, entities in (("Zwingelstein", {}), ("Wilfrid", {}), ("né le 1951-04-03", {"birth_date": "1951-04-03"})):
        card = await talk.say(words, "inform", WEB, **entities)
    assert "Zwingelstein" in card.text
    return await talk.press("affirm", WEB)


def test_only_one_module_reaches_the_dossiers_themselves() -> None:
    reached = {path.name for path in Path(ROOT / "actions").rglob("*.py") if "services.dossiers" in path.read_text()}
    assert reached == {"context.py"}


@pytest.mark.parametrize("door", [TELEGRAM, WEB])
async def test_dossiers_are_listed_and_shown_by_reference_alone_there(claire: Dialogue, door: dict[str, object]) -> None:
    trusted = bool(door["trusted"])
    said = [
        await claire.press("list_dossiers", door),
        await claire.say(f"retrouve {CLAIRES_DOSSIER}", "find_dossier", door, dossier_ref=CLAIRES_DOSSIER),
        await claire.press("remove_partner", door, dossier_ref=CLAIRES_DOSSIER),
    ]
    member = next(p for p in reversed(said[-1].payloads) if "member" in p)
    said.append(await claire.press("choose", door, member=member.split('"')[3]))
    assert "Voulez-vous lui retirer l'accès" in said[-1].text
    claire.slots, claire.form = {}, None
    said.append(await claire.press("add_partner", door))
    for answer in (*said[:2], *said[-2:]):
        assert CLAIRES_DOSSIER in answer.all
        assert bool(TRAITS.search(answer.all)) is trusted, answer.all


async def test_the_card_of_an_addition_names_the_reference_alone(claire: Dialogue) -> None:
    asked = await claire.press("add_partner", dossier_ref=CLAIRES_DOSSIER)
    assert "Quel est le nom du professionnel" in asked.text
    card = await claire.say("Leïla Benali, cardiologue à Tours", "inform", partner_name="Leïla Benali", city="Tours")
    assert f"Dossier\u00a0: {CLAIRES_DOSSIER}\n" in card.text
    assert not TRAITS.search(card.all)
    assert f"Dossier\u00a0: {CLAIRES_DOSSIER} – Jeanne Durand (12/03/1948)" in (await claire.press("repeat", WEB, continued="1")).text


async def test_a_dossier_named_by_its_usager_is_asked_for_by_reference(claire: Dialogue) -> None:
    words = "ajoute Leïla Benali au dossier de Mme [usager]"
    asked = await claire.say(words, "add_partner", partner_name="Leïla Benali", **MASKED)
    assert "je ne les nomme pas ici" in asked.text
    assert gives_link(asked)
    assert {CLAIRES_DOSSIER, CLAIRES_OTHER} <= set(asked.titles)
    again = await claire.say("celui de [usager]", "find_dossier", **MASKED)
    assert gives_link(again)
    assert claire.form == "add_partner_form"
    there = await claire.press("repeat", WEB, continued="1")
    assert any("Jeanne Durand" in title for title in there.titles)
    assert "Benali" in (await claire.say("Mme Durand", "inform", WEB, usager_name="Durand")).text


async def test_creating_is_kept_and_begins_in_the_web_chat(claire: Dialogue) -> None:
    said = await claire.say("crée un dossier pour [usager]", "create_dossier", **MASKED)
    assert said.texts[0].startswith("Pour protéger vos usagers")
    assert gives_link(said)
    assert claire.form is None
    there = await claire.press("repeat", WEB, continued="1")
    assert there.texts[0].startswith("Vous êtes dans la discussion sécurisée")
    assert "nom de naissance" in there.texts[-1]
    assert "Je reprends" not in there.text
    assert claire.slots["task_stack"] == []


async def test_the_chat_is_told_once_how_it_ended(claire: Dialogue, world: World) -> None:
    await claire.press("create_dossier")
    await claire.press("repeat", WEB, continued="1")
    created = await created_in_the_web_chat(claire)
    reference = re.search(r"SPH-\d{4}-\d{6}", created.text)
    assert reference
    told = await world.chats("chat")
    assert told == [f"«\u00a0Créer un dossier\u00a0»\u00a0: c'est terminé dans la discussion sécurisée. Dossier {reference[0]}."]
    await claire.press("cancel", WEB)  # what was only offered as a next step
    assert await world.chats("chat") == told
    (event,) = await world.trail("dossiers.create")
    assert event.channel == "web"


async def test_the_chat_is_told_what_was_not_done(claire: Dialogue, world: World) -> None:
    await begun_in_the_web_chat(claire)
    await claire.press("cancel", WEB)
    await claire.press("list_dossiers", WEB)
    await claire.press("repeat", WEB, continued="1")
    await claire.say("retrouve Mme Inconnuvski", "find_dossier", WEB, usager_name="Inconnuvski")
    told = await world.chats("chat")
    assert [text.partition("»")[2].split(",")[0] for text in told] == [
        "\u00a0: c'est fini dans la discussion sécurisée",
        "\u00a0: c'est terminé dans la discussion sécurisée.",
        "\u00a0: c'est fini dans la discussion sécurisée",
    ]
    assert not TRAITS.search("\n".join(told))


async def test_the_chat_is_told_of_a_failure_of_ours(claire: Dialogue, world: World) -> None:
    await claire.press("greet", WEB)
    with pytest.raises(TypeError):
        await claire._act("action_add_partner")  # whose slots are empty
    (told,) = await world.chats("chat")
    assert "n'a pas abouti" in told


async def test_what_is_done_in_the_chat_itself_is_not_told_to_it(claire: Dialogue, world: World) -> None:
    await claire.press("list_dossiers")
    assert await world.chats("chat") == []


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
async def test_a_form_about_identity_asks_nothing_there(claire: Dialogue, words: str, intent: str, entities: dict[str, str]) -> None:
    await begun_in_the_web_chat(claire)
    said = await claire.say(words, intent, **entities)
    assert "prénoms" not in said.text
    assert "nom de naissance" not in said.text
    assert said.text.count("Continuez dans la discussion sécurisée") == 1, said.text
    assert gives_link(said)
    assert "Zwingelstein" not in said.all
    assert claire.form is None
    if intent not in {"create_dossier", "find_dossier"}:  # a new wish
        there = await claire.press("repeat", WEB, continued="1")
        assert "prénoms" in there.text, "what was given in the web chat is kept"


async def test_another_task_or_a_cancel_is_heard_there_while_such_a_form_waits(claire: Dialogue) -> None:
    await begun_in_the_web_chat(claire)
    said = await claire.press("list_dossiers")
    assert CLAIRES_DOSSIER in said.text
    assert gives_link(said)
    assert not (await claire.press("list_dossiers")).links, "said once"
    dropped = await claire.say("annuler", "cancel")
    assert "abandonné" in dropped.text
    assert "créer un dossier" in dropped.text
    assert claire.slots["task_stack"] == []


async def test_what_may_go_on_there_comes_before_what_waits(claire: Dialogue) -> None:
    await claire.press("add_partner", dossier_ref=CLAIRES_DOSSIER)
    assert gives_link(await claire.press("create_dossier"))
    assert "associer un partenaire" in (await claire.press("greet")).texts[-1]
    assert "Quel est le nom du professionnel" in (await claire.say("oui", "affirm")).text
    await claire.press("cancel")
    assert gives_link(await claire.say("oui", "affirm"))
    assert "créer un dossier" in (await claire.press("greet")).texts[-1]


async def test_asked_for_several_times_is_done_once(claire: Dialogue) -> None:
    for _ in range(3):
        await claire.press("create_dossier")
    await claire.press("repeat", WEB, continued="1")
    await created_in_the_web_chat(claire)
    assert claire.slots["task_stack"] == []


async def test_looking_for_a_dossier_needs_a_reference_there(claire: Dialogue) -> None:
    said = await claire.say("le dossier de [usager], [date de naissance]", "find_dossier", birth_date="[date de naissance]", **MASKED)
    assert gives_link(said)
    both = await claire.say(f"{CLAIRES_DOSSIER} de [usager]", "find_dossier", dossier_ref=CLAIRES_DOSSIER, **MASKED)
    assert CLAIRES_DOSSIER in both.text
    assert not both.links
    assert claire.slots["task_stack"] == []


async def test_a_mask_is_nobody_s_name(claire: Dialogue) -> None:
    await claire.press("find_professional")
    said = await claire.say("Mme [usager]", "inform", partner_name="[usager]")
    assert "Je ne trouve personne" not in said.text
    assert gives_link(said)
    claire.slots, claire.form = {}, None
    await claire.press("add_partner", dossier_ref=CLAIRES_DOSSIER)
    said = await claire.say("Mme [usager]", "inform", partner_name="[usager]")
    assert "annuaire" not in said.text
    assert gives_link(said)
    claire.slots, claire.form = {}, None
    await claire.press("remove_partner", dossier_ref=CLAIRES_DOSSIER)
    said = await claire.say("Mme [usager]", "inform", **MASKED)
    assert "ne fait pas partie" not in said.text
    assert gives_link(said)


@pytest.mark.parametrize("intent", ["inform", "nlu_fallback"])
async def test_a_masked_message_beside_any_task_gets_an_answer_that_makes_sense(claire: Dialogue, intent: str) -> None:
    assert gives_link(await claire.say("Mme [usager] va mieux", intent, **MASKED))


async def test_no_button_carries_a_mask(claire: Dialogue) -> None:
    claire.slots["last_dossier"] = CLAIRES_DOSSIER
    said = await claire.say("Benali pour [usager]", "inform", partner_name="Benali", **MASKED)
    assert not TRAITS.search(said.all)


async def test_asked_for_before_being_linked(stranger: Dialogue, world: World) -> None:
    await stranger.say("crée un dossier pour [usager]", "create_dossier", **MASKED)
    await world.link(stranger.id, CLAIRE)
    said = await stranger.press("link_account", linked="1")
    assert ELSEWHERE in said.text
    assert gives_link(said)
    assert "nom de naissance" in (await stranger.press("repeat", WEB, continued="1")).text


async def test_the_door_is_that_of_the_answer_not_of_the_wish(stranger: Dialogue, world: World) -> None:
    """Asked for by name in the web chat, but linked in Telegram: the answer comes there."""
    await stranger.say("les partenaires de Mme Durand", "list_partners", WEB, usager_name="Durand")
    await world.link(stranger.id, CLAIRE)
    said = await stranger.press("link_account", linked="1")
    assert "reliée au compte" in said.text
    assert gives_link(said)


async def test_what_waited_for_a_linking_that_was_given_up_is_forgotten(stranger: Dialogue) -> None:
    await stranger.press("create_dossier")
    await stranger.say("nobody.here@sphere.example", "inform", email="nobody.here@sphere.example")
    for _ in range(5):
        said = await stranger.say("000000", "inform")
    assert "bloquée" in said.text
    assert not said.links
    assert stranger.slots["task_stack"] == []


async def test_a_link_that_ended_is_made_again_first(stranger: Dialogue) -> None:
    stranger.slots["task_stack"] = [{"task": "create_dossier", "slots": {}, "elsewhere": True}]
    said = await stranger.press("repeat", WEB, continued="1")
    assert "je dois savoir qui vous êtes" in said.text
    assert "nom de naissance" not in said.text


async def test_the_web_chat_opened_with_nothing_waiting(claire: Dialogue) -> None:
    said = await claire.press("repeat", WEB, continued="1")
    assert len(said.texts) == 2
    assert "vous pouvez nommer vos usagers" in said.texts[0]
    assert said.texts[1] == "Que voulez-vous faire\u00a0?"


async def test_only_what_was_said_there_is_repeated_there(claire: Dialogue) -> None:
    await claire.press("greet")
    named = await claire.press("list_dossiers", WEB)
    assert "Jeanne Durand" in named.text
    said = await claire.say("répète", "repeat")
    assert said.text.startswith("Bonjour")
    assert not TRAITS.search(said.all)
    assert "Jeanne Durand" in (await claire.say("répète", "repeat", WEB)).text


async def test_what_a_channel_heard_while_it_was_trusted_is_not_repeated(claire: Dialogue) -> None:
    await claire.press("list_dossiers", {"channel": "teams", "home": "teams", "trusted": True})
    said = await claire.press("repeat", {"channel": "teams", "home": "teams", "trusted": False})
    assert "Je n'ai encore rien dit" in said.text


async def test_a_link_is_repeated_as_a_new_one(claire: Dialogue) -> None:
    first = await claire.press("create_dossier")
    again = await claire.say("répète", "repeat")
    assert again.text == first.text
    assert again.links[0]["title"] == first.links[0]["title"]
    assert again.links[0]["url"] != first.links[0]["url"]


async def test_help_and_answers_say_what_is_different_there(claire: Dialogue) -> None:
    assert "un dossier n'a que sa référence" in (await claire.press("help")).text
    assert "un dossier n'a que sa référence" not in (await claire.press("help", WEB)).text
    await claire.press("add_partner")
    helped = await claire.press("help")
    assert "par sa référence seule" in helped.text
    assert "nom de l'usager" not in helped.text


async def test_a_new_session_asks_nothing_about_identity_there(claire: Dialogue) -> None:
    await begun_in_the_web_chat(claire)
    await claire._run("action_session_start")
    claire.form = None
    assert "créer un dossier" in (await claire.press("greet")).text
    assert gives_link(await claire.press("affirm"))
