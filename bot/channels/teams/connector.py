"""What goes out: activities to the connector that a conversation came from, and what its errors mean."""

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

from bot.channels.outbound_rate_limit import Limiter
from bot.channels.teams.cards import Card, card, needs_card
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

SECONDS = 15.0
CARD = "application/vnd.microsoft.card.adaptive"
PER_CHAT = (RateLimitItemPerSecond(7), RateLimitItemPerSecond(8, 2), RateLimitItemPerSecond(60, 30), RateLimitItemPerHour(1800))
"""Of one bot in one conversation."""
OVERALL = RateLimitItemPerSecond(50)
"""Of one bot in one tenant."""
PASSING = frozenset({408, 409, 412, 425})
"""Of the 4xx, those that Microsoft says to try again, or that pass by their nature; every 5xx does."""
CLOSED = frozenset({"MessageWritesBlocked", "BotNotInConversationRoster", "ConversationBlockedByUser", "UserNotFound", "NotInstalled"})
"""Codes of a 403 that mean that the chat is over. Without a known code, a message that cannot be written means the same."""
_LONGEST_PAUSE = 3600.0
_UNKNOWN_ID = "DO_NOT_USE_PLACEHOLDER_ID"
"""What the SDK gives for an answer without an id."""
_KEPT = ":@;=,.-_~"
"""What the ids of Teams have that need not be escaped in a path; a slash or a question mark would lead elsewhere."""
Result = TypeVar("Result")


