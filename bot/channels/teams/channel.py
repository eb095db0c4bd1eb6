"""The channel itself, as the gateway sees it."""

from __future__ import annotations

from pathlib import Path

from fastapi import APIRouter
from ruamel.yaml import YAML

from bot.channels.outbound_rate_limit import Limiter
from bot.channels.teams.auth import Authenticator
from bot.channels.teams.connector import Sender
from bot.channels.teams.group import TeamsGroup
from bot.channels.teams.incoming import CHANNEL, Receiver
from bot.channels.teams.registration import Registration
from bot.channels.teams.tokens import BotTokens
from bot.messaging.channel import ChannelCapabilities, ChannelContext, Chat, OutboundMessage
from bot.support.groups.group import Group

_TEXTS = Path(__file__).with_name("texts.yml")


class TeamsChannel:
    """Teams (`bot.messaging.channel.Channel`). Making it raises SettingsError, naming the variable that is missing or wrong."""

    def __init__(self, wiring: ChannelContext) -> None:
        settings = wiring.settings
        registration = Registration.from_settings(settings)
        self.capabilities = ChannelCapabilities(
            name=CHANNEL,
            trusted=settings.teams_trusted,
            max_text_length=8_000,  # Teams takes 28 KB: what is escaped in a card, and its summaries, must fit too
            max_buttons=6,
            max_title_length=60,
            buttons_per_row=1,
            can_edit=True,
            can_delete=False,  # a bot cannot delete what a user wrote
        )
        self._authenticator = Authenticator(registration)
        self._receiver = Receiver(wiring.gateway, self._authenticator, wiring.clock, YAML(typ="safe", pure=True).load(_TEXTS))
        self._tokens = BotTokens(registration)
        limiter = Limiter(settings.redis_url.get_secret_value() if settings.redis_url else None)
        self._sender = Sender(registration, self._tokens, limiter, wiring.clock)
        self.group: Group | None = None
        if settings.support_teams_channel is not None:
            self.group = self._receiver.group = TeamsGroup(self._sender, settings, settings.support_teams_channel)
        self.routes: APIRouter | None = self._receiver.routes

    async def start(self) -> None:
        """Nothing to do: Teams calls."""

    async def stop_receiving(self) -> None:
        """Refuse what comes, so that it comes again."""
        self._receiver.open = False

    async def stop(self) -> None:
        """Close connections and threads."""
        self._authenticator.close()
        self._tokens.close()
        await self._sender.close()

    async def send(self, chat: Chat, part: OutboundMessage) -> str:
        """Send a message; its id, empty where Teams gave none."""
        return await self._sender.create(chat, part)

    async def replace(self, chat: Chat, sent_id: str, part: OutboundMessage) -> None:
        """Put `part` in the place of a message of ours."""
        if sent_id:
            await self._sender.update(chat, sent_id, part)

    async def delete(self, chat: Chat, sent_id: str) -> None:
        """Delete a message of ours; Teams refuses for those of users."""
        if sent_id:
            await self._sender.delete(chat, sent_id)

    async def typing(self, chat: Chat) -> None:
        """Show « écrit… »."""
        await self._sender.typing(chat)

    async def healthy(self) -> bool:
        """Whether those who sign the requests of Teams answer."""
        return await self._sender.reachable()
