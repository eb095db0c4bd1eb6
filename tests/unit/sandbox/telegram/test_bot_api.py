"""The stand-in for the Bot API is what a client that knows nothing of this project takes it for: aiogram.

aiogram takes eight seconds to import: only the process that runs these tests does, when it runs them.
"""

from __future__ import annotations

import asyncio
import socket
import threading
from collections.abc import AsyncIterator, Iterator
from typing import TYPE_CHECKING

import httpx
import pytest
import uvicorn

from bot.sandbox.telegram.app import create_app
from bot.sandbox.telegram.state import State

if TYPE_CHECKING:
    from aiogram import Bot, Dispatcher
    from aiogram.types import Message, TelegramObject

pytestmark = pytest.mark.xdist_group("aiogram")

TOKEN = "4242:fake"
CHAT, GROUP = 77, -77


@pytest.fixture
def url() -> Iterator[str]:
    listener = socket.create_server(("127.0.0.1", 0))
    server = uvicorn.Server(uvicorn.Config(create_app(State(TOKEN, "demo_bot")), log_level="error", timeout_graceful_shutdown=1))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    finally:
        server.should_exit = True
        thread.join()
        listener.close()


@pytest.fixture
def people(url: str) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=f"{url}/fake", timeout=60, trust_env=False) as client:
        client.post("/chats", json={"id": CHAT, "name": "Claire"})
        client.post("/chats", json={"id": GROUP, "name": "Équipe", "forum": True})
        client.post("/limits", json={"on": False})
        yield client


@pytest.fixture
async def bot(url: str) -> AsyncIterator[Bot]:
    from aiogram import Bot
    from aiogram.client.session.aiohttp import AiohttpSession
    from aiogram.client.telegram import TelegramAPIServer

    bot = Bot(TOKEN, session=AiohttpSession(api=TelegramAPIServer.from_base(url)))
    yield bot
    await bot.session.close()


def send_text(people: httpx.Client, text: str = "bonjour") -> None:
    people.post(f"/chats/{CHAT}/say", json={"text": text})


def block(people: httpx.Client) -> None:
    people.post(f"/chats/{CHAT}/block", json={"blocked": True})


def enforce_limits(people: httpx.Client) -> None:
    people.post("/limits", json={"on": True})


async def received_events(dispatcher: Dispatcher, bot: Bot, count: int, act: object) -> list[TelegramObject]:
    """Do `act`, and return the first `count` events that a long poll gives the handlers."""
    found: list[TelegramObject] = []
    enough = asyncio.Event()

    async def handle(event: TelegramObject) -> None:
        found.append(event)
        if len(found) == count:
            enough.set()

    for observer in (dispatcher.message, dispatcher.edited_message, dispatcher.callback_query, dispatcher.my_chat_member):
        observer.register(handle)
    polling = asyncio.create_task(dispatcher.start_polling(bot, handle_signals=False, close_bot_session=False, polling_timeout=1))
    await asyncio.to_thread(act)  # type: ignore[arg-type]
    async with asyncio.timeout(60):
        await enough.wait()
    await dispatcher.stop_polling()
    await polling
    return found


@pytest.mark.thorough
async def test_a_long_poll_hands_everything_over_in_order(people: httpx.Client, bot: Bot) -> None:
    from aiogram import Dispatcher
    from aiogram.types import ChatMemberUpdated, Message

    me = await bot.get_me()
    assert (me.id, me.is_bot, me.username) == (4242, True, "demo_bot")

    def act() -> None:
        send_text(people, "/start abc")
        people.post(f"/chats/{CHAT}/edit", json={"message_id": 1, "text": "bonsoir"})
        people.post(f"/chats/{CHAT}/say", json={"kind": "photo"})
        people.post(f"/chats/{CHAT}/say", json={"text": "vu", "forwarded": True})
        people.post(f"/chats/{CHAT}/block", json={"blocked": True})

    message, edited, photo, forwarded, left = await received_events(Dispatcher(), bot, 5, act)
    assert isinstance(message, Message)
    assert (message.text, message.chat.type, message.from_user.id if message.from_user else 0) == ("/start abc", "private", CHAT)
    assert [entity.type for entity in message.entities or ()] == ["bot_command"]
    assert isinstance(edited, Message)
    assert edited.text == "bonsoir"
    assert isinstance(photo, Message)
    assert photo.photo
    assert isinstance(forwarded, Message)
    assert forwarded.forward_origin
    assert isinstance(left, ChatMemberUpdated)
    assert left.new_chat_member.status == "kicked"


