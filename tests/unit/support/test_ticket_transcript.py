"""The transcript that a user may have: by button or in words, in a trusted chat or by way of one, without what is the team's own."""

from __future__ import annotations

import re
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest

from bot.messaging.messages import Incoming, Message
from bot.support.records import Outcome
from tests.unit.support.running_desk import ASK, MARIE, SupportBot, button_token, running_support_bot, titles

HIDDEN = re.compile(r'<input type="hidden" name="(\w+)" value="([^"]*)"')


async def helped(support_bot: SupportBot) -> tuple[Any, Any]:
    """A chat that Marie helped, closed; the first announcement after it."""
    chat, ticket = await support_bot.with_agent()
    await chat.say("<b>le dossier</b> est vide")
    await support_bot.desk.note(ticket.id, MARIE, "note entre nous 7714")
    await support_bot.desk.reply(ticket.id, MARIE, "Je regarde & je reviens.", key="1")
    await support_bot.desk.close(ticket.id, MARIE, Outcome.SOLVED)
    return chat, (await chat.history())[-1]


async def fetched(support_bot: SupportBot, message: Message, more: str = "") -> httpx.Response:
    """What the link of a message, its button pressed, leads to; or what was opened by it before."""
    http = support_bot.bot.http
    asked = await http.get(urlsplit(message["link"]["url"]).path)
    if asked.status_code == 200:
        await http.post("/transcript", data=dict(HIDDEN.findall(asked.text)))
    return await http.get("/transcript" + more)


async def test_by_its_button_as_a_page_and_as_a_file(tmp_path: Path) -> None:
    async with running_support_bot(tmp_path) as support_bot:
        chat, closed = await helped(support_bot)
        (given,) = await chat.press(button_token(closed, "Recevoir la transcription"))
        assert given["author"] == "system"
        support_bot.clock.advance(timedelta(minutes=1))
        await chat.say("au revoir")
        page, file = await fetched(support_bot, given), await fetched(support_bot, given, "/file")
        assert (page.status_code, file.status_code) == (200, 200)
        assert page.headers["cache-control"] == file.headers["cache-control"] == "no-store"
        assert file.headers["content-disposition"] == 'attachment; filename="SUP-000001.txt"'
        assert "&lt;b&gt;le dossier&lt;/b&gt; est vide" in page.text
        for part in (
            "Vous\u00a0:\n<b>le dossier</b> est vide",
            "Marie, de l’équipe SPHERE\u00a0:\nJe regarde & je reviens.",
            "a quitté la discussion",
        ):
            assert part in file.text
        for answer in (page, file):
            assert "7714" not in answer.text
            assert "au revoir" not in answer.text
        again = await chat.press(button_token(closed, "Recevoir la transcription"))
        assert again[0]["link"] is not None
        (thanks,) = await chat.press(button_token(closed, "Utile"))
        assert "Recevoir la transcription" in titles(thanks)


@pytest.mark.parametrize("words", ["Transcription", "/transcription", "Je voudrais la transcription de la discussion."])
async def test_in_words_whoever_has_the_word(tmp_path: Path, words: str) -> None:
    async with running_support_bot(tmp_path) as support_bot:
        chat = await support_bot.chat()
        (none,) = await chat.say(words)
        assert none["link"] is None
        assert "pas encore" in none["text"]
        await chat.say(ASK)
        (waiting,) = await chat.say(words)
        assert "est transmise" in (await fetched(support_bot, waiting)).text
        ticket = await support_bot.newest_ticket()
        await support_bot.desk.take(ticket.id, MARIE)
        (meanwhile,) = await chat.say(words)
        assert "a rejoint la discussion" in (await fetched(support_bot, meanwhile)).text
        await support_bot.desk.close(ticket.id, MARIE, Outcome.SOLVED)
        (after,) = await chat.say(words)
        assert (await fetched(support_bot, after)).status_code == 200
        assert support_bot.bot.rasa.said() == [ASK]


async def test_an_address_holds_ten_minutes_and_for_its_ticket_alone(tmp_path: Path) -> None:
    async with running_support_bot(tmp_path) as support_bot:
        chat, closed = await helped(support_bot)
        (given,) = await chat.press(button_token(closed, "Recevoir la transcription"))
        path = urlsplit(given["link"]["url"]).path
        head = path[: path.rindex("/") + 1]
        for address in (path[:-1] + ("0" if path[-1] != "0" else "1"), head + "1.2", head + "é", head + "x" * 32, "/transcript"):
            assert (await support_bot.bot.http.get(address)).status_code == 401
        support_bot.clock.advance(timedelta(minutes=10))
        assert (await fetched(support_bot, given)).status_code == 401
        assert (await fetched(support_bot, given, "/file")).status_code == 401


async def test_on_an_external_channel_by_way_of_the_web_chat(tmp_path: Path) -> None:
    async with running_support_bot(tmp_path) as support_bot:
        gateway = support_bot.gateway
        conversation = await gateway.open("telegram", "42")

        async def say(number: int, text: str) -> list[Message]:
            received = await gateway.receive(conversation, Incoming(str(number), text=text))
            return await gateway.wait_for_replies(conversation, received) or []

        await say(1, ASK)
        ticket = await support_bot.newest_ticket()
        await support_bot.desk.take(ticket.id, MARIE)
        await say(2, "le dossier de Mme Durand est vide")
        (given,) = await say(3, "transcription")
        assert "/transcript/" not in given["link"]["url"]
        assert "Durand" not in str(given)
        link = urlsplit(given["link"]["url"]).fragment.removeprefix("continue=")
        opened = await support_bot.bot.http.post("/chat/sessions", json={"continue": link})
        assert opened.status_code == 200
        assert (await support_bot.bot.http.post("/chat/sessions", json={"continue": link})).status_code == 401
        headers = {"Authorization": f"Bearer {opened.json()['token']}"}
        seen = (await support_bot.bot.http.get("/chat/messages", headers=headers)).json()["messages"]
        (here,) = [message for message in seen if message["link"] and "/transcript/" in message["link"]["url"]]
        file = await fetched(support_bot, here, "/file")
        assert "Vous\u00a0:\nle dossier de Mme [usager] est vide" in file.text
        assert "Durand" not in file.text
