"""The Bot Framework connector: sending activities, and what its errors mean to the gateway."""

from __future__ import annotations

import random
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from datetime import UTC
from email.utils import parsedate_to_datetime
from typing import Any, TypeVar
from urllib.parse import quote

import httpx
from limits import RateLimitItemPerHour, RateLimitItemPerSecond

from bot.channels.outbound_rate_limit import OutboundRateLimiter
from bot.channels.teams.cards import Card, message_card, needs_card
from bot.channels.teams.registration import Registration
from bot.channels.teams.sdk import (
    Client,
    ClientOptions,
    ConversationClient,
    CreateConversationParams,
    MessageActivityInput,
    TypingActivityInput,
)
from bot.channels.teams.tokens import BotTokens
from bot.core.clock import Clock
from bot.core.errors import log_error
from bot.messaging.channel import ChannelError, ChannelUnavailable, Chat, ChatClosed, MessageRefused, OutboundMessage, RateLimited

TIMEOUT_SECONDS = 15.0
CARD_CONTENT_TYPE = "application/vnd.microsoft.card.adaptive"
PER_CHAT = (RateLimitItemPerSecond(7), RateLimitItemPerSecond(8, 2), RateLimitItemPerSecond(60, 30), RateLimitItemPerHour(1800))
"""Limits of one bot in one conversation."""
OVERALL = RateLimitItemPerSecond(50)
"""Limit of one bot in one tenant."""
TRANSIENT = frozenset({408, 409, 412, 425})
"""Of the 4xx, those that Microsoft says to retry, or that pass by their nature; every 5xx does."""
CLOSED = frozenset({"MessageWritesBlocked", "BotNotInConversationRoster", "ConversationBlockedByUser", "UserNotFound", "NotInstalled"})
"""Error codes of a 403 that mean that the chat is closed. Where a message cannot be sent, any 403 means that."""
_MAX_WAIT_SECONDS = 3600.0
_UNKNOWN_ID = "DO_NOT_USE_PLACEHOLDER_ID"
"""What the SDK gives for an answer without an id."""
_SAFE_IN_PATH = ":@;=,.-_~"
"""Characters of Teams' ids that need not be escaped in a path; a slash or a question mark would lead elsewhere."""
Result = TypeVar("Result")


