"""The Web chat API: sessions, what is refused and how, history and events."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.unit.messaging.running_bot import running_bot, take, until


def assert_problem(answer: httpx.Response, status: int) -> dict[str, Any]:
    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.headers["x-content-type-options"] == "nosniff"
    problem: dict[str, Any] = answer.json()
    assert problem["status"] == status
    assert problem["title"]
    assert problem["detail"]
    return problem


def _stored(folder: Path) -> bytes:
    return b"".join(file.read_bytes() for file in folder.glob("sphere.db*"))


@pytest.mark.parametrize("header", [{}, {"Authorization": "Bearer unknown"}, {"Authorization": "Basic eA=="}, {"Authorization": "Bearer"}])
@pytest.mark.parametrize(("method", "path"), [("POST", "/chat/messages"), ("GET", "/chat/messages"), ("GET", "/chat/events")])
async def test_an_unknown_token_is_refused(tmp_path: Path, method: str, path: str, header: dict[str, str]) -> None:
    async with running_bot(tmp_path) as bot:
        answer = await bot.http.request(method, path, headers=header)
        assert_problem(answer, 401)
        assert answer.headers["www-authenticate"] == "Bearer"


async def test_a_session_is_resumed_with_its_token_and_sees_its_own_messages_only(tmp_path: Path) -> None:
    async with running_bot(tmp_path) as bot:
        chat, other = await bot.chat(), await bot.chat()
        await chat.say("bonjour")
    async with running_bot(tmp_path) as bot:
        chat.http = other.http = bot.http
        assert await chat.texts() == ["bonjour", "dit bonjour"]
        assert await other.texts() == []
    assert chat.token.encode() not in _stored(tmp_path)


@pytest.mark.parametrize("text", ["a" * 4001, "🙂" * 4001, "\n" + "é" * 4000, "a" * 70_000])
async def test_a_text_over_4000_characters_is_too_long(tmp_path: Path, text: str) -> None:
    async with running_bot(tmp_path) as bot:
        chat = await bot.chat()
        assert "4 000" in assert_problem(await chat.post({"id": "a", "text": text}), 413)["detail"]
        assert (await chat.say("🙂" * 4000))[0]["text"] == "dit " + "🙂" * 4000


async def test_4000_characters_of_two_escapes_each_are_taken(tmp_path: Path) -> None:
    async with running_bot(tmp_path) as bot:
        chat = await bot.chat()
        body = b'{"id": "a", "text": "' + b"\\ud83d\\ude42" * 4000 + b'"}'
        answer = await bot.http.post("/chat/messages", content=body, headers=chat.headers)
        assert answer.status_code == 202


async def test_a_huge_body_is_refused_before_it_is_read(tmp_path: Path) -> None:
    async with running_bot(tmp_path) as bot:
        chat = await bot.chat()
        host, _, port = bot.url.removeprefix("http://").partition(":")
        chunks = b"Transfer-Encoding: chunked\r\n\r\n" + (b"8000\r\n" + b"a" * 0x8000 + b"\r\n") * 3
        for rest in (b"Content-Length: 10000000000\r\n\r\n", chunks):
            reader, writer = await asyncio.open_connection(host, int(port))
            writer.write(f"POST /chat/messages HTTP/1.1\r\nHost: {host}\r\nAuthorization: Bearer {chat.token}\r\n".encode() + rest)
            async with asyncio.timeout(60):
                assert b" 413 " in await reader.readline()
            writer.close()


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"[]",
        b"{",
        b"\xff",
        b"[" * 60_000,
        b"{}",
        b'{"id": "a"}',
        b'{"text": "bonjour"}',
        b'{"id": "", "text": "bonjour"}',
        b'{"id": " ", "text": "bonjour"}',
        b'{"id": 1, "text": "bonjour"}',
        b'{"id": "' + b"a" * 101 + b'", "text": "bonjour"}',
        b'{"id": "a\\u0000", "text": "bonjour"}',
        b'{"id": "a", "text": 1}',
        b'{"id": "a", "text": ""}',
        b'{"id": "a", "text": " \\n\\t\\u00a0\\u200b"}',
        b'{"id": "a", "text": "a\\u0000b"}',
        b'{"id": "a", "text": "a\\ud800b"}',
        b'{"id": "a", "text": null, "button": null}',
        b'{"id": "a", "text": "bonjour", "button": "b"}',
        b'{"id": "a", "button": ""}',
        b'{"id": "a", "button": "\\ud800"}',
        b'{"id": "a", "button": "' + b"b" * 101 + b'"}',
    ],
)
async def test_a_malformed_message_is_refused_and_not_quoted(tmp_path: Path, body: bytes) -> None:
    async with running_bot(tmp_path) as bot:
        chat = await bot.chat()
        answer = await bot.http.post("/chat/messages", content=body, headers=chat.headers)
        assert_problem(answer, 422)
        assert "bonjour" not in answer.text
        assert await chat.history() == []


@pytest.mark.parametrize("after", ["x", "-1", "1.5", "²", "9" * 30])
async def test_a_malformed_position_is_refused(tmp_path: Path, after: str) -> None:
    async with running_bot(tmp_path) as bot:
        chat = await bot.chat()
        assert_problem(await bot.http.get("/chat/messages", params={"after": after}, headers=chat.headers), 422)


async def test_too_many_messages_wait(tmp_path: Path) -> None:
    async with running_bot(tmp_path, CHAT_MESSAGES_PER_MINUTE=3) as bot:
        chat = await bot.chat()
        answers = [await chat.post({"id": str(n), "text": "x"}, wait=False) for n in range(5)]
        refused = [answer for answer in answers if answer.status_code == 429]
        assert refused
        assert_problem(refused[0], 429)
        assert 1 <= int(refused[0].headers["retry-after"]) <= 60
        assert (await (await bot.chat()).say("x"))[0]["text"] == "dit x"


async def test_too_many_sessions_wait(tmp_path: Path) -> None:
    async with running_bot(tmp_path, CHAT_SESSIONS_PER_MINUTE=3, LIMITS=None) as bot:
        answers = [await bot.http.post("/chat/sessions") for _ in range(5)]
        refused = [answer for answer in answers if answer.status_code == 429]
        assert refused
        assert 1 <= int(refused[0].headers["retry-after"]) <= 60
        assert_problem(refused[0], 429)


async def test_events_show_typing_then_the_messages_as_history_does(tmp_path: Path) -> None:
    async with running_bot(tmp_path) as bot:
        chat = await bot.chat()
        async with chat.events() as events:
            await chat.say("bonjour", wait=False)
            seen = []
            async with asyncio.timeout(60):
                async for event, event_id, data in events:
                    seen.append((event, event_id, data))
                    if event == "typing" and not data["on"]:
                        break
        messages = await chat.history()
        assert [(event_id, data) for event, event_id, data in seen if event == "message"] == [(m["id"], m) for m in messages]
        assert [(event_id, data["on"]) for event, event_id, data in seen if event == "typing"] == [(None, True), (None, False)]
        on = next(place for place, (event, _, _) in enumerate(seen) if event == "typing")
        assert on < next(place for place, (_, _, data) in enumerate(seen) if data.get("author") == "assistant")


async def test_events_resume_after_the_last_one_seen(tmp_path: Path) -> None:
    async with running_bot(tmp_path) as bot:
        chat = await bot.chat()
        await chat.say("un")
        async with chat.events() as events:
            seen = await take(events, 2)
        await chat.say("deux")
        async with chat.events(last_id=seen[-1][0]) as events:
            assert [data["text"] for _, data in await take(events, 2)] == ["deux", "dit deux"]
            await chat.say("trois")
            assert [data["text"] for _, data in await take(events, 2)] == ["trois", "dit trois"]


async def test_an_answer_that_does_not_come_in_time_leaves_the_message_accepted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bot.messaging.rasa.MIN_SECONDS", 60)  # Rasa's answer is waited for longer than the user's page waits
    async with running_bot(tmp_path, TURN_SECONDS=0.2, RASA_TIMEOUT=60) as bot:
        bot.rasa.gates["long"] = asyncio.Event()
        chat = await bot.chat()
        answer = await chat.post({"id": "a", "text": "long"})
        assert answer.status_code == 202
        bot.rasa.gates["long"].set()

        async def answered() -> bool:
            return (await chat.texts())[1:] == ["dit long"]

        await until(answered)


async def test_an_error_of_ours_is_told_with_an_id_and_logged_without_values(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    async with running_bot(tmp_path) as bot:

        @bot.app.get("/broken")
        async def broken() -> None:
            raise RuntimeError("Jeanne Durand")

        problem = assert_problem(await bot.http.get("/broken"), 500)
        assert problem["error_id"] in problem["detail"]
        assert problem["error_id"] in caplog.text
        assert "broken" in caplog.text
        assert "Durand" not in caplog.text + str(problem)


async def test_no_answer_is_kept_or_taken_for_another_type(tmp_path: Path) -> None:
    async with running_bot(tmp_path) as bot:
        chat = await bot.chat()
        answers = [await bot.http.post("/chat/sessions"), await chat.post({"id": "a", "text": "bonjour"}, wait=False)]
        answers += [await bot.http.get(f"/chat/{what}", headers=chat.headers) for what in ("session", "messages")]
        for answer in answers:
            assert answer.is_success
            assert answer.headers["x-content-type-options"] == "nosniff"
            assert answer.headers["cache-control"] == "no-store"


async def test_unknown_pages_are_problems_too(tmp_path: Path) -> None:
    async with running_bot(tmp_path) as bot:
        assert_problem(await bot.http.get("/nowhere"), 404)
        assert_problem(await bot.http.put("/chat/messages"), 405)


async def test_health_has_a_line_for_each_dependency(tmp_path: Path) -> None:
    async with running_bot(tmp_path) as bot:
        answer = await bot.http.get("/health")
        lines = answer.json()
        assert answer.status_code == 503
        assert (lines["rasa"], lines["database"], lines["web"]) == ("ok", "ok", "ok")
        assert (lines["platform"], lines["directory"], lines["actions"]) == ("down", "down", "not configured")
        assert "token" not in answer.text
        assert len(answer.text.splitlines()) == len(lines) + 2
        assert (await bot.http.get("/health/live")).status_code == 200
