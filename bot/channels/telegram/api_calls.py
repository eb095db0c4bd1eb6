"""Calls of the Bot API: Telegram's rate limits, and what its errors mean to the gateway."""

from __future__ import annotations

from collections.abc import Awaitable
from contextlib import AbstractAsyncContextManager
from datetime import timedelta
from typing import TypeVar

from limits import RateLimitItemPerMinute, RateLimitItemPerSecond
from telegram.error import BadRequest, ChatMigrated, Forbidden, InvalidToken, RetryAfter, TelegramError

from bot.channels.outbound_rate_limit import OutboundRateLimiter
from bot.core.errors import log_error
from bot.messaging.channel import ChannelUnavailable, ChatClosed, ChatMoved, MessageRefused, RateLimited
from bot.settings import Settings

PER_GROUP = RateLimitItemPerMinute(20)
MAX_PAUSE_SECONDS = 5.0
"""How long a 429 for one chat holds up the others."""
_MESSAGE_GONE = ("message to edit not found", "message is not modified", "message to delete not found", "message can't be deleted")
Result = TypeVar("Result")


class TelegramRateLimits:
    """Telegram's limits on sending: overall, for each private chat, for each group with all its topics."""

    def __init__(self, settings: Settings, limiter: OutboundRateLimiter) -> None:
        self.limiter = limiter
        self._per_second = RateLimitItemPerSecond(int(settings.telegram_per_second))
        self._per_chat = RateLimitItemPerSecond(int(settings.telegram_per_chat))

    def slot(self, address: str) -> AbstractAsyncContextManager[None]:
        """Return the context in which one message to the chat is sent and answered; entering it waits for the limits."""
        per_chat = PER_GROUP if address.startswith("-") else self._per_chat
        return self.limiter.slot((per_chat, f"telegram:{address}"), (self._per_second, "telegram"))


class MessageGone(Exception):
    """The message is not there any more, or is already as it should be."""

    def __init__(self) -> None:
        super().__init__(self.__doc__)


async def call_api(call: Awaitable[Result], limiter: OutboundRateLimiter) -> Result:
    """Return the result of a call of the Bot API.

    Raises:
        RateLimited: 429, with the seconds that Telegram asks to wait; `limiter` pauses too, for at most `MAX_PAUSE_SECONDS`.
        ChatMoved: the group became a supergroup, with its new address.
        ChatClosed: the bot is blocked, or there is no such chat.
        MessageGone: the message is not there any more, or is already as it should be.
        MessageRefused: another 400.
        ChannelUnavailable: anything that passes, or a token that is not accepted.
    """
    try:
        return await call
    except RetryAfter as error:
        after = error.retry_after
        seconds = after.total_seconds() if isinstance(after, timedelta) else float(after)
        limiter.pause(min(seconds, MAX_PAUSE_SECONDS))
        raise RateLimited(seconds) from error
    except ChatMigrated as error:
        raise ChatMoved(str(error.new_chat_id)) from error
    except Forbidden as error:
        raise ChatClosed from error
    except InvalidToken as error:
        log_error(error, "calling Telegram: TELEGRAM_TOKEN is not accepted")
        raise ChannelUnavailable from error
    except BadRequest as error:  # a kind of NetworkError for the library
        reason = error.message.lower()
        if "chat not found" in reason:
            raise ChatClosed from error
        if any(phrase in reason for phrase in _MESSAGE_GONE):
            raise MessageGone from error
        raise MessageRefused from error
    except TelegramError as error:
        raise ChannelUnavailable from error