class Connector:
    """Calls the connector through the SDK's client, within Teams' rate limits. Methods raise the errors of `bot.messaging.channel`."""

    def __init__(self, registration: Registration, tokens: BotTokens, limiter: OutboundRateLimiter, clock: Clock) -> None:
        self._registration, self._tokens, self._limiter, self._clock = registration, tokens, limiter, clock
        scope = registration.cloud.bot_scope
        self._client = Client(ClientOptions(timeout=TIMEOUT_SECONDS, token=lambda: tokens.get(scope)))
        self._http = self._client.http

    async def close(self) -> None:
        """Close the connections."""
        await self._http.aclose()
        await self._limiter.close()

    async def send(self, chat: Chat, message: OutboundMessage, *, gone: Callable[[], ChannelError] = ChatClosed) -> str:
        """Send a message; return its id, empty where the connector gives none.

        Args:
            chat: where it is sent.
            message: the message.
            gone: the error where there is no such conversation.
        """
        async with self._connection(chat) as (conversation, client):
            activity = self._message_activity(chat, message, as_card=needs_card(message))
            sent = await self._call(client.create_activity(conversation, activity), gone=gone)
        return "" if sent is None or sent.id == _UNKNOWN_ID else sent.id

    async def update(self, chat: Chat, sent_id: str, message: OutboundMessage) -> None:
        """Replace a message, which is a card, by another."""
        await self._update(chat, sent_id, self._message_activity(chat, message, as_card=True))

    async def update_card(self, chat: Chat, sent_id: str, content: Card) -> None:
        """Replace a message by a card."""
        await self._update(chat, sent_id, self._card_activity(chat, content))

    async def create_thread(self, channel: Chat, content: Card, tenant_id: str | None) -> str:
        """Begin a thread of a channel with a card; return the thread's conversation id."""
        async with self._connection(channel) as (_, client):
            data = {"channel": {"id": channel.reference["conversation"]}}
            params = CreateConversationParams(activity=self._card_activity(channel, content), channel_data=data, tenant_id=tenant_id)
            made = await self._call(client.create(params))
        if made is None or not made.id:
            raise ChannelUnavailable
        return made.id

    async def _update(self, chat: Chat, sent_id: str, activity: MessageActivityInput) -> None:
        async with self._connection(chat) as (conversation, client):
            activity.id = sent_id
            await self._call(client.update_activity(conversation, quote(sent_id, safe=_SAFE_IN_PATH), activity), of_message=True)

    async def delete(self, chat: Chat, sent_id: str) -> None:
        """Delete a message of the bot."""
        async with self._connection(chat) as (conversation, client):
            await self._call(client.delete_activity(conversation, quote(sent_id, safe=_SAFE_IN_PATH)), of_message=True)

    async def typing(self, chat: Chat) -> None:
        """Show the typing indicator (« écrit… »)."""
        async with self._connection(chat) as (conversation, client):
            activity = TypingActivityInput.model_validate(_addressing(chat))
            await self._call(client.create_activity(conversation, activity))

    async def is_reachable(self) -> bool:
        """Return whether the server with Teams' signing keys answers."""
        try:
            answer = await self._http.get(self._registration.cloud.openid_metadata_url, timeout=3.0)
        except httpx.HTTPError:
            return False
        return answer.is_success

    @asynccontextmanager
    async def _connection(self, chat: Chat) -> AsyncIterator[tuple[str, ConversationClient]]:
        """Wait until the rate limits allow a call; yield the conversation's id for a path, and the client of its connector."""
        conversation, service_url = chat.reference.get("conversation"), chat.reference.get("service_url")
        if not conversation or not service_url or not self._registration.may_send_to(service_url):
            raise ChatClosed
        async with self._limiter.slot(*((item, f"teams:{chat.address}") for item in PER_CHAT), (OVERALL, "teams")):
            yield quote(conversation, safe=_SAFE_IN_PATH), ConversationClient(service_url, self._client)

    def _message_activity(self, chat: Chat, message: OutboundMessage, *, as_card: bool) -> MessageActivityInput:
        if as_card:
            return self._card_activity(chat, message_card(message))
        fields = {"text": message.text, "textFormat": "plain"}
        return MessageActivityInput.model_validate({**_addressing(chat), "locale": "fr-FR", **fields})

    def _card_activity(self, chat: Chat, content: Card) -> MessageActivityInput:
        """Return the activity of a card; its summary is what the user's notification shows."""
        fields = {"attachments": [{"contentType": CARD_CONTENT_TYPE, "content": content}], "summary": content["fallbackText"]}
        return MessageActivityInput.model_validate({**_addressing(chat), "locale": "fr-FR", **fields})

    async def _call(
        self, call: Awaitable[Result], *, of_message: bool = False, gone: Callable[[], ChannelError] = ChatClosed
    ) -> Result | None:
        """Return the connector's answer, None where it cannot be read, since the call has succeeded all the same.

        Args:
            call: to the connector.
            of_message: whether it is about a message that was sent; one that is gone is no error.
            gone: the error where there is no such conversation.
        """
        try:
            return await call
        except httpx.HTTPStatusError as error:
            if error.response.status_code in {404, 410}:
                if of_message:
                    return None
                raise gone() from None
            raise self._channel_error(error, of_message) from None
        except (httpx.HTTPError, httpx.InvalidURL):
            raise ChannelUnavailable from None
        except ValueError:  # a success whose body is no JSON
            return None

    def _channel_error(self, error: httpx.HTTPStatusError, of_message: bool) -> ChannelError:
        status = error.response.status_code
        if status == 429:
            return RateLimited(self._retry_after(error.response.headers.get("retry-after")))
        if status == 401:
            self._tokens.forget()
            log_error(error, "authenticating to Teams")
            return ChannelUnavailable()
        if status in TRANSIENT or status >= 500 or status < 400:
            return ChannelUnavailable()
        if status == 403 and (not of_message or _code(error.response) in CLOSED):
            return ChatClosed()
        return MessageRefused()

    def _retry_after(self, header: str | None) -> float:
        """Return the seconds to wait, which the header gives as such or as a date; without it some, with jitter."""
        seconds = random.uniform(2.0, 5.0)  # noqa: S311 - jitter, not a secret
        try:
            seconds = float(header or "")
        except ValueError:
            try:
                at = parsedate_to_datetime(header or "")
                seconds = ((at if at.tzinfo else at.replace(tzinfo=UTC)) - self._clock.now()).total_seconds()
            except ValueError:
                pass
        return min(max(seconds, 1.0), _MAX_WAIT_SECONDS) if seconds == seconds else 1.0  # "nan" is a float too


def _addressing(chat: Chat) -> dict[str, Any]:
    return {"from": {"id": chat.reference.get("bot", "")}, "conversation": {"id": chat.reference.get("conversation", "")}}


def _code(response: httpx.Response) -> str:
    """Return the connector's own code of an error: `{"error": {"code": …}}`."""
    try:
        body: Any = response.json()
    except ValueError:
        return ""
    error = body.get("error") if isinstance(body, Mapping) else None
    return str(error.get("code", "")) if isinstance(error, Mapping) else ""
