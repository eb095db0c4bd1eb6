"""Buttons: whose they are, once, until when, and what makes them stale."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from bot.core.clock import ManualClock
from bot.messaging.router import ANSWERS
from tests.unit.messaging.running_bot import Bot, Chat, buttons, running_bot, until

QUESTION = "Voulez-vous lui donner accès ?"


@asynccontextmanager
async def question_asked(folder: Path, *intents: str, clock: ManualClock | None = None) -> AsyncIterator[tuple[Bot, Chat, list[str]]]:
    """A chat that was just shown a question with buttons; gives their tokens."""
    async with running_bot(folder, clock=clock) as bot:
        bot.rasa.answers["ajoute"] = [{"text": QUESTION, "buttons": buttons(*intents, city="Tours")}]
        chat = await bot.chat()
        (question,) = await chat.say("ajoute")
        assert [button["title"] for button in question["buttons"]] == [f"Bouton {intent}" for intent in intents]
        yield bot, chat, [button["token"] for button in question["buttons"]]


async def test_pressing_delivers_the_intent_with_its_entities_and_shows_the_title(tmp_path: Path) -> None:
    async with question_asked(tmp_path, "affirm", "deny") as (bot, chat, (yes, _)):
        assert len(yes) <= 64
        assert (await chat.press(yes))[0]["text"] == "dit affirm"
        assert (bot.rasa.turns[-1]["intent"], bot.rasa.turns[-1]["entities"]) == ("affirm", {"city": "Tours"})
        assert (await chat.texts())[-2] == "Bouton affirm"


@pytest.mark.parametrize("again", [0, 1])
async def test_a_button_and_its_siblings_serve_once(tmp_path: Path, again: int) -> None:
    async with question_asked(tmp_path, "affirm", "deny") as (bot, chat, tokens):
        await chat.press(tokens[0])
        assert "a déjà servi" in (await chat.press(tokens[again]))[0]["text"]
        assert len(bot.rasa.turns) == 2


async def test_pressing_twice_at_once_serves_once(tmp_path: Path) -> None:
    async with question_asked(tmp_path, "affirm") as (bot, chat, (yes,)):
        both = await asyncio.gather(chat.press(yes), chat.press(yes))
        assert sorted("servi" in replies[0]["text"] for replies in both) == [False, True]
        assert len(bot.rasa.turns) == 2


async def test_somebody_else_s_button_is_worth_nothing_and_shows_nothing(tmp_path: Path) -> None:
    async with question_asked(tmp_path, "affirm") as (bot, chat, (yes,)):
        other = await bot.chat()
        for token in (yes, "inconnu"):
            assert "n’est plus valable" in (await other.press(token))[0]["text"]
        assert "Bouton affirm" not in " ".join(await other.texts())
        assert len(bot.rasa.turns) == 1
        assert (await chat.press(yes))[0]["text"] == "dit affirm"


async def test_a_button_expires(tmp_path: Path) -> None:
    clock = ManualClock(datetime.now(UTC))
    async with question_asked(tmp_path, "add_partner", "help", clock=clock) as (bot, chat, (first, second)):
        clock.advance(timedelta(hours=bot.settings.button_hours))
        for token in (first, second):
            assert "expiré" in (await chat.press(token))[0]["text"]
        assert len(bot.rasa.turns) == 1


@pytest.mark.parametrize("intent", sorted(ANSWERS))
async def test_an_answer_is_stale_once_the_conversation_went_on(tmp_path: Path, intent: str) -> None:
    async with question_asked(tmp_path, intent) as (bot, chat, (token,)):
        await chat.say("autre chose")
        assert "a avancé" in (await chat.press(token))[0]["text"]
        assert bot.rasa.said() == ["ajoute", "autre chose"]


async def test_a_start_stays_good_while_the_conversation_goes_on(tmp_path: Path) -> None:
    async with question_asked(tmp_path, "list_dossiers") as (_, chat, (token,)):
        await chat.say("autre chose")
        assert (await chat.press(token))[0]["text"] == "dit list_dossiers"


async def test_a_message_already_waiting_makes_an_answer_stale(tmp_path: Path) -> None:
    async with question_asked(tmp_path, "affirm") as (bot, chat, (yes,)):
        gate = bot.rasa.gates["en fait"] = asyncio.Event()
        first = asyncio.create_task(chat.say("en fait"))
        await until(lambda: bot.rasa.requests == 2)
        second = asyncio.create_task(chat.press(yes))
        gate.set()
        await first
        assert "a avancé" in (await second)[0]["text"]


async def test_a_refused_press_makes_nothing_stale(tmp_path: Path) -> None:
    async with question_asked(tmp_path, "affirm") as (_, chat, (yes,)):
        await chat.press("inconnu")
        assert (await chat.press(yes))[0]["text"] == "dit affirm"


async def test_a_button_pressed_while_rasa_is_down_can_be_pressed_again(tmp_path: Path) -> None:
    async with running_bot(tmp_path, TURN_SECONDS=0.3) as bot:
        bot.rasa.answers["ajoute"] = [{"text": QUESTION, "buttons": buttons("affirm")}]
        chat = await bot.chat()
        token = (await chat.say("ajoute"))[0]["buttons"][0]["token"]
        bot.rasa.statuses = [503] * 99
        assert "indisponible" in (await chat.press(token))[0]["text"]
        bot.rasa.statuses = []
        assert (await chat.press(token))[0]["text"] == "dit affirm"


@pytest.mark.parametrize("typed", ["Bouton affirm", "  bouton AFFIRM. "])
async def test_typing_a_title_presses_its_button(tmp_path: Path, typed: str) -> None:
    async with question_asked(tmp_path, "affirm", "deny") as (bot, chat, (yes, _)):
        assert (await chat.say(typed))[0]["text"] == "dit affirm"
        assert (bot.rasa.turns[-1]["intent"], bot.rasa.turns[-1]["entities"]) == ("affirm", {"city": "Tours"})
        assert "a déjà servi" in (await chat.press(yes))[0]["text"]


async def test_typing_the_title_of_a_stale_answer_is_plain_text(tmp_path: Path) -> None:
    async with question_asked(tmp_path, "affirm") as (_bot, chat, _):
        await chat.say("autre chose")
        assert (await chat.say("Bouton affirm"))[0]["text"] == "dit Bouton affirm"
