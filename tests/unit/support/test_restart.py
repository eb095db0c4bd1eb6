"""Killed in the middle: whoever waits goes on waiting, whoever talks goes on talking, and another process's desk is the same desk."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from bot.bot_container import BotContainer
from bot.installation.supervisor import free_port
from bot.support.records import TicketState
from tests.channels import ALWAYS_OPEN
from tests.unit.messaging.running_bot import Chat, StandInRasa, open_chat, served, settings_for, take
from tests.unit.messaging.test_recovery import bot_process
from tests.unit.support.running_desk import ASK, HANDOVER_REQUEST, MARIE

pytestmark = pytest.mark.thorough


@pytest.mark.timeout(500)
async def test_a_kill_in_the_middle_changes_nothing(tmp_path: Path) -> None:
    rasa, port = StandInRasa(), free_port()
    rasa.answers[ASK] = [{"text": "", "buttons": [], "link": None, "handover": HANDOVER_REQUEST}]
    async with served(rasa.app) as url:
        parts = BotContainer(settings_for(tmp_path, url, **ALWAYS_OPEN))  # another process's desk, on the same database
        desk = parts.support.desk
        async with bot_process(tmp_path, url, port, **ALWAYS_OPEN) as bot:
            chat = await open_chat(bot.http)
            await chat.say(ASK)
            (waiting,) = await chat.say("vous êtes là ?")
            assert "personne ne l’a encore prise" in waiting["text"]
            await bot.kill()
        (entry,) = await desk.queue()
        ticket = await desk.take(entry.ticket.id, MARIE)
        async with bot_process(tmp_path, url, port, **ALWAYS_OPEN) as bot:
            again = Chat(bot.http, chat.token)
            async with again.events() as events:
                seen = await take(events, 5)
                assert "Marie, de l’équipe SPHERE" in seen[-1][1]["text"]
                await desk.reply(ticket.id, MARIE, "Oui, bonjour.", key="1")
                ((_, reply),) = await take(events, 1)
            assert (reply["author"], reply["agent"], reply["text"]) == ("agent", "Marie", "Oui, bonjour.")
            queued = await again.post({"id": "q", "text": "merci"}, wait=False)
            assert queued.status_code == 202
            await bot.kill()
        async with bot_process(tmp_path, url, port, **ALWAYS_OPEN) as bot:
            last = Chat(bot.http, chat.token)
            async with asyncio.timeout(60):
                assert (await last.post({"id": "q", "text": "merci"})).json()["messages"] == []
            assert (await desk.find(ticket.id)).state is TicketState.AGENT
            assert rasa.said() == [ASK]
            assert "L’assistant reprend" in (await last.post({"id": "fin", "text": "/fin"})).json()["messages"][0]["text"]
            await last.post({"id": "b", "text": "bonjour"})
            assert rasa.said() == [ASK, "bonjour"]
        await parts.gateway._rasa.aclose()
        await parts.database.close()
