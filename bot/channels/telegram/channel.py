"""The Telegram channel as the gateway sees it: sending messages, and receiving updates by webhook or long polling."""

from __future__ import annotations

import asyncio
import hmac
from collections.abc import Mapping
from contextlib import suppress
from http import HTTPStatus
from typing import Any

import stamina
from fastapi import APIRouter, Request, Response
from prometheus_client import CollectorRegistry
from prometheus_client.registry import Collector
from telegram import Bot, LinkPreviewOptions
from telegram.constants import ParseMode
from telegram.error import TelegramError
from telegram.request import HTTPXRequest

from bot.channels.outbound_rate_limit import OutboundRateLimiter
from bot.channels.telegram.api_calls import MessageGone, TelegramRateLimits, call_api
from bot.channels.telegram.formatting import keyboard, to_html
from bot.channels.telegram.group import TelegramGroup
from bot.channels.telegram.polling_status import PollingStatus
from bot.channels.telegram.registration import BotRegistration
from bot.channels.telegram.updates import ALLOWED_UPDATES, UpdateHandler
from bot.core.clock import Clock
from bot.core.errors import log_error
from bot.http.body import BodyTooLarge, NestedTooDeeply, parse_json, read_body
from bot.http.problems import Problem
from bot.messaging.channel import ChannelCapabilities, Chat, OutboundMessage
from bot.settings import Settings
from bot.support.groups.group import Group

