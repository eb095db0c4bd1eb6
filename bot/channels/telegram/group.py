"""The team's forum supergroup: a topic for each ticket. The bot is an administrator there, with *Manage Topics* and *Delete Messages*.

It hears everything there, since administrators do. Limits: 20 messages a minute for all topics together.
"""

from __future__ import annotations

from collections.abc import Awaitable, Mapping
from contextlib import suppress
from typing import Any, TypeVar

from telegram import Bot, LinkPreviewOptions
from telegram.constants import ParseMode
from telegram.error import BadRequest

from bot.channels.telegram.api_calls import Gone, Places, told
from bot.channels.telegram.formatting import to_html
from bot.core.errors import log_error
from bot.messaging.channel import ChatClosed, ChatMoved, MessageRefused, OutboundMessage
from bot.messaging.rendering import split_text
from bot.support.groups.group import GroupInput, GroupUnusable, InputKind, Listener, ThreadGone, TicketCard

NAME = "telegram"
LONGEST_TITLE = 128
"""UTF-16 code units of a topic's name."""
_NO_THREAD = ("thread not found", "topic_deleted", "topic_id_invalid", "message_thread_invalid")
_AS_IT_IS = ("topic_not_modified",)
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
"""What a message may hold instead of a text."""
Result = TypeVar("Result")
Json = Mapping[str, Any]


class TelegramGroup:
    """The group (`bot.support.groups.group.Group`)."""

    def __init__(self, bot: Bot, places: Places, address: str) -> None:
        self._bot, self._places, self.address = bot, places, address
        self.name, self.trusted, self.max_text_length, self.has_cards = NAME, False, 4096, False
        self._listener: Listener | None = None

    def listen(self, listener: Listener) -> None:
        """Who hears what is written there."""
        self._listener = listener

    async def take(self, update: Json) -> None:
        """An update of the group; what is not for the team's work is ignored. Raises what storing raises, so that it comes again."""
        try:
            heard = heard_in(update)
        except (KeyError, TypeError, AttributeError, ValueError) as error:
            log_error(error, "reading an update of Telegram")
            return
        if heard is not None and self._listener is not None:
            await self._listener(heard)

    async def create_thread(self, card: TicketCard) -> str:
        """A new topic."""
        async with self._places.one(self.address):
            topic = await self._ask(self._bot.create_forum_topic(self.address, split_text(card.title, LONGEST_TITLE)[0]))
        return str(topic.message_thread_id)

    async def post(self, thread: str, text: str) -> None:
        """Write in a topic, or outside of any."""
        async with self._places.one(self.address):
            sending = self._bot.send_message(
                self.address,
                to_html(OutboundMessage(text)),
                parse_mode=ParseMode.HTML,
                message_thread_id=int(thread) if thread else None,
                link_preview_options=LinkPreviewOptions(is_disabled=True),
            )
            await self._ask(sending)

    async def update_card(self, thread: str, card: TicketCard) -> None:
        """Nothing: what was said first in a topic stays."""

    async def close_thread(self, thread: str) -> None:
        """Close a topic; one that is gone is as good as closed."""
        with suppress(ThreadGone, Gone):
            await self._ask(self._bot.close_forum_topic(self.address, int(thread)))

    async def reopen_thread(self, thread: str) -> None:
        """Open a topic again."""
        with suppress(Gone):
            await self._ask(self._bot.reopen_forum_topic(self.address, int(thread)))

    async def delete_message(self, message: str) -> bool:
        """Delete an agent's message: administrators with *Delete Messages* may."""
        try:
            return bool(await self._ask(self._bot.delete_message(self.address, int(message))))
        except (Gone, GroupUnusable):
            return False

    async def _ask(self, call: Awaitable[Result]) -> Result:
        """The result of a call, its failures as the team's groups know them."""
        try:
            return await told(call, self._places.limiter)
        except (ChatClosed, ChatMoved) as error:
            raise GroupUnusable from error
        except MessageRefused as error:
            reason = error.__cause__.message.lower() if isinstance(error.__cause__, BadRequest) else ""
            if any(word in reason for word in _NO_THREAD):
                raise ThreadGone from error
            if any(word in reason for word in _AS_IT_IS):
                raise Gone from error
            if any(word in reason for word in _UNUSABLE):
                raise GroupUnusable from error
            raise


def heard_in(update: Json) -> GroupInput | None:
    """What somebody wrote in the group; None for what concerns nobody: other bots, service messages, who came and went."""
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
        text=command_of(text) if kind is InputKind.TEXT and isinstance(text, str) else "",
        kind=InputKind.ANONYMOUS if anonymous else kind,
        message=str(int(message["message_id"])),
    )


def command_of(text: str) -> str:
    """« /start@name x » as « /start x »."""
    word, space, rest = text.partition(" ")
    return word.split("@")[0] + space + rest if word.startswith("/") else text