async def test_messages_with_buttons_are_sent_changed_pressed_and_deleted(people: httpx.Client, bot: Bot) -> None:
    from aiogram import Dispatcher
    from aiogram.exceptions import TelegramBadRequest
    from aiogram.types import BotCommand, CallbackQuery, InlineKeyboardButton, InlineKeyboardMarkup, Message

    send_text(people)
    keyboard = InlineKeyboardMarkup(inline_keyboard=[[InlineKeyboardButton(text="Oui", callback_data="t:1")]])
    sent = await bot.send_message(CHAT, "<b>Sûr</b> &amp; certain ?", parse_mode="HTML", reply_markup=keyboard)
    assert sent.text == "Sûr & certain ?"

    def press() -> None:
        people.post(f"/chats/{CHAT}/press", json={"message_id": sent.message_id, "data": "t:1"})

    (_, pressed) = await received_events(Dispatcher(), bot, 2, press)
    assert isinstance(pressed, CallbackQuery)
    assert pressed.data == "t:1"
    assert await bot.answer_callback_query(pressed.id)
    with pytest.raises(TelegramBadRequest, match="too old"):
        await bot.answer_callback_query(pressed.id)
    changed = await bot.edit_message_text("Noté", chat_id=CHAT, message_id=sent.message_id)
    assert isinstance(changed, Message)
    assert changed.reply_markup is None
    with pytest.raises(TelegramBadRequest, match="not modified"):
        await bot.edit_message_text("Noté", chat_id=CHAT, message_id=sent.message_id)
    assert await bot.delete_message(CHAT, sent.message_id)
    with pytest.raises(TelegramBadRequest, match="not found"):
        await bot.edit_message_text("Encore", chat_id=CHAT, message_id=sent.message_id)
    assert await bot.send_chat_action(CHAT, "typing")
    assert await bot.set_my_commands([BotCommand(command="aide", description="Ce que je sais faire")])
    assert [command.command for command in await bot.get_my_commands()] == ["aide"]


@pytest.mark.parametrize(
    ("text", "extra", "why"),
    [
        ("x" * 4097, {}, "too long"),
        ("😀" * 2049, {}, "too long"),
        (" ", {}, "empty"),
        ("<b>ouvert", {"parse_mode": "HTML"}, "can't parse"),
        ("a < b", {"parse_mode": "HTML"}, "can't parse"),
        ("<table>", {"parse_mode": "HTML"}, "can't parse"),
        ("ok", {"data": "é" * 33}, "BUTTON_DATA_INVALID"),
        ("ok", {"message_thread_id": 9}, "thread not found"),
    ],
)
async def test_what_telegram_refuses_is_refused(people: httpx.Client, bot: Bot, text: str, extra: dict[str, str], why: str) -> None:
    from aiogram.exceptions import TelegramBadRequest
    from aiogram.types import InlineKeyboardButton, InlineKeyboardMarkup

    send_text(people)
    data = extra.pop("data", None)
    markup = InlineKeyboardMarkup(inline_keyboard=[[InlineKeyboardButton(text="x", callback_data=data)]]) if data else None
    with pytest.raises(TelegramBadRequest, match=why):
        await bot.send_message(CHAT, text, reply_markup=markup, **extra)  # type: ignore[arg-type]


async def test_who_cannot_be_written_to(people: httpx.Client, bot: Bot) -> None:
    from aiogram import Bot
    from aiogram.exceptions import TelegramBadRequest, TelegramForbiddenError, TelegramNotFound, TelegramUnauthorizedError

    with pytest.raises(TelegramBadRequest, match="chat not found"):
        await bot.send_message(1, "bonjour")
    with pytest.raises(TelegramForbiddenError, match="initiate"):
        await bot.send_message(CHAT, "bonjour")
    send_text(people)
    block(people)
    with pytest.raises(TelegramForbiddenError, match="blocked"):
        await bot.send_message(CHAT, "bonjour")
    stranger = Bot("4242:other", session=bot.session)
    with pytest.raises(TelegramUnauthorizedError):
        await stranger.get_me()
    with pytest.raises(TelegramNotFound):
        await bot.send_dice(CHAT)