PATH = "/telegram/webhook"
MAX_UPDATE_BYTES = 1024 * 1024
POLL_SECONDS = 25
MAX_BACKOFF_SECONDS = 30.0
"""Between two polls that fail; it begins with one second and doubles."""
_LOGGED_FAILURE = 5
"""Of failures in a row the one that is logged: shorter outages are usual."""
STORE_RETRY_SECONDS = 1.0


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

    def __init__(self, settings: Settings, updates: UpdateHandler, limiter: OutboundRateLimiter, secret: str, clock: Clock) -> None:
        self._updates, self._secret = updates, secret
        base = settings.telegram_api_url.rstrip("/")
        self._bot = Bot(
            settings.required("telegram_token"),
            base_url=f"{base}/bot",
            base_file_url=f"{base}/file/bot",
            request=HTTPXRequest(connection_pool_size=128, connect_timeout=5, read_timeout=15, pool_timeout=30),
        )
        self._limits = TelegramRateLimits(settings, limiter)
        group = settings.support_telegram_group
        self.group: Group | None = None
        if group is not None:
            self.group = updates.group = TelegramGroup(self._bot, self._limits, group)
        public = settings.public_url or ""
        self._webhook = settings.telegram_mode == "webhook" or (settings.telegram_mode == "auto" and public.startswith("https://"))
        self.polling = None if self._webhook else PollingStatus(clock)
        """How long polling is doing; None where updates come by webhook."""
        self._registration = BotRegistration(self._bot, settings, f"{settings.own_url}{PATH}" if self._webhook else None, secret)
        self._tasks: list[asyncio.Task[None]] = []
        self._answering: set[asyncio.Task[None]] = set()
        self.routes: APIRouter | None = self._routes() if self._webhook else None

    async def start(self) -> None:
        """Begin to receive; the bot is registered with Telegram in the background, retried until that succeeds."""
        self._tasks = [asyncio.create_task(self._registration.run())]
        if self.polling is not None:
            self._tasks.append(asyncio.create_task(self._poll(self.polling)))

    async def stop_receiving(self) -> None:
        """Ask for no further updates; those that were not stored come again."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def stop(self) -> None:
        """Close the connections."""
        await self._bot.shutdown()
        await self._limits.limiter.close()

    async def send(self, chat: Chat, message: OutboundMessage) -> str:
        """Send a message; return its id."""
        async with self._limits.slot(chat.address):
            sent = await call_api(
                self._bot.send_message(
                    chat.address,
                    to_html(message),
                    parse_mode=ParseMode.HTML,
                    reply_markup=keyboard(message),
                    message_thread_id=chat.reference.get("thread"),
                    link_preview_options=LinkPreviewOptions(is_disabled=True),
                ),
                self._limits.limiter,
            )
        return str(sent.message_id)

    async def replace(self, chat: Chat, sent_id: str, message: OutboundMessage) -> None:
        """Replace a message of the bot."""
        with suppress(MessageGone):
            async with self._limits.slot(chat.address):
                edit = self._bot.edit_message_text(
                    to_html(message),
                    chat.address,
                    int(sent_id),
                    parse_mode=ParseMode.HTML,
                    reply_markup=keyboard(message),
                    link_preview_options=LinkPreviewOptions(is_disabled=True),
                )
                await call_api(edit, self._limits.limiter)

    async def delete(self, chat: Chat, sent_id: str) -> None:
        """Delete a message of the chat, which Telegram allows for 48 hours."""
        with suppress(MessageGone):
            await call_api(self._bot.delete_message(chat.address, int(sent_id)), self._limits.limiter)

    async def typing(self, chat: Chat) -> None:
        """Show the typing indicator."""
        await call_api(self._bot.send_chat_action(chat.address, "typing"), self._limits.limiter)

    async def healthy(self) -> bool:
        """Return whether Telegram answers, knows the bot, and gives it what users write."""
        polling = self.polling is None or self.polling.reason is None
        return polling and bool((await self._bot.get_me()).is_bot)

    async def health_lines(self) -> Mapping[str, str]:
        """Return the line of long polling for the health report, where that is how updates come."""
        return {} if self.polling is None else self.polling.health_lines()

    async def collector(self) -> Collector:
        """Return the metrics of this moment; none where updates come by webhook."""
        return CollectorRegistry() if self.polling is None else self.polling.collector()

    async def _handle(self, updates: list[Any]) -> None:
        """Store updates, then answer the callback queries of pressed buttons: that ends their progress bars, and may fail."""
        await self._updates.handle(updates)
        for update in updates:
            query = update.get("callback_query") if isinstance(update, dict) else None
            if isinstance(query, dict) and isinstance(query.get("id"), str):
                task = asyncio.create_task(self._answer_callback(query["id"]))
                self._answering.add(task)
                task.add_done_callback(self._answering.discard)

    async def _answer_callback(self, query_id: str) -> None:
        with suppress(TelegramError):
            await self._bot.answer_callback_query(query_id)

    async def _poll(self, status: PollingStatus) -> None:
        """Poll for updates; one is confirmed, by asking for the next ones, only once it is stored."""
        offset = 0
        while True:
            try:
                updates = await self._fetch_updates(offset, status)
                await self._handle(updates)
                status.worked()
                offset = max([offset, *(u["update_id"] + 1 for u in updates if isinstance(u.get("update_id"), int))])
            except Exception as error:  # the database may be unavailable: the updates are asked for again
                status.failed(error)
                log_error(error, "storing updates of Telegram")
                await asyncio.sleep(STORE_RETRY_SECONDS)

    async def _fetch_updates(self, offset: int, status: PollingStatus) -> list[Any]:
        """Return the next updates, retried until Telegram answers.

        They are not parsed: one that the library cannot read must not hold up the others.
        """
        async for attempt in stamina.retry_context(
            on=TelegramError, attempts=None, timeout=None, wait_initial=1.0, wait_max=MAX_BACKOFF_SECONDS, wait_jitter=0
        ):
            with attempt:
                try:
                    parameters = {"offset": offset, "timeout": POLL_SECONDS, "allowed_updates": ALLOWED_UPDATES}
                    updates = await self._bot.do_api_request("getUpdates", parameters, read_timeout=POLL_SECONDS + 10)
                except TelegramError as error:
                    status.failed(error)
                    if attempt.num == _LOGGED_FAILURE:
                        log_error(error, "asking Telegram for updates; it is tried again")
                    raise
                return updates if isinstance(updates, list) else []
        raise AssertionError("retried for ever")

    def _routes(self) -> APIRouter:
        routes = APIRouter()

        @routes.post(PATH)
        async def webhook(request: Request) -> Response:
            given = request.headers.get("x-telegram-bot-api-secret-token", "")
            if not hmac.compare_digest(given.encode(), self._secret.encode()):
                raise Problem(HTTPStatus.FORBIDDEN, "the secret is not the right one")
            try:
                update = parse_json(await read_body(request, MAX_UPDATE_BYTES), nul=True)
            except BodyTooLarge:
                raise Problem(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "the update is too large", headers={"Connection": "close"}) from None
            except NestedTooDeeply:
                raise Problem(HTTPStatus.UNPROCESSABLE_ENTITY, "the update is nested too deeply") from None
            except ValueError:
                raise Problem(HTTPStatus.BAD_REQUEST, "the update is not JSON") from None
            await self._handle([update])
            return Response(status_code=HTTPStatus.OK)

        return routes
