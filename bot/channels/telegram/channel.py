"""The channel itself: how messages are sent, which errors mean what, and by which of the two ways updates come."""

from __future__ import annotations

import asyncio
import hmac
import json
from contextlib import suppress
from http import HTTPStatus
from typing import Any

from fastapi import APIRouter, Request, Response
from telegram import Bot, LinkPreviewOptions
from telegram.constants import ParseMode
from telegram.error import TelegramError
from telegram.request import HTTPXRequest

from bot.channels.outbound_rate_limit import Limiter
from bot.channels.telegram.api_calls import Gone, Places, told
from bot.channels.telegram.formatting import keyboard, to_html
from bot.channels.telegram.group import TelegramGroup
from bot.channels.telegram.registration import Setup
from bot.channels.telegram.updates import ALLOWED, Receiver
from bot.core.errors import log_error
from bot.http.problems import Problem
from bot.messaging.channel import ChannelCapabilities, Chat, OutboundMessage
from bot.settings import Settings
from bot.support.groups.group import Group

PATH = "/telegram/webhook"
LARGEST_UPDATE = 1024 * 1024
"""Bytes of an update."""
POLL_SECONDS = 25
BACKOFF_SECONDS = (1, 2, 5, 15, 30)


class TelegramChannel:
    """Telegram, as the gateway sees it (`bot.messaging.channel.Channel`)."""

    capabilities = ChannelCapabilities(
        name="telegram",
        trusted=False,
        max_text_length=4096,
        max_buttons=10,
        max_title_length=60,
        buttons_per_row=1,
        can_edit=True,
        can_delete=True,
    )

    def __init__(self, settings: Settings, receiver: Receiver, limiter: Limiter, secret: str) -> None:
        self._receiver, self._secret = receiver, secret
        base = settings.telegram_api_url.rstrip("/")
        self._bot = Bot(
            settings.required("telegram_token"),
            base_url=f"{base}/bot",
            base_file_url=f"{base}/file/bot",
            request=HTTPXRequest(connection_pool_size=128, connect_timeout=5, read_timeout=15, pool_timeout=30),
        )
        self._places = Places(settings, limiter)
        group = settings.support_telegram_group
        self.group: Group | None = None
        if group is not None:
            self.group = receiver.group = TelegramGroup(self._bot, self._places, group)
        public = settings.public_url or ""
        self._webhook = settings.telegram_mode == "webhook" or (settings.telegram_mode == "auto" and public.startswith("https://"))
        self._setup = Setup(self._bot, settings, f"{settings.own_url}{PATH}" if self._webhook else None, secret)
        self._tasks: list[asyncio.Task[None]] = []
        self._noticing: set[asyncio.Task[None]] = set()
        self.routes: APIRouter | None = self._routes() if self._webhook else None

    async def start(self) -> None:
        """Begin: what Telegram must know is told in the background, and tried again until it is known."""
        self._tasks = [asyncio.create_task(self._setup.run())]
        if not self._webhook:
            self._tasks.append(asyncio.create_task(self._poll()))

    async def stop_receiving(self) -> None:
        """Ask for no updates any more; those that were not stored come again."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def stop(self) -> None:
        """Close the connections."""
        await self._bot.shutdown()
        await self._places.limiter.close()

    async def send(self, chat: Chat, part: OutboundMessage) -> str:
        """Send a message; its id."""
        async with self._places.one(chat.address):
            sent = await told(
                self._bot.send_message(
                    chat.address,
                    to_html(part),
                    parse_mode=ParseMode.HTML,
                    reply_markup=keyboard(part),
                    message_thread_id=chat.reference.get("thread"),
                    link_preview_options=LinkPreviewOptions(is_disabled=True),
                ),
                self._places.limiter,
            )
        return str(sent.message_id)

    async def replace(self, chat: Chat, sent_id: str, part: OutboundMessage) -> None:
        """Put `part` in the place of a message of ours."""
        with suppress(Gone):
            async with self._places.one(chat.address):
                edit = self._bot.edit_message_text(
                    to_html(part),
                    chat.address,
                    int(sent_id),
                    parse_mode=ParseMode.HTML,
                    reply_markup=keyboard(part),
                    link_preview_options=LinkPreviewOptions(is_disabled=True),
                )
                await told(edit, self._places.limiter)

    async def delete(self, chat: Chat, sent_id: str) -> None:
        """Delete a message of the chat; Telegram allows it for 48 hours."""
        with suppress(Gone):
            await told(self._bot.delete_message(chat.address, int(sent_id)), self._places.limiter)

    async def typing(self, chat: Chat) -> None:
        """Show that an answer is being prepared."""
        await told(self._bot.send_chat_action(chat.address, "typing"), self._places.limiter)

    async def healthy(self) -> bool:
        """Whether Telegram knows the bot."""
        return bool((await self._bot.get_me()).is_bot)

    async def _take(self, updates: list[Any]) -> None:
        """Store updates, then tell Telegram that presses of buttons were noticed: that ends their spinning, and may fail."""
        await self._receiver.take(updates)
        for update in updates:
            query = update.get("callback_query") if isinstance(update, dict) else None
            if isinstance(query, dict) and isinstance(query.get("id"), str):
                task = asyncio.create_task(self._noticed(query["id"]))
                self._noticing.add(task)
                task.add_done_callback(self._noticing.discard)

    async def _noticed(self, query_id: str) -> None:
        with suppress(TelegramError):
            await self._bot.answer_callback_query(query_id)

    async def _poll(self) -> None:
        """Long polling: an update is confirmed, by asking for the next ones, only once it is stored."""
        offset, failures = 0, 0
        while True:
            try:
                updates = await self._updates(offset)
                await self._take(updates)
                offset, failures = max([offset, *(u["update_id"] + 1 for u in updates if isinstance(u.get("update_id"), int))]), 0
            except TelegramError as error:
                failures += 1
                if failures == len(BACKOFF_SECONDS):
                    log_error(error, "asking Telegram for updates; it is tried again")
                await asyncio.sleep(BACKOFF_SECONDS[min(failures, len(BACKOFF_SECONDS)) - 1])
            except Exception as error:  # the database may be away: the updates are asked for again
                log_error(error, "storing updates of Telegram")
                await asyncio.sleep(1)

    async def _updates(self, offset: int) -> list[Any]:
        """The next updates as they come: one that the library cannot read must not hold up the others."""
        wanted = {"offset": offset, "timeout": POLL_SECONDS, "allowed_updates": ALLOWED}
        found = await self._bot.do_api_request("getUpdates", wanted, read_timeout=POLL_SECONDS + 10)
        return found if isinstance(found, list) else []

    def _routes(self) -> APIRouter:
        routes = APIRouter()

        @routes.post(PATH)
        async def webhook(request: Request) -> Response:
            shown = request.headers.get("x-telegram-bot-api-secret-token", "")
            if not hmac.compare_digest(shown.encode(), self._secret.encode()):
                raise Problem(HTTPStatus.FORBIDDEN, "the secret is not the right one")
            body = bytearray()
            async for chunk in request.stream():
                body += chunk
                if len(body) > LARGEST_UPDATE:
                    raise Problem(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "the update is too large", headers={"Connection": "close"})
            try:
                update = json.loads(bytes(body))
            except ValueError:
                raise Problem(HTTPStatus.BAD_REQUEST, "the update is not JSON") from None
            await self._take([update])
            return Response(status_code=HTTPStatus.OK)

        return routes
