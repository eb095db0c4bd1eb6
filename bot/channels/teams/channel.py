"""The Teams channel as the gateway sees it."""

from __future__ import annotations

from pathlib import Path

from fastapi import APIRouter
from ruamel.yaml import YAML

from bot.channels.outbound_rate_limit import OutboundRateLimiter
from bot.channels.teams.auth import Authenticator
from bot.channels.teams.connector import Connector
from bot.channels.teams.group import TeamsGroup
from bot.channels.teams.incoming import CHANNEL, ActivityHandler
from bot.channels.teams.registration import Registration
from bot.channels.teams.tokens import BotTokens
from bot.messaging.channel import ChannelCapabilities, ChannelContext, Chat, OutboundMessage
from bot.support.groups.group import Group

_TEXTS = Path(__file__).with_name("texts.yml")


class TeamsChannel:
    """Teams (`bot.messaging.channel.Channel`). Making it raises SettingsError, naming the variable that is missing or wrong."""

    def __init__(self, context: ChannelContext) -> None:
        settings = context.settings
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
        self._activities = ActivityHandler(context.gateway, self._authenticator, context.clock, YAML(typ="safe", pure=True).load(_TEXTS))
        self._tokens = BotTokens(registration)
        limiter = OutboundRateLimiter(settings.redis_url.get_secret_value() if settings.redis_url else None)
        self._connector = Connector(registration, self._tokens, limiter, context.clock)
        self.group: Group | None = None
        if settings.support_teams_channel is not None:
            self.group = self._activities.group = TeamsGroup(self._connector, settings, settings.support_teams_channel)
        self.routes: APIRouter | None = self._activities.routes

    async def start(self) -> None:
        """Do nothing: Teams calls the webhook."""

    async def stop_receiving(self) -> None:
        """Refuse activities, so that Teams sends them again."""
        self._activities.accepting = False

    async def stop(self) -> None:
        """Close connections and threads."""
        self._authenticator.close()
        self._tokens.close()
        await self._connector.close()

    async def send(self, chat: Chat, message: OutboundMessage) -> str:
        """Send a message; return its id, empty where Teams gives none."""
        return await self._connector.send(chat, message)

    async def replace(self, chat: Chat, sent_id: str, message: OutboundMessage) -> None:
        """Replace a message of the bot."""
        if sent_id:
            await self._connector.update(chat, sent_id, message)

    async def delete(self, chat: Chat, sent_id: str) -> None:
        """Delete a message of the bot; Teams refuses it for those of users."""
        if sent_id:
            await self._connector.delete(chat, sent_id)

    async def typing(self, chat: Chat) -> None:
        """Show the typing indicator (« écrit… »)."""
        await self._connector.typing(chat)

    async def healthy(self) -> bool:
        """Return whether the server with Teams' signing keys answers."""
        return await self._connector.is_reachable()
