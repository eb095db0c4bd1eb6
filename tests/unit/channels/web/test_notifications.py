"""The bell of the web chat: SPHERE's list of the linked account, read and marked read, its counter pushed over the stream."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from sqlalchemy import delete, update

from bot.channels.web.chat_api import CHANNEL
from bot.identity.continuations import hash_token
from bot.identity.tables import ChatLink
from bot.messaging.tables import Conversation
from bot.notifications.kinds import DeliveryChannel, Mode
from bot.notifications.tables import DROPPED, HANDED, WAITING, Event, Notice, NoticeSend
from tests.unit.harness import CLAIRE, CLAIRES_DOSSIER, KARIMS_DOSSIER, sandbox
from tests.unit.messaging.running_bot import Bot, Chat, running_bot, take
from tests.unit.sandbox.sandbox_server import Sandbox

__all__ = ["sandbox"]

DOSSIER = "SPH-2024-000137"
BEGAN = datetime(2026, 11, 25, 8, tzinfo=UTC)


class Bells:
    """A bot, and the notices of its people."""

    def __init__(self, bot: Bot) -> None:
        self.bot, self.database = bot, bot.parts.database
        self._count = 0

    async def chat(self, account_id: str | None = "claire") -> Chat:
        """A chat that is this account's."""
        chat = await self.bot.chat()
        if account_id is not None:
            now = datetime.now(UTC)
            async with self.database.writing() as session:
                link = {"account_id": account_id, "linked_at": now, "expires_at": now + timedelta(days=90)}
                session.add(ChatLink(conversation_id=await self.conversation(chat), **link))
        return chat

    async def conversation(self, chat: Chat) -> str:
        found = await self.bot.parts.gateway.find(CHANNEL, hash_token(chat.token))
        assert found is not None
        return str(found)

    async def notice(
        self, account_id: str = "claire", *, state: str | None = HANDED, dossier: str | None = "SPH-2024-000137", **data: Any
    ) -> str:
        """An event for one person, later than those before; `state` of its announcing in the web chat (None: none was ever planned)."""
        self._count += 1
        at = BEGAN + timedelta(minutes=self._count)
        kind = "note.added" if dossier else "service.notice"
        async with self.database.writing() as session:
            event = Event(source="test", event_id=str(self._count), kind=kind, subject=dossier, occurred_at=at, received_at=at, data=data)
            session.add(event)
            await session.flush()
            notice = Notice(
                event_id=event.id,
                account_id=account_id,
                kind=kind,
                dossier=dossier,
                author="Karim Benali",
                urgent=bool(data.get("urgent")),
                occurred_at=at,
                created_at=at,
            )
            session.add(notice)
            await session.flush()
            if state is not None:
                send = NoticeSend(
                    notice_id=notice.id, account_id=account_id, way=DeliveryChannel.SPHERE, mode=Mode.NOW, due_at=at, state=state
                )
                session.add(send)
        return str(notice.id)


async def listed(chat: Chat, **params: str) -> dict[str, Any]:
    answer = await chat.http.get("/chat/notifications", params=params, headers=chat.headers)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


async def read(chat: Chat, body: Any) -> httpx.Response:
    return await chat.http.post("/chat/notifications/read", json=body, headers=chat.headers)


@pytest.mark.parametrize("header", [{}, {"Authorization": "Bearer unknown"}])
@pytest.mark.parametrize(("method", "path"), [("GET", "/chat/notifications"), ("POST", "/chat/notifications/read")])
async def test_an_unknown_token_is_refused(tmp_path: Path, method: str, path: str, header: dict[str, str]) -> None:
    async with running_bot(tmp_path) as bot:
        answer = await bot.http.request(method, path, headers=header)
        assert answer.status_code == 401
        assert answer.headers["content-type"] == "application/problem+json"


async def test_a_chat_that_is_nobody_has_no_list(tmp_path: Path) -> None:
    async with running_bot(tmp_path) as bot:
        bells = Bells(bot)
        await bells.notice()
        nobody, former = await bells.chat(None), await bells.chat()
        async with bells.database.writing() as session:
            await session.execute(update(ChatLink).values(expires_at=datetime.now(UTC)))
        for answer in (await nobody.http.get("/chat/notifications", headers=nobody.headers), await read(nobody, {"all": True})):
            assert answer.status_code == 403
            assert "m’identifier" in answer.json()["detail"]
        for answer in (await former.http.get("/chat/notifications", headers=former.headers), await read(former, {"all": True})):
            assert answer.status_code == 401  # a session ends with its link


async def test_the_list_is_ones_own_newest_first_in_pages(tmp_path: Path) -> None:
    async with running_bot(tmp_path) as bot:
        bells = Bells(bot)
        ids = [await bells.notice() for _ in range(23)]
        await bells.notice("karim")
        chat = await bells.chat()
        page = await listed(chat)
        assert [line["id"] for line in page["notifications"]] == ids[:2:-1]
        assert (page["unread"], page["more"]) == (23, True)
        rest = await listed(chat, before=ids[3])
        assert [line["id"] for line in rest["notifications"]] == ids[2::-1]
        assert rest["more"] is False
        line = page["notifications"][0]
        assert line["text"].startswith("Karim Benali a écrit une note de liaison dans le dossier")
        assert datetime.fromisoformat(line["at"]) == BEGAN + timedelta(minutes=23)
        assert (line["dossier"], line["author"], line["read"], line["urgent"]) == ("SPH-2024-000137", "Karim Benali", False, False)


