"""Registration of the bot with Telegram at each start: its commands, and where updates are sent. Retried until it succeeds."""

from __future__ import annotations

from pathlib import Path

import stamina
from ruamel.yaml import YAML
from telegram import Bot, BotCommand
from telegram.error import TelegramError

from bot.channels.telegram.updates import ALLOWED_UPDATES
from bot.core.errors import log_error
from bot.settings import Settings

COMMANDS = Path(__file__).with_name("commands.yml")
RETRY_SECONDS = 15.0


class BotNameMismatch(Exception):
    """TELEGRAM_BOT is not the user name of the bot whose token TELEGRAM_TOKEN is: links would open another chat."""

    def __init__(self) -> None:
        super().__init__(self.__doc__)


class BotRegistration:
    """Registers the bot; doing it again changes nothing."""

    def __init__(self, bot: Bot, settings: Settings, webhook: str | None, secret: str) -> None:
        """`webhook` is the URL that updates are sent to, with the `secret`; None where they are polled."""
        self._bot, self._name, self._webhook, self._secret = bot, settings.telegram_bot, webhook, secret

    async def run(self) -> None:
        """Register; return once Telegram has accepted it."""
        async for attempt in stamina.retry_context(
            on=TelegramError, attempts=None, timeout=None, wait_initial=RETRY_SECONDS, wait_max=RETRY_SECONDS, wait_jitter=0
        ):
            with attempt:
                try:
                    await self._register()
                except TelegramError as error:
                    log_error(error, "registering the bot with Telegram; it is tried again")
                    raise

    async def _register(self) -> None:
        me = await self._bot.get_me()
        if self._name and me.username != self._name:
            log_error(BotNameMismatch(), "checking TELEGRAM_BOT")
        commands = YAML(typ="safe").load(COMMANDS.read_text("utf-8"))
        await self._bot.set_my_commands([BotCommand(name, description) for name, description in commands.items()])
        if self._webhook is not None:
            await self._bot.set_webhook(self._webhook, secret_token=self._secret, allowed_updates=ALLOWED_UPDATES)
        else:
            await self._bot.delete_webhook(drop_pending_updates=False)
