"""Checks of what a message may hold: HTML markup, text length, inline keyboards. Source: Bot API, "Formatting options"."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from typing import Any

from bot.sandbox.telegram.errors import BotApiError

TAGS = frozenset(["b", "strong", "i", "em", "u", "ins", "s", "strike", "del", "a", "code", "pre", "blockquote", "tg-spoiler", "span"])
"""HTML tags that Telegram knows."""


def utf16_length(text: str) -> int:
    """UTF-16 code utf16_length, which Telegram counts in."""
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


class _MarkupParser(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.open: list[str] = []
        self.text: list[str] = []

    def handle_starttag(self, tag: str, attrs: Any) -> None:
        if tag not in TAGS:
            raise BotApiError(400, f'Bad Request: can\'t parse entities: unsupported start tag "{tag}"')
        self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if not self.open or self.open.pop() != tag:
            raise BotApiError(400, "Bad Request: can't parse entities: unmatched end tag")

    def handle_data(self, data: str) -> None:
        self.text.append(data)


def parse_text(text: Any, parse_mode: Any) -> str:
    """Return the text that the user sees. Raises BotApiError 400 where Telegram would: markup, empty, over 4096 code units."""
    if not isinstance(text, str):
        raise BotApiError(400, "Bad Request: message text is empty")
    visible: str = text
    if parse_mode == "HTML":
        if re.search(r"<(?![a-zA-Z/])|&(?!(?:lt|gt|amp|quot|#\d+|#x[0-9a-fA-F]+);)", text):
            raise BotApiError(400, "Bad Request: can't parse entities: unescaped character")
        parser = _MarkupParser()
        parser.feed(text)
        parser.close()
        if parser.open:
            raise BotApiError(400, "Bad Request: can't parse entities: can't find end tag")
        visible = "".join(parser.text)
    elif parse_mode:
        raise BotApiError(400, "Bad Request: unsupported parse_mode")
    if not visible.strip():
        raise BotApiError(400, "Bad Request: message text is empty")
    if utf16_length(visible) > 4096:
        raise BotApiError(400, "Bad Request: message is too long")
    return visible


def parse_inline_keyboard(markup: Any) -> list[list[dict[str, Any]]]:
    """Return the rows of an inline keyboard.

    Raises BotApiError 400 where Telegram would: over 100 buttons, `callback_data` not of 1 to 64 bytes, a URL without a domain.
    """
    rows: list[list[dict[str, Any]]] = (markup or {}).get("inline_keyboard") or []
    if sum(len(row) for row in rows) > 100:
        raise BotApiError(400, "Bad Request: reply markup is too long")
    for button in (button for row in rows for button in row):
        if not str(button.get("text") or "").strip():
            raise BotApiError(400, "Bad Request: text buttons are unallowed in the inline keyboard")
        data, url = button.get("callback_data"), button.get("url")
        if data is not None and not 1 <= len(data.encode()) <= 64:
            raise BotApiError(400, "Bad Request: BUTTON_DATA_INVALID")
        if url is not None and not re.match(r"(https?://[^/]*\.[a-z]|tg://)", url):
            raise BotApiError(400, f"Bad Request: inline keyboard button URL '{url}' is invalid: Wrong HTTP URL")
        if data is None and url is None:
            raise BotApiError(400, "Bad Request: inline keyboard button has no action")
    return rows
