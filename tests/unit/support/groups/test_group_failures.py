"""What goes wrong with a group: nothing is lost, nothing is said twice but one message, and the desk goes on."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from bot.jobs.leases import GROUP_THREAD
from bot.support.groups.group_view import GATHER_SECONDS
from bot.support.records import Agent
from tests.unit.messaging.running_bot import until
from tests.unit.support.groups.telegram_forum import GROUP, INES, Forum, messages_told, running_forum

pytestmark = [pytest.mark.thorough, pytest.mark.filterwarnings("ignore::telegram.warnings.PTBUserWarning")]


def calls(forum: Forum, method: str) -> list[dict[str, Any]]:
    return [call for call in forum.fake.calls if call["method"] == method]


async def test_a_deleted_topic_is_made_anew_with_all_that_was_said(tmp_path: Path) -> None:
    async with running_forum(tmp_path) as forum:
        chat, ticket = await forum.support_bot.with_agent(forum.ines.agent)
        await chat.say("avant")
        await forum.shows(ticket, "L’utilisateur a écrit")
        former = await forum.topic(ticket)
        await forum.people.delete(f"/chats/{GROUP}/topics/{former}")
        await chat.say("après")
        await forum.shows(ticket, "L’utilisateur a écrit 2 messages")
        assert await forum.topic(ticket) != former
        await forum.write(INES, "je suis là", ticket)
        await until(lambda: said(chat, "je suis là"))


async def said(chat: Any, text: str) -> bool:
    return text in await chat.texts()


@pytest.mark.parametrize("flaw", ["rights", "forum", "kicked", "unknown"])
async def test_a_group_that_is_not_as_it_must_be_holds_up_nobody(tmp_path: Path, flaw: str, caplog: pytest.LogCaptureFixture) -> None:
    async with running_forum(tmp_path) as forum:
        group, showing = forum.group, forum.support_bot.parts.groups.views["telegram"]
        if flaw == "rights":
            group.rights = set()
        elif flaw == "forum":
            group.forum = False
        elif flaw == "kicked":
            group.blocked = True
        else:
            del forum.fake.chats[GROUP]
        chat, ticket = await forum.support_bot.open_ticket()
        await until(lambda: "GroupUnusable" in caplog.text)
        assert str(GROUP) not in caplog.text
        assert (await forum.support_bot.desk.take(ticket.id, forum.ines.agent)).agent is not None
        await chat.say("toujours là ?")
        group.rights, group.forum, group.blocked = {"topics", "delete"}, True, False
        forum.fake.chats[GROUP] = group
        await until(lambda: showing.show_due())  # as after the pause
        await forum.shows(ticket, "L’utilisateur a écrit")


async def test_killed_between_making_a_topic_and_noting_it(tmp_path: Path) -> None:
    async with running_forum(tmp_path) as forum:
        forum.fake.faults.append({"method": "createForumTopic", "code": "lost"})
        chat, ticket = await forum.support_bot.open_ticket()
        await until(lambda: len(forum.group.topics) == 2)  # the one of which nobody knows, and its successor
        orphan, topic = sorted(forum.group.topics)
        await forum.shows(ticket, "/prendre")
        assert forum.said(orphan) == []
        await forum.people.post(f"/chats/{GROUP}/say", json={"user": INES, "text": "/prendre", "thread": orphan})
        await until(lambda: "dans le fil d’une demande" in "\n".join(forum.said(orphan)))
        await forum.people.post(f"/chats/{GROUP}/say", json={"user": INES, "text": "/prendre", "thread": topic})
        await forum.shows(ticket, "Inès a pris la demande")
        assert await chat.say("merci") == []


async def test_a_process_that_died_with_a_thread_in_hand(tmp_path: Path) -> None:
    async with running_forum(tmp_path) as forum:
        chat, ticket = await forum.support_bot.open_ticket()
        await forum.shows(ticket, "/prendre")
        showing = forum.support_bot.parts.groups.views["telegram"]
        threads = showing._threads
        await until(lambda: threads.claim(ticket.id, forum.support_bot.clock.now()))  # as another process, which never lets go
        await chat.say("toujours là ?")
        await showing.show_due()
        assert "a écrit" not in "\n".join(forum.said(await forum.topic(ticket)))
        forum.support_bot.clock.advance(GROUP_THREAD + timedelta(seconds=1))
        await forum.shows(ticket, "L’utilisateur a écrit")


async def test_what_is_typed_while_the_group_takes_nothing_is_one_message(tmp_path: Path) -> None:
    async with running_forum(tmp_path) as forum:
        chat, ticket = await forum.support_bot.open_ticket()
        await forum.shows(ticket, "/prendre")
        before = len(calls(forum, "sendMessage"))
        forum.fake.faults.append({"method": "sendMessage", "code": 429, "parameters": {"retry_after": 3}})
        for number in range(6):
            await chat.say(f"mot {number}")

        async def all_told() -> bool:
            return await forum.written(ticket) >= 6

        await until(all_told)
        assert len(calls(forum, "sendMessage")) - before <= 3  # the refused one, what was typed since, perhaps a late one
        assert await forum.written(ticket) == 6


async def test_what_many_type_stays_within_twenty_messages_a_minute(tmp_path: Path) -> None:
    async with running_forum(tmp_path) as forum:
        forum.fake.limits.enforced = True  # strict: a 429 for the twenty-first message within a minute
        forum.support_bot.parts.groups.views["telegram"].gather_seconds = GATHER_SECONDS
        talks = [await forum.support_bot.open_ticket() for _ in range(4)]
        for number in range(10):
            for chat, _ in talks:
                await chat.say(f"mot {number}")

        def all_shown() -> bool:
            return messages_told("\n".join(text for thread in forum.group.topics for text in forum.said(thread))) == 40

        await until(all_shown, 120)
        sent = calls(forum, "sendMessage")
        assert {call["status"] for call in sent} == {200}
        assert len(sent) < 40


async def test_markup_in_a_name_stays_text(tmp_path: Path) -> None:
    async with running_forum(tmp_path) as forum:
        _, ticket = await forum.support_bot.open_ticket()
        await forum.support_bot.desk.take(ticket.id, Agent("a9", "<b>Gras</b> & fils"))
        await forum.shows(ticket, "<b>Gras</b> & fils a pris la demande.")
        assert [call["status"] for call in calls(forum, "sendMessage")] == [200] * len(calls(forum, "sendMessage"))


async def test_another_group_is_set(tmp_path: Path) -> None:
    async with running_forum(tmp_path) as forum:
        _, ticket = await forum.support_bot.open_ticket()
        await forum.shows(ticket, "/prendre")
    async with running_forum(tmp_path, linked=False, agents=False, group=-1002) as forum:
        await until(lambda: any(ticket.reference in topic.name for topic in forum.fake.chats[-1002].topics.values()))
