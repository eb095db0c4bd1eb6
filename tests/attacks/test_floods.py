"""Attacks by the mass: floods of chats, messages and requests, from one address or one chat, and bodies made to break what reads them."""

from __future__ import annotations

from contextlib import AsyncExitStack
from http import HTTPStatus
from pathlib import Path
from string import ascii_lowercase
from typing import Any, cast

import httpx
import pytest
from fastapi import FastAPI
from sqlalchemy import func, select

from bot.accounts.directory_record import Fiche
from bot.accounts.errors import TooManyRequests
from bot.app import create_app
from bot.channels.telegram import create as create_telegram
from bot.channels.web.chat_api import MAX_STREAMS
from bot.core.clock import ManualClock
from bot.core.database import Database
from bot.http.problems import Problem, problem_response
from bot.identity.tables import ChatLink
from bot.messaging.channel import ChannelContext
from bot.messaging.messages import Incoming
from bot.messaging.tables import InboxRow
from bot.server import server_config
from bot.settings import Settings, SettingsError, load_settings
from tests.attacks.codes_fixtures import Installation, each_installation, installation, platform
from tests.attacks.floods_fixtures import DEEP, ELSEWHERE, NAT, open_session, say, two_bots
from tests.databases import every_database
from tests.unit.accounts.test_requests import ANNE, LEILA
from tests.unit.channels.teams.running_channel import RecordingGateway, running_channel
from tests.unit.harness import CLAIRE
from tests.unit.messaging.recording_channel import RecordingChannel
from tests.unit.messaging.running_bot import Bot, running_bot, settings_for, take, until
from tests.unit.sandbox.sandbox_server import Sandbox
from tests.unit.support.running_desk import OPEN_AT

__all__ = ["each_installation", "every_database", "installation", "platform"]

