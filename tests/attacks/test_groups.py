"""The team's groups, which are external: nothing of a conversation stands there, and nothing that is written there names an usager."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from bot.support.records import TicketState
from tests.attacks.outgoing_fixtures import READ, SECRETS, WORDS, without_secrets
from tests.unit.messaging.running_bot import Chat, until
from tests.unit.support.groups.teams_channel import CHANNEL, running_channel
from tests.unit.support.groups.telegram_forum import INES, Forum, running_forum
from tests.unit.support.running_desk import ASK, MARIE

pytestmark = pytest.mark.filterwarnings("ignore::telegram.warnings.PTBUserWarning")
TYPED = ("jeanne d … 12 rue des Lilas, diabète", "et Marguerite Zwinger aussi")
"""What no list of usagers and no model recognises as a name."""
CODE = "mon code est 467 925"


def shown_in(forum: Forum) -> str:
    """All that the bot ever wrote in the forum, the names of its topics included."""
    said = [text for thread in forum.group.topics for text in forum.said(thread)]
    return "\n".join([*said, *forum.said(), *(topic.name for topic in forum.group.topics.values())])


async def test_words_of_the_web_chat_are_not_shown_in_the_forum(tmp_path: Path) -> None:
    async with running_forum(tmp_path) as forum:
        chat = await forum.support_bot.chat()
        await chat.say("avant : Jeanne Durand a du diabète")
        await chat.say(ASK)
        ticket = await forum.support_bot.newest_ticket()
        await chat.say(TYPED[0])
        await forum.shows(ticket, "L’utilisateur a écrit")
        for words in (TYPED[1], CODE):
            await chat.say(words)
        await forum.support_bot.desk.take(ticket.id, MARIE)
        await forum.shows(ticket, "Marie a pris la demande")
        told = shown_in(forum)
        assert without_secrets(told)
        assert "diabète" not in told
        assert "467" not in told
        assert ASK not in told
        for known in ("SPH-2024-000137", "ajouter un partenaire", "non identifiée", f"/desk/conversations/{ticket.id}"):
            assert known in told


async def test_words_of_the_desk_are_not_shown_in_the_forum(tmp_path: Path) -> None:
    async with running_forum(tmp_path) as forum:
        _, ticket = await forum.support_bot.with_agent()
        desk = forum.support_bot.desk
        await desk.reply(ticket.id, MARIE, WORDS, key="1")
        await desk.note(ticket.id, MARIE, WORDS)
        await desk.edit(ticket.id, MARIE, dossier="SPH-2024-000142", tags=["Marguerite Zwinger"])
        await forum.shows(ticket, "SPH-2024-000142")
        told = await forum.shows(ticket, "Marie a ajouté une note interne.")
        assert "Marie a répondu à l’utilisateur." in told
        assert without_secrets(shown_in(forum))


async def test_what_an_agent_writes_in_the_forum_is_filtered_and_counted(tmp_path: Path) -> None:
    async with running_forum(tmp_path) as forum:
        forum.support_bot.bot.rasa.usagers = list(READ)
        chat, ticket = await forum.support_bot.with_agent(forum.ines.agent)
        update = await forum.write(INES, WORDS, ticket)
        await forum.shows(ticket, "5 parties ont été remplacées")
        await until(lambda: forum.group.messages[update["message"]["message_id"]].get("deleted"))
        noted = await forum.write(INES, "/note voir Jeanne Durand", ticket)
        await forum.shows(ticket, "Votre note nommait un usager\u00a0: une partie a été remplacée")
        await until(lambda: forum.group.messages[noted["message"]["message_id"]].get("deleted"))
        await forum.write(INES, "Je vous rappelle au 05 57 96 59 47.", ticket)
        await until(lambda: _said(chat, "Je vous rappelle au 05 57 96 59 47."))
        assert without_secrets(str(await chat.texts()))
        assert without_secrets(shown_in(forum))
        assert without_secrets(str((await forum.support_bot.desk.view(ticket.id)).notes))


async def _said(chat: Chat, text: str) -> bool:
    return text in await chat.texts()


async def test_an_agent_in_the_forum_is_refused_while_nobody_can_read_names(tmp_path: Path) -> None:
    async with running_forum(tmp_path) as forum:
        chat, ticket = await forum.support_bot.with_agent(forum.ines.agent)
        forum.support_bot.bot.rasa.masks_nothing = True
        await forum.write(INES, WORDS, ticket)
        await forum.write(INES, "/note voir Jeanne Durand", ticket)
        await forum.shows(ticket, "rien n’a été envoyé. Réessayez")
        await forum.write(INES, "/rendre", ticket)  # what says no words goes on
        await forum.shows(ticket, "Inès a rendu la demande à la file")
        assert "agent" not in [message["author"] for message in await chat.history()]
        assert (await forum.support_bot.desk.view(ticket.id)).notes == ()
        assert without_secrets(shown_in(forum))


async def test_the_group_is_shown_what_happens_while_the_model_is_away(tmp_path: Path) -> None:
    async with running_forum(tmp_path) as forum:
        forum.support_bot.bot.rasa.masks_nothing = True
        chat, ticket = await forum.support_bot.open_ticket()
        await chat.say(TYPED[0])
        assert without_secrets(await forum.shows(ticket, "L’utilisateur a écrit"))


async def test_a_telegram_user_is_answered_from_the_forum_without_names(tmp_path: Path) -> None:
    async with running_forum(tmp_path) as forum:
        forum.support_bot.bot.rasa.usagers = list(READ)
        await forum.people.post("/chats", json={"id": 77, "name": "Claire", "started": True})
        await forum.people.post("/chats/77/say", json={"text": ASK})
        chat = forum.fake.chats[77]
        await until(lambda: any("est transmise" in m.get("text", "") for m in chat.messages.values()))
        ticket = await forum.support_bot.newest_ticket()
        await forum.write(INES, "/prendre", ticket)
        await forum.shows(ticket, "Inès a pris la demande")
        await forum.write(INES, WORDS, ticket)
        await until(lambda: any("c’est fait pour" in m.get("text", "") for m in chat.messages.values()))
        calls = (await forum.people.get("/calls")).json()["calls"]
        assert without_secrets(str(calls))
        assert "messagerie externe" in shown_in(forum)


async def test_words_are_not_shown_in_the_channel_of_teams(tmp_path: Path) -> None:
    async with running_channel(tmp_path) as channel:
        chat, ticket = await channel.support_bot.with_agent()
        for words in (*TYPED, CODE):
            await chat.say(words)
        await channel.support_bot.desk.reply(ticket.id, MARIE, WORDS, key="1")
        await channel.support_bot.desk.note(ticket.id, MARIE, WORDS)
        card = await channel.card(ticket, "Répondre", "Ouvrir au poste")
        await channel.said(card, "Marie a ajouté une note interne.")
        handed = str([call["body"] for call in await asyncio.to_thread(channel.teams.control.calls)])
        assert without_secrets(handed)
        assert "467" not in handed
        assert "diabète" not in handed
        assert f"/desk/conversations/{ticket.id}" in handed
        assert "ajouter un partenaire" in card.text


@pytest.mark.parametrize("by", ["button", "mention"])
async def test_what_an_agent_writes_in_teams_is_filtered_and_counted(tmp_path: Path, by: str) -> None:
    async with running_channel(tmp_path) as channel:
        channel.support_bot.bot.rasa.usagers = list(READ)
        ines = channel.people["Inès Support"]
        await channel.links.redeem("teams", ines.aad_object_id, await channel.links.new_code(channel.ines.id))
        chat, ticket = await channel.support_bot.with_agent(channel.ines.agent)
        card = await channel.card(ticket, "Répondre")
        if by == "button":
            told = (await channel.act(ines.press, card, "Répondre", inputs={"text": WORDS}))["shown"]
        else:
            await channel.act(ines.send, WORDS, f"{CHANNEL};messageid={card.id}", mention=True)
            told = await channel.said(card, "ont été remplacées")
        assert "5 parties ont été remplacées" in told
        assert any("c’est fait pour [usager]" in text for text in await chat.texts())
        assert without_secrets(str(await chat.texts()))
        assert without_secrets(str([call["body"] for call in await asyncio.to_thread(channel.teams.control.calls)]))


async def test_a_channel_that_is_declared_trusted_shows_the_words_but_no_code(tmp_path: Path) -> None:
    async with running_channel(tmp_path, TEAMS_TRUSTED=True) as channel:
        chat, ticket = await channel.support_bot.open_ticket()
        await chat.say("le dossier de Mme Jeanne Durand est vide")
        await chat.say(CODE)
        card = await channel.card(ticket, "Je prends")
        told = await channel.said(card, "mon code est [code]")
        assert "le dossier de Mme Jeanne Durand est vide" in told
        assert "467" not in told


async def test_what_is_said_after_the_closing_is_not_told_to_the_group(tmp_path: Path) -> None:
    async with running_forum(tmp_path) as forum:
        chat, ticket = await forum.support_bot.open_ticket()
        await chat.say("fin")
        told = await forum.shows(ticket, "a mis fin à la discussion")
        before = told.count("a écrit")
        await chat.say("le dossier de Mme Durand")
        other, second = await forum.support_bot.open_ticket()  # whatever is shown of another ticket, that was seen before
        await forum.shows(second, second.reference)
        assert await forum.support_bot.state(ticket) is TicketState.CLOSED
        assert "\n".join(forum.said(await forum.topic(ticket))).count("a écrit") == before
        assert not any(secret in shown_in(forum) for secret in SECRETS)
        assert other is not chat
