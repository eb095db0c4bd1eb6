"""Calls of the Bot API: their place within Telegram's limits, and what its errors mean to the gateway."""

from __future__ import annotations

from collections.abc import Awaitable
from contextlib import AbstractAsyncContextManager
from datetime import timedelta
from typing import TypeVar

from limits import RateLimitItemPerMinute, RateLimitItemPerSecond
from telegram.error import BadRequest, ChatMigrated, Forbidden, InvalidToken, RetryAfter, TelegramError

from bot.channels.outbound_rate_limit import Limiter
from bot.core.errors import log_error
from bot.messaging.channel import ChannelUnavailable, ChatClosed, ChatMoved, MessageRefused, RateLimited
from bot.settings import Settings

PER_GROUP = RateLimitItemPerMinute(20)
_GONE = ("message to edit not found", "message is not modified", "message to delete not found", "message can't be deleted")
Result = TypeVar("Result")


class Places:
    """Telegram's limits: overall, for each private chat, for each group with all its topics."""

    def __init__(self, settings: Settings, limiter: Limiter) -> None:
        self.limiter = limiter
        self._per_second = RateLimitItemPerSecond(int(settings.telegram_per_second))
        self._per_chat = RateLimitItemPerSecond(int(settings.telegram_per_chat))

    def one(self, address: str) -> AbstractAsyncContextManager[None]:
        """Where one message to the chat has its place within the limits, until it was answered."""
        per_chat = PER_GROUP if address.startswith("-") else self._per_chat
        return self.limiter.place((per_chat, f"telegram:{address}"), (self._per_second, "telegram"))


class Gone(Exception):
    """The message is not there any more, or is as it should be already."""


async def told(call: Awaitable[Result], limiter: Limiter) -> Result:
    """The result of a call of the Bot API, its failures as the gateway knows them."""
    try:
        return await call
    except RetryAfter as error:
        after = error.retry_after
        seconds = after.total_seconds() if isinstance(after, timedelta) else float(after)
        limiter.pause(min(seconds, 5.0))
        raise RateLimited(seconds) from error
    except ChatMigrated as error:
        raise ChatMoved(str(error.new_chat_id)) from error
    except Forbidden as error:
        raise ChatClosed from error
    except InvalidToken as error:
        log_error(error, "speaking to Telegram: TELEGRAM_TOKEN is not accepted")
        raise ChannelUnavailable from error
    except BadRequest as error:  # a kind of NetworkError for the library
        reason = error.message.lower()
        if "chat not found" in reason:
            raise ChatClosed from error
        if any(gone in reason for gone in _GONE):
            raise Gone from error
        raise MessageRefused from error
    except TelegramError as error:
        raise ChannelUnavailable from error
