"""What the stand-in remembers: chats, their messages, updates that were not confirmed, calls of the bot; and the rules of Telegram."""

from __future__ import annotations

import asyncio
import re
import time
from collections import deque
from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import Any

BOT_ID = 4242
TAGS = frozenset(["b", "strong", "i", "em", "u", "ins", "s", "strike", "del", "a", "code", "pre", "blockquote", "tg-spoiler", "span"])


class Refused(Exception):
    """An error of the Bot API: its code, description and parameters."""

    def __init__(self, code: int, description: str, **parameters: Any) -> None:
        super().__init__(description)
        self.code, self.description, self.parameters = code, description, parameters


@dataclass
class Topic:
    """A topic of a forum."""

    name: str
    closed: bool = False


@dataclass
class Chat:
    """One chat: a private one with a user, or a group."""

    id: int
    name: str
    type: str = "private"
    forum: bool = False
    started: bool = False
    blocked: bool = False
    topics: dict[int, Topic] = field(default_factory=dict)
    rights: set[str] = field(default_factory=lambda: {"topics", "delete"})
    """Of the bot, in a group: to manage topics, to delete what others wrote."""
    messages: dict[int, dict[str, Any]] = field(default_factory=dict)
    last_id: int = 0
    version: int = 0
    """Grows with each change that the user can see."""

    def topic(self, thread: Any) -> Topic:
        """A topic of the forum. Raises Refused."""
        try:
            return self.topics[int(thread)]
        except (KeyError, TypeError, ValueError):
            raise Refused(400, "Bad Request: message thread not found") from None

    def shown(self) -> dict[str, Any]:
        """The chat as updates hold it."""
        named = {"first_name": self.name} if self.type == "private" else {"title": self.name}
        return {"id": self.id, "type": self.type, **named} | ({"is_forum": True} if self.forum else {})


class Windows:
    """Telegram's limits as sliding windows: overall, per private chat, per group."""

    def __init__(self, overall: int = 30, per_chat: int = 1, per_group: int = 20) -> None:
        self._most = {"all": (overall, 1.0), "chat": (per_chat, 1.0), "group": (per_group, 60.0)}
        self._sent: dict[str, deque[float]] = {}
        self.on = True

    def count(self, chat: Chat) -> None:
        """Count a message. Raises Refused 429."""
        if not self.on:
            return
        now = time.monotonic()
        for name, kind in (("all", "all"), (str(chat.id), "chat" if chat.type == "private" else "group")):
            most, seconds = self._most[kind]
            sent = self._sent.setdefault(name, deque())
            while sent and sent[0] <= now - seconds:
                sent.popleft()
            if len(sent) >= most:
                after = max(1, round(sent[0] + seconds - now))
                raise Refused(429, f"Too Many Requests: retry after {after}", retry_after=after)
        for name in ("all", str(chat.id)):
            self._sent[name].append(now)


class State:
    """One bot's world."""

    def __init__(self, token: str, bot_name: str) -> None:
        self.token, self.bot_name = token, bot_name
        self.chats: dict[int, Chat] = {}
        self.updates: deque[dict[str, Any]] = deque()
        self.update_id = 1000
        self.queries: dict[str, bool] = {}
        self.webhook: dict[str, Any] = {"url": "", "secret": "", "allowed": None}
        self.refused_webhooks = 0
        self.commands: list[dict[str, str]] = []
        self.calls: list[dict[str, Any]] = []
        self.faults: list[dict[str, Any]] = []
        self.limits = Windows()
        self.changed = asyncio.Condition()
        self.polling = False

    def me(self) -> dict[str, Any]:
        """The bot."""
        return {"id": BOT_ID, "is_bot": True, "first_name": "SPHERE", "username": self.bot_name}

    def chat(self, chat_id: Any, *, write: bool = True) -> Chat:
        """The chat, if the bot may write there. Raises Refused."""
        try:
            chat = self.chats[int(chat_id)]
        except (KeyError, TypeError, ValueError):
            raise Refused(400, "Bad Request: chat not found") from None
        if write and chat.blocked:
            raise Refused(403, "Forbidden: bot was blocked by the user")
        if write and chat.type == "private" and not chat.started:
            raise Refused(403, "Forbidden: bot can't initiate conversation with a user")
        return chat

    def add_message(self, chat: Chat, sender: dict[str, Any], **content: Any) -> dict[str, Any]:
        """A new message of a chat."""
        chat.last_id += 1
        chat.version += 1
        message = {"message_id": chat.last_id, "from": sender, "chat": chat.shown(), "date": int(time.time()), **content}
        chat.messages[chat.last_id] = message
        return message

    def add_update(self, **content: Any) -> dict[str, Any]:
        """A new update for the bot."""
        self.update_id += 1
        update = {"update_id": self.update_id, **content}
        self.updates.append(update)
        return update

    async def tell(self) -> None:
        """Wake whoever waits for a change."""
        async with self.changed:
            self.changed.notify_all()


def units(text: str) -> int:
    """UTF-16 code units, which Telegram counts in."""
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


class _Parser(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.open: list[str] = []
        self.text: list[str] = []

    def handle_starttag(self, tag: str, attrs: Any) -> None:
        if tag not in TAGS:
            raise Refused(400, f'Bad Request: can\'t parse entities: unsupported start tag "{tag}"')
        self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if not self.open or self.open.pop() != tag:
            raise Refused(400, "Bad Request: can't parse entities: unmatched end tag")

    def handle_data(self, data: str) -> None:
        self.text.append(data)


def plain(text: Any, parse_mode: Any) -> str:
    """The text that the user sees. Raises Refused where Telegram would."""
    if not isinstance(text, str):
        raise Refused(400, "Bad Request: message text is empty")
    shown: str = text
    if parse_mode == "HTML":
        if re.search(r"<(?![a-zA-Z/])|&(?!(?:lt|gt|amp|quot|#\d+|#x[0-9a-fA-F]+);)", text):
            raise Refused(400, "Bad Request: can't parse entities: unescaped character")
        parser = _Parser()
        parser.feed(text)
        parser.close()
        if parser.open:
            raise Refused(400, "Bad Request: can't parse entities: can't find end tag")
        shown = "".join(parser.text)
    elif parse_mode:
        raise Refused(400, "Bad Request: unsupported parse_mode")
    if not shown.strip():
        raise Refused(400, "Bad Request: message text is empty")
    if units(shown) > 4096:
        raise Refused(400, "Bad Request: message is too long")
    return shown


def keyboard(markup: Any) -> list[list[dict[str, Any]]]:
    """The rows of an inline keyboard. Raises Refused where Telegram would."""
    rows: list[list[dict[str, Any]]] = (markup or {}).get("inline_keyboard") or []
    if sum(len(row) for row in rows) > 100:
        raise Refused(400, "Bad Request: reply markup is too long")
    for button in (button for row in rows for button in row):
        if not str(button.get("text") or "").strip():
            raise Refused(400, "Bad Request: text buttons are unallowed in the inline keyboard")
        data, url = button.get("callback_data"), button.get("url")
        if data is not None and not 1 <= len(data.encode()) <= 64:
            raise Refused(400, "Bad Request: BUTTON_DATA_INVALID")
        if url is not None and not re.match(r"(https?://[^/]*\.[a-z]|tg://)", url):
            raise Refused(400, f"Bad Request: inline keyboard button URL '{url}' is invalid: Wrong HTTP URL")
        if data is None and url is None:
            raise Refused(400, "Bad Request: inline keyboard button has no action")
    return rows