class Sender:
    """Speaks to the connector through the SDK's client, within Teams' limits. Raises the errors of `bot.messaging.channel`."""

    def __init__(self, registration: Registration, tokens: BotTokens, limiter: Limiter, clock: Clock) -> None:
        self._registration, self._tokens, self._limiter, self._clock = registration, tokens, limiter, clock
        scope = registration.cloud.bot_scope
        self._client = Client(ClientOptions(timeout=SECONDS, token=lambda: tokens.get(scope)))
        self._http = self._client.http

    async def close(self) -> None:
        """Close connections."""
        await self._http.aclose()
        await self._limiter.close()

    async def create(self, chat: Chat, part: OutboundMessage, *, gone: Callable[[], ChannelError] = ChatClosed) -> str:
        """Send a message; its id, or nothing where the connector tells none. `gone`: what it means that there is no such conversation."""
        async with self._turn(chat) as (conversation, client):
            activity = self._message(chat, part, as_card=needs_card(part))
            sent = await self._ask(client.create_activity(conversation, activity), gone=gone)
        return "" if sent is None or sent.id == _UNKNOWN_ID else sent.id

    async def update(self, chat: Chat, sent_id: str, part: OutboundMessage) -> None:
        """Put a part in the place of a message, as a card, which what was there is."""
        await self._update(chat, sent_id, self._message(chat, part, as_card=True))

    async def update_card(self, chat: Chat, sent_id: str, shown: Card) -> None:
        """Put a card in the place of a message."""
        await self._update(chat, sent_id, self._with_card(chat, shown))

    async def begin(self, channel: Chat, shown: Card, tenant_id: str | None) -> str:
        """Begin a thread of a channel with a card; the thread's conversation id."""
        async with self._turn(channel) as (_, client):
            data = {"channel": {"id": channel.reference["conversation"]}}
            params = CreateConversationParams(activity=self._with_card(channel, shown), channel_data=data, tenant_id=tenant_id)
            made = await self._ask(client.create(params))
        if made is None or not made.id:
            raise ChannelUnavailable
        return made.id

    async def _update(self, chat: Chat, sent_id: str, activity: MessageActivityInput) -> None:
        async with self._turn(chat) as (conversation, client):
            activity.id = sent_id
            await self._ask(client.update_activity(conversation, quote(sent_id, safe=_KEPT), activity), of_message=True)

    async def delete(self, chat: Chat, sent_id: str) -> None:
        """Delete a message of the bot."""
        async with self._turn(chat) as (conversation, client):
            await self._ask(client.delete_activity(conversation, quote(sent_id, safe=_KEPT)), of_message=True)

    async def typing(self, chat: Chat) -> None:
        """Show « écrit… »."""
        async with self._turn(chat) as (conversation, client):
            activity = TypingActivityInput.model_validate(_envelope(chat))
            await self._ask(client.create_activity(conversation, activity))

    async def reachable(self) -> bool:
        """Whether those who sign the requests of Teams answer."""
        try:
            answer = await self._http.get(self._registration.cloud.openid_metadata_url, timeout=3.0)
        except httpx.HTTPError:
            return False
        return answer.is_success

    @asynccontextmanager
    async def _turn(self, chat: Chat) -> AsyncIterator[tuple[str, ConversationClient]]:
        """Wait until something may be sent there; its id for a path, and the client of its connector."""
        conversation, service_url = chat.reference.get("conversation"), chat.reference.get("service_url")
        if not conversation or not service_url or not self._registration.may_send_to(service_url):
            raise ChatClosed
        async with self._limiter.place(*((item, f"teams:{chat.address}") for item in PER_CHAT), (OVERALL, "teams")):
            yield quote(conversation, safe=_KEPT), ConversationClient(service_url, self._client)

    def _message(self, chat: Chat, part: OutboundMessage, *, as_card: bool) -> MessageActivityInput:
        if as_card:
            return self._with_card(chat, card(part))
        shown = {"text": part.text, "textFormat": "plain"}
        return MessageActivityInput.model_validate({**_envelope(chat), "locale": "fr-FR", **shown})

    def _with_card(self, chat: Chat, content: Card) -> MessageActivityInput:
        """A card; the summary is what the notification shows."""
        shown = {"attachments": [{"contentType": CARD, "content": content}], "summary": content["fallbackText"]}
        return MessageActivityInput.model_validate({**_envelope(chat), "locale": "fr-FR", **shown})

    async def _ask(
        self, call: Awaitable[Result], *, of_message: bool = False, gone: Callable[[], ChannelError] = ChatClosed
    ) -> Result | None:
        """The connector's answer, None where it cannot be read: what was done is done.

        Args:
            of_message: whether it is about a message that was sent; one that is gone is no error.
        """
        try:
            return await call
        except httpx.HTTPStatusError as error:
            if error.response.status_code in {404, 410}:
                if of_message:
                    return None
                raise gone() from None
            raise self._meaning(error, of_message) from None
        except (httpx.HTTPError, httpx.InvalidURL):
            raise ChannelUnavailable from None
        except ValueError:  # a success whose body is no JSON
            return None

    def _meaning(self, error: httpx.HTTPStatusError, of_message: bool) -> ChannelError:
        status = error.response.status_code
        if status == 429:
            return RateLimited(self._pause(error.response.headers.get("retry-after")))
        if status == 401:
            self._tokens.forget()
            log_error(error, "showing the bot's token to Teams")
            return ChannelUnavailable()
        if status in PASSING or status >= 500 or status < 400:
            return ChannelUnavailable()
        if status == 403 and (not of_message or _code(error.response) in CLOSED):
            return ChatClosed()
        return MessageRefused()

    def _pause(self, header: str | None) -> float:
        """Seconds to wait, which the header gives as such or as a date; without it some, not the same for everybody."""
        seconds = random.uniform(2.0, 5.0)  # noqa: S311 - jitter, not a secret
        try:
            seconds = float(header or "")
        except ValueError:
            try:
                at = parsedate_to_datetime(header or "")
                seconds = ((at if at.tzinfo else at.replace(tzinfo=UTC)) - self._clock.now()).total_seconds()
            except ValueError:
                pass
        return min(max(seconds, 1.0), _LONGEST_PAUSE) if seconds == seconds else 1.0  # "nan" is a float too


def _envelope(chat: Chat) -> dict[str, Any]:
    return {"from": {"id": chat.reference.get("bot", "")}, "conversation": {"id": chat.reference.get("conversation", "")}}


def _code(response: httpx.Response) -> str:
    """The connector's own code of an error: `{"error": {"code": …}}`."""
    try:
        body: Any = response.json()
    except ValueError:
        return ""
    error = body.get("error") if isinstance(body, Mapping) else None
    return str(error.get("code", "")) if isinstance(error, Mapping) else ""
