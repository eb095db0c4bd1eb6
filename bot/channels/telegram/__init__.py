"""The Telegram channel: updates in (webhook or long polling), messages out within the Bot API's limits. See docs/dev/telegram.md."""

from __future__ import annotations

import hashlib
import hmac
import logging

from bot.channels.outbound_rate_limit import OutboundRateLimiter
from bot.channels.telegram.channel import TelegramChannel
from bot.channels.telegram.updates import UpdateHandler
from bot.messaging.channel import Channel, ChannelContext


def create(context: ChannelContext) -> Channel | None:
    """Return the channel, or None where there is no TELEGRAM_TOKEN."""
    settings = context.settings
    if settings.telegram_token is None:
        return None
    for name in ("httpx", "telegram"):  # at INFO they log URLs that hold the bot's token
        logging.getLogger(name).setLevel(logging.WARNING)
    secret = settings.telegram_secret.get_secret_value() if settings.telegram_secret else _derived_secret(settings.required("secret"))
    redis = settings.redis_url.get_secret_value() if settings.redis_url else None
    updates = UpdateHandler(context.gateway, settings.telegram_bot)
    return TelegramChannel(settings, updates, OutboundRateLimiter(redis), secret, context.clock)


def _derived_secret(secret: str) -> str:
    """Return a secret for the webhook alone: 64 of the characters that Telegram allows."""
    return hmac.new(secret.encode(), b"telegram webhook", hashlib.sha256).hexdigest()
