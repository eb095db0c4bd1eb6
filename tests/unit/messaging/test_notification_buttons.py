"""Notices in a conversation: their buttons each stand on their own, and none of them answers the dialogue's question."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from bot.core.clock import SystemClock
from bot.core.database import Database, sqlite_url
from bot.jobs.outbox import CHAT, enqueue
from bot.messaging.channel import ChannelCapabilities
from bot.messaging.conversations import Conversations
from bot.messaging.messages import Button, Reply, RoutedMessage, Turn
from bot.messaging.proactive_messages import ProactiveMessage, add_proactive
from bot.messaging.rendering import without_pressed_buttons
from bot.messaging.router import Router
from bot.messaging.tables import SYSTEM, MessageRow
from tests.unit.messaging.running_bot import Bot, Chat, buttons, running_bot, until

READ = {"title": "Marquer comme lu", "intent": "mark_notifications_read", "entities": {"message": "1"}}
MUTE = {"title": "Sourdine", "intent": "mute_notifications", "entities": {"dossier_ref": "SPH-2024-000137"}}
NOTICE = {"text": "Un document a été déposé.", "buttons": [READ, MUTE], "link": None, "notice": {"message": 1, "version": 0}}
SMALL = ChannelCapabilities("telegram", False, 4096, 10, 10, buttons_per_row=1, can_edit=True, can_delete=True)


async def notify(bot: Bot, chat: Chat) -> dict[str, Any]:
    """A notice arrives in the chat."""
    database, before = bot.parts.database, len(await chat.history())
    async with database.writing() as session:
        conversation_id = (await session.scalars(select(MessageRow.conversation_id).limit(1))).one()
        key, now = f"notice:{before}", SystemClock().now()
        await enqueue(session, kind=CHAT, key=key, payload=NOTICE, now=now, conversation_id=conversation_id)

    async def arrived() -> bool:
        return len(await chat.history()) > before

    await until(arrived)
    message = (await chat.history())[-1]
    assert (message["author"], message["text"]) == ("system", NOTICE["text"])
    return message


@asynccontextmanager
async def question_asked(folder: Path) -> AsyncIterator[tuple[Bot, Chat]]:
    async with running_bot(folder) as bot:
        bot.rasa.answers["ajoute"] = [{"text": "Voulez-vous lui donner accès ?", "buttons": buttons("affirm", "deny")}]
        chat = await bot.chat()
        await chat.say("ajoute")
        yield bot, chat


async def test_a_typed_answer_still_answers_the_dialogue_after_notices(tmp_path: Path) -> None:
    async with question_asked(tmp_path) as (bot, chat):
        for _ in range(12):
            await notify(bot, chat)
        assert (await chat.say("bouton affirm"))[0]["text"] == "dit affirm"


async def test_a_pressed_answer_is_not_stale_for_a_notice(tmp_path: Path) -> None:
    async with question_asked(tmp_path) as (bot, chat):
        question = (await chat.history())[-1]
        await notify(bot, chat)
        assert (await chat.press(question["buttons"][0]["token"]))[0]["text"] == "dit affirm"


@pytest.mark.parametrize("first", [0, 1])
async def test_the_buttons_of_a_notice_are_pressed_one_after_the_other_each_once(tmp_path: Path, first: int) -> None:
    async with question_asked(tmp_path) as (bot, chat):
        tokens = [button["token"] for button in (await notify(bot, chat))["buttons"]]
        await chat.press(tokens[first])
        assert bot.rasa.turns[-1]["intent"] == (READ, MUTE)[first]["intent"]
        assert "a déjà servi" in (await chat.press(tokens[first]))[0]["text"]
        await chat.press(tokens[1 - first])
        assert bot.rasa.turns[-1]["intent"] == (READ, MUTE)[1 - first]["intent"]
        assert len(bot.rasa.turns) == 3


async def test_the_title_of_a_notice_s_button_may_be_typed(tmp_path: Path) -> None:
    async with question_asked(tmp_path) as (bot, chat):
        await notify(bot, chat)
        await chat.say("sourdine")
        assert (bot.rasa.turns[-1]["intent"], bot.rasa.turns[-1]["entities"]) == ("mute_notifications", MUTE["entities"])


async def test_a_typed_number_chooses_in_the_list_that_the_dialogue_showed_last(tmp_path: Path) -> None:
    clock, database = SystemClock(), Database(sqlite_url(tmp_path / "sphere.db"))
    await database.create_tables()
    conversation_id = await Conversations(database).open("telegram", "address", clock.now())
    listed = [Button(title=f"Paul Martin, ville {n}", intent="choose", entities={"place": str(n)}) for n in (1, 2)]
    notice = [Button(title=f"Un titre trop long {n}", intent="mark_notifications_read") for n in (1, 2)]
    for key, author, some in (("question", "assistant", listed), ("notice", SYSTEM, notice)):
        message = ProactiveMessage(conversation_id, Reply(text=key, buttons=tuple(some)), key, timedelta(days=1), author=author)
        async with database.writing() as session:
            assert await add_proactive(session, [message], now=clock.now()) == 1

    async def link_account(_conversation_id: str, _token: str) -> str | None:
        return None

    turn = Turn(1, conversation_id, "telegram", "telegram", "2", None, None, None, clock.now(), 1)
    routed = await Router(database, clock, {"telegram": SMALL}, link_account).route(turn)
    assert isinstance(routed, RoutedMessage)
    assert (routed.intent, routed.entities, routed.button_token) == ("choose", {"place": "2"}, None)
    await database.close()


def test_what_stays_of_a_notice_shows_what_was_pressed_and_the_other_button() -> None:
    capabilities = ChannelCapabilities("telegram", False, 60, 10, 60, buttons_per_row=1, can_edit=True, can_delete=True)
    buttons = [{"title": "Lu", "token": "a"}, {"title": "Sourdine", "token": "b"}]
    message = {"author": SYSTEM, "agent": None, "text": "Un document.", "buttons": buttons, "link": None}
    part = without_pressed_buttons(message, capabilities, "https://bot", ["a"])
    assert (part.text, [choice.token for choice in part.quick_replies]) == ("Un document.\n\n→ Lu", ["b"])
    part = without_pressed_buttons(message, capabilities, "https://bot", ["b", "a"])
    assert (part.text, part.quick_replies) == ("Un document.\n\n→ Sourdine\n→ Lu", ())