BROKEN = {
    "nested": DEEP,
    "nested-objects": b'{"a":' * 10_000,
    "nested-and-closed": b"[" * 5_000 + b"]" * 5_000,
    "not-utf-8": b'{"id": "\xff", "text": "x"}',
    "utf-16": '{"id": "a", "text": "x"}'.encode("utf-16"),
    "surrogate-in-utf-8": b'{"id": "a", "text": "\xed\xa0\x80"}',
    "nan": b'{"id": NaN}',
    "infinite": b'{"id": 1e999}',
    "huge-number": b'{"id": ' + b"9" * 50_000 + b"}",
    "named-twice": b'{"id": "a", "id": "b", "text": "x"}',
    "truncated": b'{"id": "a", "text": "x',
    "nothing-known": b'"x"',
}
"""Bodies that are no JSON which everybody reads alike."""
MESSAGE_LENGTH = 4_000
ENDLESS = {
    "hyphens": "Mme " + "Aa-" * MESSAGE_LENGTH,
    "dates": "né" + "." * (MESSAGE_LENGTH // 2) + "x " + "1/1/24 " * MESSAGE_LENGTH,
    "initials": "patient" + " " * (MESSAGE_LENGTH // 2) + "x" + "AB " * MESSAGE_LENGTH,
}
"""Messages that hold whoever looks for usagers in them, for hours the first, if it tries every way to read them."""
TELEGRAM_SECRET = "a-secret-of-the-webhook"


# Bodies


@pytest.mark.parametrize("path", ["/chat/sessions", "/chat/messages", "/chat/notifications/read", "/events"])
async def test_no_body_breaks_a_json_route(tmp_path: Path, path: str) -> None:
    async with running_bot(tmp_path) as bot:
        chat = await bot.chat()
        headers = {**chat.headers, "Content-Type": "application/json"}
        if path == "/events":
            headers["Authorization"] = "Bearer token-of-events"
        for name, body in BROKEN.items():
            status = (await bot.http.post(path, content=body, headers=headers)).status_code
            assert HTTPStatus.BAD_REQUEST <= status < HTTPStatus.INTERNAL_SERVER_ERROR, name
            if name.startswith("nested"):
                assert status == HTTPStatus.UNPROCESSABLE_ENTITY, name
        assert (await chat.say("bonjour"))[0]["text"] == "dit bonjour"


async def test_no_body_breaks_the_webhook_of_teams(tmp_path: Path) -> None:
    async with running_channel(tmp_path) as teams:
        for name, body in BROKEN.items():
            status = (await teams.post(body)).status_code
            assert HTTPStatus.BAD_REQUEST <= status < HTTPStatus.INTERNAL_SERVER_ERROR, name
            assert (await teams.post(body, token=None)).status_code == HTTPStatus.UNAUTHORIZED, name
        token = teams.microsoft.token(without="serviceurl")
        assert (await teams.post(DEEP, token=token)).status_code in {HTTPStatus.UNPROCESSABLE_ENTITY, HTTPStatus.UNAUTHORIZED}
        assert not teams.gateway.received


async def test_no_body_breaks_the_webhook_of_telegram() -> None:
    settings = Settings(
        telegram_token="1:x", telegram_bot="sphere_bot", telegram_mode="webhook", telegram_secret=TELEGRAM_SECRET, secret="s" * 32
    )
    channel = create_telegram(ChannelContext(settings, cast(Any, RecordingGateway()), ManualClock(OPEN_AT), cast(Database, None)))
    assert channel is not None
    assert channel.routes is not None
    app = FastAPI()
    app.include_router(channel.routes)
    app.add_exception_handler(Problem, cast(Any, _answer))
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://bot") as http:
        for name, body in BROKEN.items():
            headers = {"X-Telegram-Bot-Api-Secret-Token": TELEGRAM_SECRET}
            status = (await http.post("/telegram/webhook", content=body, headers=headers)).status_code
            if name == "nothing-known":  # JSON, but no update: taken and passed over, else Telegram sends it for ever
                assert status == HTTPStatus.OK
                continue
            assert HTTPStatus.BAD_REQUEST <= status < HTTPStatus.INTERNAL_SERVER_ERROR, name
            assert not name.startswith("nested") or status == HTTPStatus.UNPROCESSABLE_ENTITY, name
            assert (await http.post("/telegram/webhook", content=body)).status_code == HTTPStatus.FORBIDDEN, name


async def _answer(_request: Any, problem: Problem) -> Any:
    return problem_response(problem)


def test_no_body_breaks_the_sandbox(platform: Sandbox) -> None:
    for name, body in BROKEN.items():
        answer = platform.http.post(f"{platform.fhir}/Patient", content=body, headers={"Content-Type": "application/fhir+json"})
        assert HTTPStatus.BAD_REQUEST <= answer.status_code < HTTPStatus.INTERNAL_SERVER_ERROR, name
        assert not name.startswith("nested") or answer.status_code == HTTPStatus.UNPROCESSABLE_ENTITY, name


async def test_a_good_event_beside_a_bad_one_is_kept(tmp_path: Path) -> None:
    good = '{"specversion":"1.0","id":"e1","source":"s","type":"fr.sphere.service.notice","data":{"title":"x"}}'
    bad = '{"specversion":"1.0","id":"\\ud800","source":"s","type":"fr.sphere.service.notice"}'
    async with running_bot(tmp_path) as bot:
        headers = {"Authorization": "Bearer token-of-events", "Content-Type": "application/cloudevents-batch+json"}
        answer = await bot.http.post("/events", content=f"[{good},{bad}]", headers=headers)
        assert (answer.status_code, answer.json()["accepted"]) == (HTTPStatus.BAD_REQUEST, 1)


# Where a request comes from


async def test_nobody_says_where_they_come_from(tmp_path: Path) -> None:
    async with running_bot(tmp_path, LIMITS=None, CHAT_SESSIONS_PER_MINUTE=3, clock=ManualClock(OPEN_AT)) as bot:
        statuses = []
        for n in range(6):
            forged = {"X-Forwarded-For": f"198.51.100.{n}", "Forwarded": f"for=198.51.100.{n}", "X-Real-IP": f"198.51.100.{n}"}
            statuses.append((await bot.http.post("/chat/sessions", headers=forged)).status_code)
        assert statuses == [200] * 3 + [429] * 3


@pytest.mark.parametrize(
    ("header", "forged"),
    [
        ("X-Forwarded-For", "198.51.100.{n}, 203.0.113.7"),
        ("X-Forwarded-For", "127.0.0.1, 198.51.100.{n}, 203.0.113.7:4711"),
        ("Forwarded", "for=198.51.100.{n}, for=203.0.113.7;proto=https"),
        ("Forwarded", 'for="198.51.100.{n}";by=x, FOR="[::ffff:203.0.113.7]:4711"'),
    ],
)
async def test_what_a_client_puts_before_the_proxys_word_is_not_believed(tmp_path: Path, header: str, forged: str) -> None:
    proxy: dict[str, Any] = {"TRUSTED_PROXIES": "127.0.0.1,10.0.0.0/8", "TRUSTED_PROXY_HEADER": header}
    async with running_bot(tmp_path, LIMITS=None, CHAT_SESSIONS_PER_MINUTE=3, clock=ManualClock(OPEN_AT), **proxy) as bot:
        other = "Forwarded" if header == "X-Forwarded-For" else "X-Forwarded-For"
        statuses = []
        for n in range(6):
            headers = {header: forged.replace("{n}", str(n)), other: f"for=192.0.2.{n}" if other == "Forwarded" else f"192.0.2.{n}"}
            statuses.append((await bot.http.post("/chat/sessions", headers=headers)).status_code)
        assert statuses == [200] * 3 + [429] * 3
        elsewhere = {header: "for=192.0.2.99" if header == "Forwarded" else "192.0.2.99"}
        assert (await bot.http.post("/chat/sessions", headers=elsewhere)).status_code == HTTPStatus.OK


async def test_a_process_beside_the_proxy_does_not_choose_its_source(tmp_path: Path) -> None:
    token = "a-token-of-the-proxy-on-this-machine"
    proxy: dict[str, Any] = {"TRUSTED_PROXIES": "127.0.0.1", "TRUSTED_PROXY_TOKEN": token}
    async with running_bot(tmp_path, LIMITS=None, CHAT_SESSIONS_PER_MINUTE=3, clock=ManualClock(OPEN_AT), **proxy) as bot:

        async def ask(n: int, *tokens: str) -> int:
            shown = [(b"X-Proxy-Token", each.encode()) for each in tokens]
            return (await bot.http.post("/chat/sessions", headers=[(b"X-Forwarded-For", b"192.0.2.%d" % n), *shown])).status_code

        tries: list[tuple[str, ...]] = [(), ("",), (token[:-1],), ("é" * 32,), (token, "another"), ("another", token)]
        assert [await ask(n, *shown) for n, shown in enumerate(tries)] == [200] * 3 + [429] * 3
        assert [await ask(n, token) for n in range(6)] == [200] * 6


@pytest.mark.parametrize("values", [{"TRUSTED_PROXY_TOKEN": "x" * 32}, {"TRUSTED_PROXIES": "::1", "TRUSTED_PROXY_TOKEN": "short"}])
def test_a_token_that_protects_nothing_is_refused_at_the_start(tmp_path: Path, values: dict[str, str]) -> None:
    with pytest.raises(SettingsError, match="TRUSTED_PROXY_TOKEN"):
        load_settings(DATA=tmp_path, **values)


async def test_an_address_of_ones_own_network_is_no_new_source(tmp_path: Path) -> None:
    async with two_bots(tmp_path, CHAT_SESSIONS_PER_MINUTE=3) as (bot, _):
        statuses = [(await open_session(bot, f"2001:db8:1:2::{n:x}")).status_code for n in range(1, 7)]
        assert statuses == [200] * 3 + [429] * 3


def test_the_server_itself_believes_no_header(tmp_path: Path) -> None:
    settings = settings_for(tmp_path, "http://127.0.0.1:9")
    assert server_config(create_app(settings, ManualClock(OPEN_AT))).proxy_headers is False


@pytest.mark.parametrize("networks", ["everybody", "10.0.0.0/40", "127.0.0.1;10.0.0.0/8"])
def test_a_wrong_list_of_proxies_is_refused_at_the_start(tmp_path: Path, networks: str) -> None:
    with pytest.raises(SettingsError, match="TRUSTED_PROXIES"):
        load_settings(DATA=tmp_path, TRUSTED_PROXIES=networks)


def test_limits_are_not_lifted_before_a_real_platform(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="LIMITS"):
        load_settings(DATA=tmp_path, LIMITS="test", PLATFORM_URL="https://fhir.sphere.example/fhir")
    assert load_settings(DATA=tmp_path, LIMITS="test", PLATFORM_URL="http://127.0.0.1:9/fhir").lifts_limits


# Floods of chats and messages


async def test_chats_opened_in_two_processes_count_together(tmp_path: Path, every_database: str) -> None:
    async with two_bots(tmp_path, CHAT_SESSIONS_PER_MINUTE=4, DATABASE_URL=every_database) as bots:
        statuses = [(await open_session(bots[n % 2], NAT)).status_code for n in range(8)]
        assert statuses == [200] * 4 + [429] * 4
        refused = await open_session(bots[0], NAT)
        assert 1 <= int(refused.headers["retry-after"]) <= 60
        assert (await open_session(bots[1], ELSEWHERE)).status_code == HTTPStatus.OK


async def test_a_noisy_address_does_not_stop_who_is_quiet_or_linked_behind_it(tmp_path: Path) -> None:
    async with two_bots(tmp_path, CHAT_UNLINKED_PER_MINUTE=20) as bots:
        noisy, quiet, linked = [(await open_session(bots[0], NAT)).json()["token"] for _ in range(3)]
        await say(bots[0], linked, "m0", NAT)
        await _link_last_chat(bots[0])
        statuses = [await say(bots[n % 2], noisy, f"m{n}", NAT) for n in range(40)]
        assert statuses[:19] == [202] * 19
        assert statuses[20:] == [429] * 20
        assert [await say(bots[0], quiet, f"m{n}", NAT) for n in range(10)] == [202] * 10
        assert await say(bots[0], quiet, "m10", NAT) == 429  # quiet it is no more
        assert [await say(bots[1], linked, f"m{n}", NAT) for n in range(1, 30)] == [202] * 29


async def _link_last_chat(bot: Bot) -> None:
    """Link the chat that spoke last, as a right code does."""
    database: Database = bot.app.state.parts.database
    async with database.writing() as session:
        conversation_id = await session.scalar(select(InboxRow.conversation_id).order_by(InboxRow.id.desc()).limit(1))
        times = {"linked_at": OPEN_AT, "expires_at": OPEN_AT.replace(year=2027), "used_at": OPEN_AT}
        session.add(ChatLink(conversation_id=conversation_id, account_id="claire", **times))


async def test_one_chat_that_floods_two_processes_waits_and_the_others_do_not(tmp_path: Path, every_database: str) -> None:
    async with two_bots(tmp_path, CHAT_MESSAGES_PER_MINUTE=6, DATABASE_URL=every_database) as bots:
        noisy, other = [(await open_session(bots[0], NAT)).json()["token"] for _ in range(2)]
        statuses = [await say(bots[n % 2], noisy, f"m{n}", ELSEWHERE) for n in range(14)]
        assert statuses == [202] * 6 + [429] * 8
        assert await say(bots[1], other, "m0", ELSEWHERE) == 202


async def test_a_flood_from_a_chat_platform_is_kept_once_and_told(tmp_path: Path) -> None:
    async with running_bot(tmp_path, CHAT_MESSAGES_PER_MINUTE=5, clock=ManualClock(OPEN_AT)) as bot:
        gateway = bot.app.state.parts.gateway
        gateway.registry.add(RecordingChannel("telegram"))
        noisy, other = [await gateway.find_or_open("telegram", address) for address in ("7", "8")]
        for number in range(30):
            await gateway.receive(noisy, Incoming(f"u{number}", text="x"))
        received = await gateway.receive(other, Incoming("u1", text="y"))
        assert await gateway.wait_for_replies(other, received)
        async with bot.app.state.parts.database.reading() as session:
            kept = await session.scalar(select(func.count()).where(InboxRow.conversation_id == noisy))
        assert kept == 6
        told = await gateway.wait_for_replies(noisy, await gateway.receive(noisy, Incoming("u99", text="x")))
        assert "beaucoup de messages" in told[0]["text"]


async def test_a_chat_opens_few_streams_and_each_again_once_it_is_closed(tmp_path: Path) -> None:
    async with running_bot(tmp_path) as bot:
        noisy, other = await bot.chat(), await bot.chat()
        await noisy.say("bonjour")
        async with AsyncExitStack() as streams:
            opened = [await streams.enter_async_context(noisy.events()) for _ in range(MAX_STREAMS)]
            for events in opened:
                await take(events, 1)
            assert (await bot.http.get("/chat/events", headers=noisy.headers)).status_code == HTTPStatus.TOO_MANY_REQUESTS
            await streams.enter_async_context(other.events())
        await until(lambda: _opens(bot, noisy.headers))


async def _opens(bot: Bot, headers: dict[str, str]) -> bool:
    async with bot.http.stream("GET", "/chat/events", headers=headers) as answer:
        return answer.status_code == HTTPStatus.OK


async def test_no_message_holds_the_bot(tmp_path: Path) -> None:
    async with running_bot(tmp_path) as bot:
        gateway = bot.app.state.parts.gateway
        gateway.registry.add(RecordingChannel("telegram"))
        sender, other = await gateway.find_or_open("telegram", "7"), await bot.chat()
        for name, text in ENDLESS.items():
            received = await gateway.receive(sender, Incoming(name, text=text[:MESSAGE_LENGTH]))
            assert await gateway.wait_for_replies(sender, received), name
            assert (await other.say(name))[0]["text"] == f"dit {name}"


async def test_a_garbage_start_opens_no_chat(tmp_path: Path) -> None:
    async with running_bot(tmp_path) as bot:
        for body in (b"[]", b"1", b'{"continue": 1}', b"x=1"):
            assert (await bot.http.post("/chat/sessions", content=body)).status_code == HTTPStatus.UNPROCESSABLE_ENTITY
        for body in (b"", b"{}", b" ", b'{"continue": null}'):
            assert (await bot.http.post("/chat/sessions", content=body)).status_code == HTTPStatus.OK


async def test_malformed_events_are_put_off_by_source_in_two_processes(tmp_path: Path) -> None:
    async with two_bots(tmp_path) as bots:
        headers = {"Authorization": "Bearer token-of-events", "Content-Type": "application/json", "X-Forwarded-For": NAT}
        statuses = [(await bots[n % 2].http.post("/events", content=b"x", headers=headers)).status_code for n in range(64)]
        assert statuses == [400] * 60 + [429] * 4
        good = await bots[0].http.post("/events", content=b"x", headers={**headers, "X-Forwarded-For": ELSEWHERE})
        assert good.status_code == HTTPStatus.BAD_REQUEST


async def test_what_was_refused_shows_in_the_metrics(tmp_path: Path) -> None:
    async with two_bots(tmp_path, CHAT_SESSIONS_PER_MINUTE=2, METRICS_TOKEN="m" * 16) as bots:
        for number in range(6):
            await open_session(bots[number % 2], NAT)
        metrics = (await bots[1].http.get("/metrics", headers={"Authorization": f"Bearer {'m' * 16}"})).text
        assert 'sphere_security_limits_hit_total{limit="sessions"} 1.0' in metrics
        assert NAT not in metrics


# Account requests of nobody


def _somebody(number: int) -> Fiche:
    """Return one of many people."""
    family = "Zimmer" + ascii_lowercase[number // 26] + ascii_lowercase[number % 26]
    return ANNE.model_copy(update={"email": f"anne{number}@aide.example", "family": family})


async def _request(process: Any, chat: str, key: str, fiche: Any = LEILA) -> str:
    try:
        await process.account_requests.submit(fiche, requester=None, conversation_id=chat, dossier=None, basis=None, key=key)
    except TooManyRequests:
        return "refused"
    return "taken"


async def test_a_chat_of_nobody_asks_for_few_accounts(each_installation: Installation) -> None:
    fiches = [_somebody(n) for n in range(8)]
    processes = (each_installation.one, each_installation.other)
    answers = [await _request(processes[n % 2], "chat", f"k{n}", fiche) for n, fiche in enumerate(fiches)]
    assert answers == ["taken"] * 5 + ["refused"] * 3
    assert await _request(each_installation.one, "chat", "k1", fiches[1]) == "taken"  # a message delivered twice is no second request
    assert await _request(each_installation.one, "other", "k9", fiches[7]) == "taken"


async def test_an_address_is_not_asked_for_from_ever_new_chats(installation: Installation) -> None:
    answers = [await _request(installation.one, f"chat{n}", f"k{n}") for n in range(8)]
    assert answers == ["taken"] * 5 + ["refused"] * 3
    assert await _request(installation.other, "chat9", "k9", ANNE) == "taken"


async def test_one_source_does_not_ask_for_accounts_by_the_hundred(installation: Installation) -> None:
    answers = []
    for number in range(34):
        await installation.one.identity.note_source(f"chat{number}", NAT)
        answers.append(await _request(installation.one, f"chat{number}", f"k{number}", _somebody(number)))
    assert answers == ["taken"] * 30 + ["refused"] * 4
    claire = await installation.one.account(CLAIRE)
    await installation.one.account_requests.submit(LEILA, requester=claire, conversation_id="chat0", dossier=None, basis=None, key="own")