async def test_one_dossier_may_be_asked_for(tmp_path: Path) -> None:
    async with running_bot(tmp_path) as bot:
        bells = Bells(bot)
        first, _ = await bells.notice(), await bells.notice(dossier="SPH-2024-000142")
        chat = await bells.chat()
        assert [line["id"] for line in (await listed(chat, dossier="SPH-2024-000137"))["notifications"]] == [first]
        for params in ({"dossier": "Durand"}, {"before": "x"}):
            assert (await chat.http.get("/chat/notifications", params=params, headers=chat.headers)).status_code == 422


async def test_the_counter_counts_what_was_announced_and_the_list_has_all(tmp_path: Path) -> None:
    async with running_bot(tmp_path) as bot:
        bells = Bells(bot)
        for state in (HANDED, WAITING, DROPPED, None):
            await bells.notice(state=state)
        page = await listed(await bells.chat())
        assert (page["unread"], len(page["notifications"])) == (1, 4)


async def test_what_is_read_is_read_everywhere(tmp_path: Path) -> None:
    async with running_bot(tmp_path) as bot:
        bells = Bells(bot)
        ids, karims = [await bells.notice() for _ in range(3)], await bells.notice("karim")
        chat, other = await bells.chat(), await bells.chat()
        assert (await read(chat, {"ids": [ids[0], karims, "999"]})).json() == {"unread": 2, "read": 1}
        assert [line["read"] for line in (await listed(other))["notifications"]] == [False, False, True]
        assert (await listed(await bells.chat("karim")))["unread"] == 1
        await bot.parts.notifications.mark_read("claire", notices={int(ids[1])})  # by Telegram's button, say
        assert (await listed(chat))["unread"] == 1
        assert (await read(chat, {"all": True})).json() == {"unread": 0, "read": 1}
        assert (await read(chat, {"ids": []})).json() == {"unread": 0, "read": 0}


MALFORMED = [{}, [], {"ids": "1"}, {"ids": [1]}, {"ids": ["x"]}, {"ids": ["9" * 30]}, {"all": False}, {"ids": ["1"], "all": True}]


@pytest.mark.parametrize("body", [*MALFORMED, {"ids": ["1"] * 501}])
async def test_a_malformed_mark_is_refused_and_marks_nothing(tmp_path: Path, body: Any) -> None:
    async with running_bot(tmp_path) as bot:
        bells = Bells(bot)
        await bells.notice()
        chat = await bells.chat()
        assert (await read(chat, body)).status_code == 422
        assert (await listed(chat))["unread"] == 1


async def test_titles_and_addresses_are_told_of_dossiers_that_one_takes_part_in(tmp_path: Path, sandbox: Sandbox) -> None:
    claire = sandbox.practitioner(CLAIRE)["id"]
    async with running_bot(tmp_path, PLATFORM_URL=sandbox.fhir, PLATFORM_TOKEN=sandbox.token) as bot:
        bells = Bells(bot)
        said = {"title": "Bilan de Mme Durand", "url": "https://sphere.example/137"}
        for dossier in (CLAIRES_DOSSIER, KARIMS_DOSSIER, None):
            await bells.notice(claire, dossier=dossier, **said)
        chat = await bells.chat(claire)
        lines = (await listed(chat))["notifications"]
        assert [(line["title"], line["url"]) for line in lines] == [tuple(said.values()), (None, None), tuple(said.values())]
        sandbox.fault("down")
        # The team may still be remembered for a moment; whoever asks first gets no title.
        async with running_bot(tmp_path, PLATFORM_URL=sandbox.fhir, PLATFORM_TOKEN=sandbox.token) as another:
            chat.http = another.http
            lines = (await listed(chat))["notifications"]
        assert [line["title"] for line in lines] == [said["title"], None, None]
        sandbox.fault("none")
        sandbox.put({**sandbox.practitioner(CLAIRE), "active": False}).raise_for_status()
        chat.http = bot.http
        assert (await chat.http.get("/chat/notifications", headers=chat.headers)).status_code == 403


async def test_the_counter_comes_over_the_stream(tmp_path: Path) -> None:
    async with running_bot(tmp_path) as bot:
        bells = Bells(bot)
        first = await bells.notice()
        chat, nobody = await bells.chat(), await bells.chat(None)
        async with chat.events() as events, nobody.events() as silence:
            assert await take(events, 1, "notifications") == [(None, {"unread": 1})]
            await bells.notice()
            assert await take(events, 1, "notifications") == [(None, {"unread": 2})]
            await read(chat, {"ids": [first]})
            assert await take(events, 1, "notifications") == [(None, {"unread": 1})]
            async with bells.database.writing() as session:
                await session.execute(delete(ChatLink))
            assert await take(events, 1, "notifications") == [(None, {"unread": None})]
            await nobody.say("bonjour", wait=False)
            kinds = []
            async with asyncio.timeout(60):
                async for kind, _, data in silence:
                    kinds.append(kind)
                    if data.get("author") == "assistant":
                        break
            assert "notifications" not in kinds


async def test_a_conversation_of_another_channel_has_its_bell_in_the_web_chat(tmp_path: Path) -> None:
    async with running_bot(tmp_path) as bot:
        bells = Bells(bot)
        await bells.notice()
        now = datetime.now(UTC)
        async with bells.database.writing() as session:
            session.add(Conversation(id="phone", channel="telegram", address="1", created_at=now, last_seen_at=now))
            link = ChatLink(conversation_id="phone", account_id="claire", linked_at=now, expires_at=now + timedelta(days=90))
            session.add(link)
        made = await bot.parts.continuations.create_link("phone")
        token = (await bot.http.post("/chat/sessions", json={"continue": made.partition("#continue=")[2]})).json()["token"]
        assert (await listed(Chat(bot.http, token)))["unread"] == 1
