"""What is typed where leaving a message was offered is that message, once its user says so; what clearly is something else is heard."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from bot.messaging.messages import Incoming, Message
from bot.support.records import Reason, TicketState
from tests.unit.support.running_desk import ASK, NIGHT, SupportBot, button_token, running_support_bot, titles

KEEP, REDIRECT, DROP = "Laisser ce message", "C’est pour l’assistant", "Ne rien laisser"
WISH = "Ajoute le Dr Benali au dossier SPH-2024-000137"


async def tickets(support_bot: SupportBot) -> list[Any]:
    return [entry.ticket for entry in await support_bot.desk.queue(states=frozenset(TicketState))]


@pytest.mark.parametrize("yes", ["button", "Laisser ce message", "oui"])
async def test_it_is_shown_and_left_once_it_is_confirmed(tmp_path: Path, yes: str) -> None:
    async with running_support_bot(tmp_path, at=NIGHT) as support_bot:
        support_bot.bot.rasa.intents |= {"oui": "affirm", WISH: "add_partner"}
        chat = await support_bot.chat()
        await chat.say(ASK)
        (shown,) = await chat.say(WISH)
        assert (shown["author"], titles(shown)) == ("system", [KEEP, REDIRECT, DROP])
        assert f"«\u00a0{WISH}\u00a0»" in shown["text"]
        (more,) = await chat.say("Merci de me rappeler avant 10h au cabinet.")
        assert f"{WISH}\nMerci de me rappeler avant 10h au cabinet." in more["text"]
        assert await tickets(support_bot) == []

        (kept,) = await (chat.press(button_token(more, KEEP)) if yes == "button" else chat.say(yes))
        (ticket,) = await tickets(support_bot)
        assert (ticket.state, ticket.reason, ticket.dossier) == (TicketState.LEFT, Reason.ASKED, "SPH-2024-000137")
        assert ticket.unanswered
        assert ticket.reference in kept["text"]
        (entry,) = await support_bot.desk.queue()
        assert entry.preview == "Merci de me rappeler avant 10h au cabinet."
        own = await support_bot.desk.messages(ticket.id)
        assert [m["text"] for m in own if m["author"] == "user"][:3] == [ASK, WISH, "Merci de me rappeler avant 10h au cabinet."]
        assert support_bot.bot.rasa.said() == [ASK]
        assert (await chat.say("bonjour"))[0]["author"] == "assistant"
        # An older question cannot leave the same message again.
        await chat.press(button_token(shown, KEEP))
        assert len(await tickets(support_bot)) == 1


async def test_what_was_for_the_assistant_reaches_it_and_is_asked_once(tmp_path: Path) -> None:
    async with running_support_bot(tmp_path, at=NIGHT) as support_bot:
        chat = await support_bot.chat()
        await chat.say(ASK)
        (shown,) = await chat.say(WISH)
        (answer,) = await chat.press(button_token(shown, REDIRECT))
        assert (answer["author"], answer["text"]) == ("assistant", f"dit {WISH}")
        await chat.press(button_token(shown, REDIRECT))
        assert support_bot.bot.rasa.said() == [ASK, WISH]
        assert await tickets(support_bot) == []


@pytest.mark.parametrize(("said", "intent"), [("Annuler", None), ("/fin", None), ("non merci", None), ("surtout pas", "deny")])
@pytest.mark.parametrize("shown", [False, True])
async def test_giving_it_up_leaves_nothing(tmp_path: Path, said: str, intent: str | None, shown: bool) -> None:
    async with running_support_bot(tmp_path, at=NIGHT) as support_bot:
        support_bot.bot.rasa.intents |= {said: intent} if intent else {}
        chat = await support_bot.chat()
        await chat.say(ASK)
        if shown:
            await chat.say(WISH)
        (told,) = await chat.say(said)
        assert "rien n’est transmis" in told["text"]
        assert titles(told) == ["Reprendre\u00a0: ajouter un partenaire"]
        assert await tickets(support_bot) == []
        assert (await chat.say(WISH))[0]["text"] == f"dit {WISH}"


@pytest.mark.parametrize(
    ("said", "intent"),
    [
        ("mon patient ne respire plus, il est tombé dans l’escalier ce matin", "emergency"),
        ("merci beaucoup", "thank"),
        ("/aide", None),
        ("482913", None),
        ("Reprendre : ajouter un partenaire", None),
    ],
)
async def test_what_clearly_is_something_else_is_heard(tmp_path: Path, said: str, intent: str | None) -> None:
    async with running_support_bot(tmp_path, at=NIGHT) as support_bot:
        support_bot.bot.rasa.intents |= {said: intent} if intent else {}
        chat = await support_bot.chat()
        await chat.say(ASK)
        (answer,) = await chat.say(said)
        assert answer["author"] == "assistant"
        assert len(support_bot.bot.rasa.said()) == 2


async def test_words_that_only_begin_like_an_answer_are_the_message(tmp_path: Path) -> None:
    async with running_support_bot(tmp_path, at=NIGHT) as support_bot:
        said = "Non, je n’arrive toujours pas à ouvrir le dossier"
        support_bot.bot.rasa.intents[said] = "deny"
        support_bot.bot.rasa.masks_nothing = True  # nor is anybody needed to read it
        chat = await support_bot.chat()
        await chat.say(ASK)
        (shown,) = await chat.say(said)
        assert said in shown["text"]


async def test_yes_to_the_offer_asks_for_the_message(tmp_path: Path) -> None:
    async with running_support_bot(tmp_path, at=NIGHT) as support_bot:
        support_bot.bot.rasa.intents["oui"] = "affirm"
        chat = await support_bot.chat()
        await chat.say(ASK)
        assert "Écrivez votre message" in (await chat.say("oui"))[0]["text"]
        assert [ticket.state for ticket in await tickets(support_bot)] == [TicketState.WRITING]


async def test_another_message_completes_the_one_that_was_left(tmp_path: Path) -> None:
    async with running_support_bot(tmp_path, at=NIGHT) as support_bot:
        chat = await support_bot.chat()
        for text in ("Mon dossier est vide.", "Et la liste aussi."):
            await chat.say(ASK)
            (shown,) = await chat.say(text)
            (kept,) = await chat.press(button_token(shown, KEEP))
            assert (await chat.say("bonjour"))[0]["author"] == "assistant"  # « Compléter » is offered, not asked
            support_bot.bot.rasa.answers.pop("bonjour", None)
        (ticket,) = await tickets(support_bot)
        assert ticket.state is TicketState.LEFT
        assert ticket.reference in kept["text"]


async def test_on_an_external_channel_no_usager_is_named_in_it(tmp_path: Path) -> None:
    async with running_support_bot(tmp_path, at=NIGHT) as support_bot:
        gateway = support_bot.gateway
        support_bot.bot.rasa.usagers = ["Durand"]
        conversation = await gateway.open("telegram", "42")

        async def send(number: int, **content: str) -> list[Message]:
            received = await gateway.receive(conversation, Incoming(str(number), **content))
            return await gateway.wait_for_replies(conversation, received) or []

        await send(1, text=ASK)
        shown = (await send(2, text="le dossier de Mme Durand est vide"))[-1]
        assert "«\u00a0le dossier de Mme [usager] est vide\u00a0»" in shown["text"]
        await send(3, button=button_token(shown, KEEP))
        (ticket,) = await tickets(support_bot)
        assert ticket.state is TicketState.LEFT
        assert "Durand" not in str(await support_bot.desk.messages(ticket.id))
