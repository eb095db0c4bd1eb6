"""The team's forum in Telegram: a view of the same tickets as the desk, driven by the same acts."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import delete

from bot.support.groups.tables import GroupInputRow
from bot.support.records import Outcome, Ticket, TicketState
from tests.unit.messaging.running_bot import until
from tests.unit.support.groups.telegram_forum import GROUP, INES, PAUL, STRANGER, Forum, running_forum
from tests.unit.support.running_desk import ASK

pytestmark = pytest.mark.filterwarnings("ignore::telegram.warnings.PTBUserWarning")
"""The library would rather read updates itself; why it does not: docs/dev/telegram.md."""


async def test_from_the_first_message_to_the_closed_topic(tmp_path: Path) -> None:
    async with running_forum(tmp_path) as forum:
        desk = forum.support_bot.desk
        chat, ticket = await forum.support_bot.open_ticket()
        await chat.say("je n’arrive pas à ajouter Paul")
        shown = await forum.shows(ticket, "L’utilisateur a écrit")
        for told in ("ajouter un partenaire", "SPH-2024-000137", "e1", "discussion web", "/prendre", f"/desk/conversations/{ticket.id}"):
            assert told in shown
        for words in (ASK, "ajouter Paul"):
            assert words not in shown
        await forum.write(INES, "/prendre", ticket)
        await forum.shows(ticket, "Inès a pris la demande")
        await forum.write(INES, "Bonjour, je regarde.", ticket)
        await until(lambda: said_by_agent(chat, "Inès", "Bonjour, je regarde."))
        assert (await desk.find(ticket.id)).state is TicketState.AGENT
        assert await chat.say("merci") == []
        await until(lambda: told_of(forum, ticket, 2))
        await forum.write(INES, "/note il faut rappeler demain", ticket)
        await until(lambda: noted(forum, ticket.id, "il faut rappeler demain"))
        await forum.write(INES, "/fermer expliqué", ticket)
        await forum.shows(ticket, "Inès a clos la demande (expliqué)")
        thread = await forum.topic(ticket)
        await until(lambda: forum.group.topics[thread].closed)
        assert (await desk.find(ticket.id)).outcome is Outcome.EXPLAINED
        users = await chat.texts()
        assert "Inès a quitté la discussion" in users[-1]
        assert not any("rappeler" in text for text in users)
        once = "\n".join(forum.said(thread))
        for written_there in ("Bonjour, je regarde.", "il faut rappeler demain"):
            assert written_there not in once


async def told_of(forum: Forum, ticket: Ticket, messages: int) -> bool:
    return await forum.written(ticket) == messages


async def said_by_agent(chat: Any, agent: str, text: str) -> bool:
    return any((m["agent"], m["text"]) == (agent, text) for m in await chat.history())


async def noted(forum: Forum, ticket_id: int, text: str) -> bool:
    return [note.text for note in (await forum.support_bot.desk.view(ticket_id)).notes] == [text]


async def test_what_is_done_at_the_desk_shows_in_the_topic_and_is_the_same_state(tmp_path: Path) -> None:
    async with running_forum(tmp_path) as forum:
        desk, paul = forum.support_bot.desk, forum.paul.agent
        chat, ticket = await forum.support_bot.open_ticket()
        await desk.take(ticket.id, paul)
        await desk.reply(ticket.id, paul, "Bonjour <b>vous</b> & merci", key="1")
        await desk.note(ticket.id, paul, "note du poste")
        shown = await forum.shows(ticket, "Paul a ajouté une note interne.")
        assert "Paul a répondu à l’utilisateur." in shown
        assert "vous" not in shown.partition("/fermer\u00a0: clore.")[2]
        assert "note du poste" not in shown
        await forum.write(INES, "et moi ?", ticket)
        await forum.shows(ticket, "Paul a cette demande\u00a0: rien n’a été envoyé")
        await forum.write(INES, "/prendre", ticket)
        await forum.shows(ticket, "Paul a déjà pris cette demande")
        await forum.write(INES, "/reprendre", ticket)
        await forum.shows(ticket, "Inès a transféré la demande à Inès")
        await forum.write(INES, "/rendre", ticket)
        await forum.shows(ticket, "Inès a rendu la demande à la file")
        await chat.say("fin")
        await forum.shows(ticket, "L’utilisateur a mis fin à la discussion")
        thread = await forum.topic(ticket)
        await until(lambda: forum.group.topics[thread].closed)
        await forum.write(INES, "encore un mot", ticket)
        await forum.shows(ticket, "Cette demande est close")
        await desk.reopen(ticket.id, paul)
        await forum.shows(ticket, "Paul a rouvert la demande")
        assert not forum.group.topics[thread].closed
        assert len(forum.group.topics) == 1
        assert "et moi ?" not in await chat.texts()


async def test_two_agents_take_at_once(tmp_path: Path) -> None:
    async with running_forum(tmp_path) as forum:
        _, ticket = await forum.support_bot.open_ticket()
        await asyncio.gather(forum.write(INES, "/prendre", ticket), forum.write(PAUL, "/prendre", ticket))
        await forum.shows(ticket, "a déjà pris cette demande")
        shown = await forum.shows(ticket, "a pris la demande.")
        owner = (await forum.support_bot.desk.find(ticket.id)).agent
        assert owner is not None
        assert f"{owner.name} a déjà pris cette demande" in shown
        assert shown.count("a pris la demande.") == 1


@pytest.mark.parametrize(
    ("content", "told"),
    [
        ({"kind": "photo"}, "ne sont pas transmis"),
        ({"text": "d’un autre", "forwarded": True}, "ne sont pas transmis"),
        ({"text": "bonjour", "anonymous": True}, "au nom du groupe"),
        ({"text": "/inconnue"}, "Cette commande n’existe pas"),
        ({"text": "/fermer peut-être"}, "Cette commande n’existe pas"),
        ({"text": "/note"}, "rien à lire"),
        ({"text": "/aide"}, "Commandes"),
        ({"text": "x" * 4001}, "trop long"),
    ],
)
async def test_what_is_not_sent_to_the_user_is_told(tmp_path: Path, content: dict[str, Any], told: str) -> None:
    async with running_forum(tmp_path) as forum:
        chat, ticket = await forum.support_bot.with_agent(forum.ines.agent)
        before = await chat.texts()
        await forum.write(INES, ticket=ticket, **{"text": "", **content})
        await forum.shows(ticket, told)
        assert await chat.texts() == before
        assert (await forum.support_bot.desk.view(ticket.id)).notes == ()


async def test_an_edited_message_is_not_sent_again(tmp_path: Path) -> None:
    async with running_forum(tmp_path) as forum:
        chat, ticket = await forum.support_bot.with_agent(forum.ines.agent)
        update = await forum.write(INES, "première", ticket)
        await until(lambda: said_by_agent(chat, "Inès", "première"))
        edit = {"message_id": update["message"]["message_id"], "text": "seconde"}
        await forum.people.post(f"/chats/{GROUP}/edit", json=edit)
        await forum.shows(ticket, "n’est pas transmis de nouveau")
        assert "seconde" not in await chat.texts()


@pytest.mark.parametrize("noted_as_heard", [True, False])
async def test_what_comes_twice_is_done_once(tmp_path: Path, noted_as_heard: bool) -> None:
    async with running_forum(tmp_path) as forum:
        chat, ticket = await forum.support_bot.with_agent(forum.ines.agent)
        updates = [await forum.write(INES, text, ticket) for text in ("une fois", "/note une note")]
        await until(lambda: noted(forum, ticket.id, "une note"))
        if not noted_as_heard:  # killed between doing it and noting that
            async with forum.support_bot.parts.database.writing() as session:
                await session.execute(delete(GroupInputRow))
        await forum.people.post("/updates", json=updates)
        await forum.write(INES, "après", ticket)
        await until(lambda: said_by_agent(chat, "Inès", "après"))
        assert (await chat.texts()).count("une fois") == 1
        assert await noted(forum, ticket.id, "une note")


async def test_who_is_nobody_of_the_team_does_nothing(tmp_path: Path) -> None:
    async with running_forum(tmp_path, linked=False) as forum:
        chat, ticket = await forum.support_bot.open_ticket()
        thread = await forum.topic(ticket)
        await forum.write(STRANGER, "/prendre", ticket)
        await forum.shows(ticket, "n’est relié à aucun compte du poste")
        assert (await forum.support_bot.desk.find(ticket.id)).state is TicketState.WAITING
        code = await forum.links.new_code(forum.ines.id)
        await forum.write(STRANGER, "/relier ABCD-EFGH-JKMN")
        await until(lambda: any("Ce code n’est pas bon" in text for text in forum.said()))
        await forum.write(INES, f"/relier {code.lower()}")
        await until(lambda: any("au nom de Inès" in text for text in forum.said()))
        sent = [m for m in forum.group.messages.values() if code.lower() in m.get("text", "")]
        await until(lambda: all(m.get("deleted") for m in sent))
        await forum.write(INES, "/prendre", ticket)
        await forum.shows(ticket, "Inès a pris la demande")
        await forum.write(STRANGER, f"/relier {code}")
        await until(lambda: sum("Ce code n’est pas bon" in text for text in forum.said()) == 2)
        await forum.links.unlink(forum.ines.id, "cli")
        await forum.write(INES, "encore là", ticket)
        await until(lambda: "\n".join(forum.said(thread)).count("n’est relié à aucun compte") == 2)
        assert "encore là" not in await chat.texts()


async def test_the_team_may_talk_among_itself(tmp_path: Path) -> None:
    async with running_forum(tmp_path) as forum:
        _, ticket = await forum.support_bot.open_ticket()
        await forum.write(INES, "qui déjeune ?")
        await forum.write(INES, "/prendre")
        await until(lambda: len(forum.said()) == 1)
        assert "dans le fil d’une demande" in forum.said()[0]
        assert (await forum.support_bot.desk.find(ticket.id)).state is TicketState.WAITING


async def test_nothing_that_names_an_usager_enters_or_leaves(tmp_path: Path) -> None:
    async with running_forum(tmp_path) as forum:
        chat, ticket = await forum.support_bot.open_ticket()
        await chat.say("le dossier de Mme Jeanne Zorglub, née le 12/03/1948, est vide")
        assert "est vide" not in await forum.shows(ticket, "L’utilisateur a écrit")
        desk, ines = forum.support_bot.desk, forum.ines.agent
        await desk.take(ticket.id, ines)
        await desk.note(ticket.id, ines, "rappeler pour la patiente Jeanne Zorglub")
        await desk.reply(ticket.id, ines, "Je vois le dossier de Mme Zorglub", key="1")
        await forum.shows(ticket, "Inès a répondu à l’utilisateur.")
        update = await forum.write(INES, "le dossier de Mme Zorglub est là", ticket)
        await forum.shows(ticket, "Votre message nommait un usager")
        await until(lambda: forum.group.messages[update["message"]["message_id"]].get("deleted"))
        assert "Je vois le dossier de Mme Zorglub" in await chat.texts()  # between the desk and the web chat it may be said
        assert "le dossier de Mme [usager] est là" in await chat.texts()
        await forum.write(INES, "/note patiente Jeanne Zorglub", ticket)
        await forum.shows(ticket, "Votre note nommait un usager")
        thread = await forum.topic(ticket)
        told = "\n".join([*forum.said(thread), *(topic.name for topic in forum.group.topics.values())])
        assert "Zorglub" not in told
        assert "1948" not in told
        assert "Zorglub" not in str([note.text for note in (await desk.view(ticket.id)).notes][1:])
