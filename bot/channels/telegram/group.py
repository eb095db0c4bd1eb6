"""The support team's forum supergroup: a topic for each ticket.

The bot is an administrator there, with *Manage Topics* and *Delete Messages*; administrators receive every message. Limit: 20 messages a
minute for all topics together.
"""

from __future__ import annotations

from collections.abc import Awaitable, Mapping
from contextlib import suppress
from typing import Any, TypeVar

from telegram import Bot, LinkPreviewOptions
from telegram.constants import ParseMode
from telegram.error import BadRequest

from bot.channels.telegram.api_calls import MessageGone, TelegramRateLimits, call_api
from bot.channels.telegram.formatting import to_html
from bot.core.errors import log_error
from bot.messaging.channel import ChatClosed, ChatMoved, MessageRefused, OutboundMessage
from bot.messaging.rendering import split_text
from bot.support.groups.group import GroupInput, GroupUnusable, InputKind, Listener, ThreadGone, TicketCard

NAME = "telegram"
MAX_TITLE_LENGTH = 128
"""UTF-16 code units of a topic's name."""
_NO_THREAD = ("thread not found", "topic_deleted", "topic_id_invalid", "message_thread_invalid")
_UNCHANGED = ("topic_not_modified",)
_UNUSABLE = ("not enough rights", "admin_required", "not a forum", "have no rights", "topic_closed", "was deactivated")
CONTENT = frozenset(
    [
        "animation",
        "audio",
        "contact",
        "dice",
        "document",
        "game",
        "location",
        "paid_media",
        "photo",
        "poll",
        "sticker",
        "story",
        "venue",
        "video",
        "video_note",
        "voice",
    ]
)
"""Fields of a message that holds something else than a text."""
Result = TypeVar("Result")
Json = Mapping[str, Any]


class TelegramGroup:
    """The group (`bot.support.groups.group.Group`)."""

    def __init__(self, bot: Bot, limits: TelegramRateLimits, address: str) -> None:
        self._bot, self._limits, self.address = bot, limits, address
        self.name, self.trusted, self.max_text_length, self.has_cards = NAME, False, 4096, False
        self._listener: Listener | None = None

    def listen(self, listener: Listener) -> None:
        """Have `listener` called with what is written there."""
        self._listener = listener

    async def handle(self, update: Json) -> None:
        """Give an update to the listener, if it concerns a ticket. Raise what storing raises, so that it comes again."""
        try:
            received = group_input(update)
        except (KeyError, TypeError, AttributeError, ValueError) as error:
            log_error(error, "reading an update of Telegram")
            return
        if received is not None and self._listener is not None:
            await self._listener(received)

    async def create_thread(self, card: TicketCard) -> str:
        """Open a topic; return its id."""
        async with self._limits.slot(self.address):
            topic = await self._call(self._bot.create_forum_topic(self.address, split_text(card.title, MAX_TITLE_LENGTH)[0]))
        return str(topic.message_thread_id)

    async def post(self, thread: str, text: str) -> None:
        """Write in a topic, or outside of any where `thread` is empty."""
        async with self._limits.slot(self.address):
            sending = self._bot.send_message(
                self.address,
                to_html(OutboundMessage(text)),
                parse_mode=ParseMode.HTML,
                message_thread_id=int(thread) if thread else None,
                link_preview_options=LinkPreviewOptions(is_disabled=True),
            )
            await self._call(sending)

    async def update_card(self, thread: str, card: TicketCard) -> None:
        """Do nothing: the first message of a topic stays as it is."""

    async def close_thread(self, thread: str) -> None:
        """Close a topic; one that is gone counts as closed."""
        with suppress(ThreadGone, MessageGone):
            await self._call(self._bot.close_forum_topic(self.address, int(thread)))

    async def reopen_thread(self, thread: str) -> None:
        """Reopen a topic."""
        with suppress(MessageGone):
            await self._call(self._bot.reopen_forum_topic(self.address, int(thread)))

    async def delete_message(self, message: str) -> bool:
        """Delete an agent's message, which administrators with *Delete Messages* may; return whether that was possible."""
        try:
            return bool(await self._call(self._bot.delete_message(self.address, int(message))))
        except (MessageGone, GroupUnusable):
            return False

    async def _call(self, call: Awaitable[Result]) -> Result:
        """Return the result of a call; raise its failures as the support team's groups know them."""
        try:
            return await call_api(call, self._limits.limiter)
        except (ChatClosed, ChatMoved) as error:
            raise GroupUnusable from error
        except MessageRefused as error:
            reason = error.__cause__.message.lower() if isinstance(error.__cause__, BadRequest) else ""
            if any(phrase in reason for phrase in _NO_THREAD):
                raise ThreadGone from error
            if any(phrase in reason for phrase in _UNCHANGED):
                raise MessageGone from error
            if any(phrase in reason for phrase in _UNUSABLE):
                raise GroupUnusable from error
            raise


def group_input(update: Json) -> GroupInput | None:
    """Return what somebody wrote in the group; None for what concerns no ticket: other bots, service messages, who joined and left."""
    edited = update.get("edited_message")
    message = edited if edited is not None else update.get("message")
    if message is None:
        return None
    sender = message.get("from") or {}
    anonymous = "sender_chat" in message
    if sender.get("is_bot") and not anonymous:
        return None
    text = message.get("text")
    if edited is not None:
        kind = InputKind.EDITED
    elif CONTENT & message.keys() or "forward_origin" in message:
        kind = InputKind.NOT_TEXT
    elif not isinstance(text, str) or not text.strip():
        return None  # a service message: a topic was closed, somebody joined
    else:
        kind = InputKind.TEXT
    return GroupInput(
        key=f"u{update['update_id']}",
        sender="" if anonymous else str(int(sender["id"])),
        thread=str(int(message["message_thread_id"])) if message.get("is_topic_message") else "",
        text=strip_bot_name(text) if kind is InputKind.TEXT and isinstance(text, str) else "",
        kind=InputKind.ANONYMOUS if anonymous else kind,
        message=str(int(message["message_id"])),
    )


def strip_bot_name(text: str) -> str:
    """Return a command without the bot's name: « /start@name x » as « /start x »."""
    word, space, rest = text.partition(" ")
    return word.split("@")[0] + space + rest if word.startswith("/") else text
