"""What Telegram must be told of the bot: its commands, and where updates go. Tried again until it is known."""

from __future__ import annotations

import asyncio
from pathlib import Path

from ruamel.yaml import YAML
from telegram import Bot, BotCommand
from telegram.error import TelegramError

from bot.channels.telegram.updates import ALLOWED
from bot.core.errors import log_error
from bot.settings import Settings

COMMANDS = Path(__file__).with_name("commands.yml")
RETRY_SECONDS = 15


class NameDiffers(Exception):
    """TELEGRAM_BOT is not the user name of the bot whose token TELEGRAM_TOKEN is: links would open another chat."""

    def __init__(self) -> None:
        super().__init__((self.__doc__ or "").splitlines()[0])


class Setup:
    """Done at each start: all of it may be done again."""

    def __init__(self, bot: Bot, settings: Settings, webhook: str | None, secret: str) -> None:
        self._bot, self._name, self._webhook, self._secret = bot, settings.telegram_bot, webhook, secret

    async def run(self) -> None:
        """Tell Telegram; returns when it is told."""
        while True:
            try:
                await self._tell()
                return
            except TelegramError as error:
                log_error(error, "telling Telegram about the bot; it is tried again")
            await asyncio.sleep(RETRY_SECONDS)

    async def _tell(self) -> None:
        me = await self._bot.get_me()
        if self._name and me.username != self._name:
            log_error(NameDiffers(), "checking TELEGRAM_BOT")
        commands = YAML(typ="safe").load(COMMANDS.read_text("utf-8"))
        await self._bot.set_my_commands([BotCommand(name, description) for name, description in commands.items()])
        if self._webhook is not None:
            await self._bot.set_webhook(self._webhook, secret_token=self._secret, allowed_updates=ALLOWED)
        else:
            await self._bot.delete_webhook(drop_pending_updates=False)
