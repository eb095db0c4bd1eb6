"""Renders a message of the transcript for a channel of given capabilities: one or more parts that fit."""

from __future__ import annotations

import re
from collections.abc import Sequence

from bot.messaging.channel import ChannelCapabilities, OutboundMessage, QuickReply
from bot.messaging.messages import Message

_BREAKS = (r"\n\n", r"\n", r"(?<=[.!?…])\s", r"\s", r"")
"""Where a long text is cut, best first: paragraph, line, sentence, word, anywhere."""


def utf16_length(text: str) -> int:
    """Return the length in UTF-16 code units, as chat platforms count."""
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


def render(message: Message, capabilities: ChannelCapabilities, own_url: str) -> list[OutboundMessage]:
    """Return the parts of a message, in order; buttons and link stand under the last one.

    Buttons that do not fit become a numbered list, whose numbers may be typed (`is_numbered_list`).

    Args:
        message: as the transcript shows it.
        capabilities: those of the channel.
        own_url: prefix of links that begin with a slash.
    """
    quick_replies = tuple(QuickReply(button["title"], button["token"]) for button in message["buttons"])
    text = _signed_text(message)
    if is_numbered_list(message, capabilities):
        lines = [f"{number}. {quick_reply.title}" for number, quick_reply in enumerate(quick_replies, 1)]
        text = "\n".join([text, *lines])
        fitting = quick_replies if len(quick_replies) <= capabilities.max_buttons else ()
        quick_replies = tuple(QuickReply(str(number), quick_reply.token) for number, quick_reply in enumerate(fitting, 1))
    link = message["link"]
    address = (link["title"], own_url + link["url"] if link["url"].startswith("/") else link["url"]) if link else None
    *first, last = split_text(text, capabilities.max_text_length)
    card = bool(quick_replies) and "\n" in text and not first
    return [*(OutboundMessage(piece) for piece in first), OutboundMessage(last, quick_replies, address, card)]


def _signed_text(message: Message) -> str:
    """Return the text, under the agent's name if one wrote it: on a channel every message comes from the same bot."""
    return f"{message['agent']} · SPHERE\n{message['text']}" if message["author"] == "agent" else str(message["text"])


def is_numbered_list(message: Message, capabilities: ChannelCapabilities) -> bool:
    """Return whether the buttons do not fit and are written as a numbered list."""
    buttons = message["buttons"]
    too_long = any(utf16_length(button["title"]) > capabilities.max_title_length for button in buttons)
    return len(buttons) > capabilities.max_buttons or too_long


def without_buttons(message: Message, capabilities: ChannelCapabilities, own_url: str, title: str | None) -> OutboundMessage:
    """Return what replaces a message whose button was pressed: its text and the title of that button, without buttons."""
    last = render({**message, "buttons": []}, capabilities, own_url)[-1]
    chosen = f"\n\n→ {title}" if title else ""
    kept = split_text(last.text, capabilities.max_text_length - utf16_length(chosen))[0]
    return OutboundMessage(kept + chosen, link=last.link)


def without_pressed_buttons(message: Message, capabilities: ChannelCapabilities, own_url: str, tokens: Sequence[str]) -> OutboundMessage:
    """Return what replaces a message whose buttons each stand on their own: the unpressed ones stay, the pressed titles follow the text.

    Args:
        message: as the transcript shows it.
        capabilities: those of the channel.
        own_url: prefix of links that begin with a slash.
        tokens: of the pressed buttons, in the order in which they were pressed.
    """
    titles = {button["token"]: button["title"] for button in message["buttons"]}
    chosen = "".join(f"\n→ {titles[token]}" for token in tokens if token in titles)
    unpressed = [button for button in message["buttons"] if button["token"] not in tokens]
    last = render({**message, "buttons": unpressed}, capabilities, own_url)[-1]
    kept = split_text(last.text, capabilities.max_text_length - utf16_length(chosen) - 1)[0]
    return OutboundMessage(f"{kept}\n{chosen}" if chosen else kept, last.quick_replies, last.link)


def split_text(text: str, limit: int) -> list[str]:
    """Cut `text` into pieces of at most `limit` UTF-16 code units, between paragraphs, lines, sentences or words where possible."""
    pieces = []
    rest = text.strip() or "…"
    while utf16_length(rest) > limit:
        cut = _cut(rest, limit)
        pieces.append(rest[:cut].rstrip())
        rest = rest[cut:].lstrip()
    return [*pieces, rest] if rest else pieces


def _cut(text: str, limit: int) -> int:
    most = limit
    while utf16_length(text[:most]) > limit:
        most -= 1
    for pattern in _BREAKS[:-1]:
        cuts = [found.end() for found in re.finditer(pattern, text[:most])]
        if cuts and cuts[-1] > most // 3:
            return cuts[-1]
    return most
