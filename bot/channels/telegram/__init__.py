"""The Telegram channel: updates in (webhook or long polling), messages out within the Bot API's limits. See docs/dev/telegram.md."""

from __future__ import annotations

import hashlib
import hmac
import logging

from bot.channels.outbound_rate_limit import Limiter
from bot.channels.telegram.channel import TelegramChannel
from bot.channels.telegram.updates import Receiver
from bot.messaging.channel import Channel, ChannelContext


def create(wiring: ChannelContext) -> Channel | None:
    """The channel, or None where there is no TELEGRAM_TOKEN."""
    settings = wiring.settings
    if settings.telegram_token is None:
        return None
    for chatty in ("httpx", "telegram"):  # at INFO they write addresses down that hold the bot's token
        logging.getLogger(chatty).setLevel(logging.WARNING)
    secret = settings.telegram_secret.get_secret_value() if settings.telegram_secret else _derived(settings.required("secret"))
    redis = settings.redis_url.get_secret_value() if settings.redis_url else None
    return TelegramChannel(settings, Receiver(wiring.gateway, settings.telegram_bot), Limiter(redis), secret)


def _derived(secret: str) -> str:
    """A secret of its own for the webhook: 64 of the characters that Telegram allows."""
    return hmac.new(secret.encode(), b"telegram webhook", hashlib.sha256).hexdigest()