def control(people: httpx.Client, method: str, path: str, **body: object) -> None:
    people.request(method, path, json=body).raise_for_status()


async def test_topics_of_a_forum(people: httpx.Client, bot: Bot) -> None:
    from aiogram.exceptions import TelegramBadRequest

    send_text(people)
    topic = await bot.create_forum_topic(GROUP, "Demande 12")
    sent = await bot.send_message(GROUP, "Bonjour", message_thread_id=topic.message_thread_id)
    assert sent.message_thread_id == topic.message_thread_id
    with pytest.raises(TelegramBadRequest, match="not a forum"):
        await bot.create_forum_topic(CHAT, "Demande")
    assert await bot.close_forum_topic(GROUP, topic.message_thread_id)
    with pytest.raises(TelegramBadRequest, match="TOPIC_NOT_MODIFIED"):
        await bot.close_forum_topic(GROUP, topic.message_thread_id)
    assert await bot.reopen_forum_topic(GROUP, topic.message_thread_id)
    control(people, "DELETE", f"/chats/{GROUP}/topics/{topic.message_thread_id}")
    with pytest.raises(TelegramBadRequest, match="message thread not found"):
        await bot.send_message(GROUP, "Bonjour", message_thread_id=topic.message_thread_id)


async def test_what_a_bot_may_do_in_a_group(people: httpx.Client, bot: Bot) -> None:
    from aiogram.exceptions import TelegramBadRequest

    control(people, "POST", f"/chats/{GROUP}/say", user=CHAT, text="bonjour")
    control(people, "POST", "/chats", id=GROUP, name="Équipe", rights=[])
    with pytest.raises(TelegramBadRequest, match="not enough rights"):
        await bot.create_forum_topic(GROUP, "Demande")
    with pytest.raises(TelegramBadRequest, match="can't be deleted"):
        await bot.delete_message(GROUP, 1)
    control(people, "POST", "/chats", id=GROUP, name="Équipe", rights=["topics", "delete"])
    assert await bot.delete_message(GROUP, 1)


async def test_limits_by_chat_and_by_group(people: httpx.Client, bot: Bot) -> None:
    from aiogram.exceptions import TelegramRetryAfter

    send_text(people)
    enforce_limits(people)
    await bot.send_message(CHAT, "un")

    async def hurry() -> None:
        for _ in range(20):  # on a slow machine the second may come a second later
            await bot.send_message(CHAT, "deux")

    with pytest.raises(TelegramRetryAfter) as refused:
        await hurry()
    assert refused.value.retry_after >= 1
    for number in range(20):
        await bot.send_message(GROUP, str(number))
    with pytest.raises(TelegramRetryAfter) as refused:
        await bot.send_message(GROUP, "de trop")
    assert refused.value.retry_after > 1


async def test_a_webhook_gets_every_update_with_its_secret(people: httpx.Client, bot: Bot) -> None:
    from aiogram import Dispatcher
    from aiogram.webhook.aiohttp_server import SimpleRequestHandler
    from aiohttp import web

    found: list[str | None] = []
    arrived = asyncio.Event()
    dispatcher = Dispatcher()

    @dispatcher.message()
    async def handle(message: Message) -> None:
        found.append(message.text)
        if len(found) == 2:
            arrived.set()

    application = web.Application()
    SimpleRequestHandler(dispatcher, bot, handle_in_background=False, secret_token="s3cret").register(application, "/hook")
    runner = web.AppRunner(application)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    port = runner.addresses[0][1]
    try:
        await asyncio.to_thread(send_text, people, "avant")
        assert await bot.set_webhook(f"http://127.0.0.1:{port}/hook", secret_token="s3cret")
        with pytest.raises(Exception, match="webhook is active"):
            await bot.get_updates()
        await asyncio.to_thread(send_text, people, "après")
        async with asyncio.timeout(60):
            await arrived.wait()
        assert found == ["avant", "après"]
        assert await bot.delete_webhook()
        assert (await bot.get_webhook_info()).url == ""
    finally:
        await runner.cleanup()
