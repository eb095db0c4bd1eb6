"""What a message of the transcript becomes on a channel with given capabilities: one or more parts that fit."""

from __future__ import annotations

import re
from collections.abc import Sequence

from bot.messaging.channel import ChannelCapabilities, OutboundMessage, QuickReply
from bot.messaging.messages import Message

_ENDS = (r"\n\n", r"\n", r"(?<=[.!?…])\s", r"\s", r"")
"""Where a long text is cut, best first: paragraph, line, sentence, word, anywhere."""


def utf16_length(text: str) -> int:
    """UTF-16 code units, which is how chat platforms count."""
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


def render(message: Message, capabilities: ChannelCapabilities, own_url: str) -> list[OutboundMessage]:
    """The parts of a message, in order; buttons and link stand under the last one.

    Buttons that do not fit become a numbered list, whose numbers may be typed (`is_numbered_list`).
    """
    choices = tuple(QuickReply(button["title"], button["token"]) for button in message["buttons"])
    text = _signed(message)
    if is_numbered_list(message, capabilities):
        lines = [f"{number}. {choice.title}" for number, choice in enumerate(choices, 1)]
        text = "\n".join([text, *lines])
        fitting = choices if len(choices) <= capabilities.max_buttons else ()
        choices = tuple(QuickReply(str(number), choice.token) for number, choice in enumerate(fitting, 1))
    link = message["link"]
    address = (link["title"], own_url + link["url"] if link["url"].startswith("/") else link["url"]) if link else None
    pieces = split_text(text, capabilities.max_text_length)
    card = bool(choices) and "\n" in text
    return [*(OutboundMessage(piece) for piece in pieces[:-1]), OutboundMessage(pieces[-1], choices, address, card and len(pieces) == 1)]


def _signed(message: Message) -> str:
    """What an agent wrote, under their name: on a channel every message comes from the same bot."""
    return f"{message['agent']} · SPHERE\n{message['text']}" if message["author"] == "agent" else str(message["text"])


def is_numbered_list(message: Message, capabilities: ChannelCapabilities) -> bool:
    """Whether the buttons do not fit and are written as a numbered list."""
    buttons = message["buttons"]
    return len(buttons) > capabilities.max_buttons or any(utf16_length(button["title"]) > capabilities.max_title_length for button in buttons)


def without_buttons(message: Message, capabilities: ChannelCapabilities, own_url: str, title: str | None) -> OutboundMessage:
    """What takes the place of a message whose button was pressed: its text and the choice made, without buttons."""
    last = render({**message, "buttons": []}, capabilities, own_url)[-1]
    chosen = f"\n\n→ {title}" if title else ""
    kept = split_text(last.text, capabilities.max_text_length - utf16_length(chosen))[0]
    return OutboundMessage(kept + chosen, link=last.link)


def without_pressed_buttons(message: Message, capabilities: ChannelCapabilities, own_url: str, tokens: Sequence[str]) -> OutboundMessage:
    """What takes the place of a message whose buttons each stand on their own: with those that were not pressed, and what was."""
    titles = {button["token"]: button["title"] for button in message["buttons"]}
    chosen = "".join(f"\n→ {titles[token]}" for token in tokens if token in titles)
    left = [button for button in message["buttons"] if button["token"] not in tokens]
    last = render({**message, "buttons": left}, capabilities, own_url)[-1]
    kept = split_text(last.text, capabilities.max_text_length - utf16_length(chosen) - 1)[0]
    return OutboundMessage(f"{kept}\n{chosen}" if chosen else kept, last.choices, last.link)


def split_text(text: str, limit: int) -> list[str]:
    """`text` in pieces of at most `limit` units, cut between paragraphs, lines, sentences or words where that is possible."""
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
    for end in _ENDS[:-1]:
        cuts = [found.end() for found in re.finditer(end, text[:most])]
        if cuts and cuts[-1] > most // 3:
            return cuts[-1]
    return most
