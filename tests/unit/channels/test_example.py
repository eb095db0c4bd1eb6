"""The example of a channel, as docs/dev/channels.md has it: it runs, its buttons work, its errors are retried."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from fastapi import FastAPI, Request, Response

from tests.unit.messaging.running_bot import buttons, running_bot, served, until

BEARER = {"Authorization": "Bearer token-of-the-callback"}


async def test_the_example_answers_by_its_callback(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    posted: list[dict[str, Any]] = []
    phone = FastAPI()

    @phone.post("/")
    async def take(request: Request) -> Response:
        posted.append(await request.json())
        return Response(str(len(posted)))

    async with served(phone) as url:
        monkeypatch.setenv("CALLBACK_URL", url)
        monkeypatch.setenv("CALLBACK_TOKEN", "token-of-the-callback")
        async with running_bot(tmp_path, CHANNELS="examples.callback_channel") as bot:
            bot.rasa.answers["choix"] = [{"text": "Lequel\u00a0?", "buttons": buttons("affirm", "deny"), "link": None}]
            refused = await bot.http.post("/callback/messages", json={"chat": "c", "id": "1", "text": "bonjour"})
            assert refused.status_code == 401
            for number, text in enumerate(("bonjour", "bonjour", "choix")):
                body = {"chat": "c", "id": str(min(number, 1)) if number < 2 else "2", "text": text}
                assert (await bot.http.post("/callback/messages", json=body, headers=BEARER)).status_code == 202
            await until(lambda: len(posted) == 3)
            assert [message["text"] for message in posted] == ["dit bonjour", "dit bonjour", "Lequel\u00a0?"]
            pressed = {"chat": "c", "id": "3", "button": posted[2]["buttons"][1]["token"]}
            await bot.http.post("/callback/messages", json=pressed, headers=BEARER)
            await until(lambda: len(posted) == 4)
            assert bot.rasa.turns[-1]["intent"] == "deny"
            assert bot.rasa.turns[-1]["trusted"] is False
            assert (await bot.http.get("/health")).json()["callback"] == "ok"
