"""A part as Telegram shows it: HTML that holds nothing but what we put there, and an inline keyboard."""

from __future__ import annotations

from html import escape
from urllib.parse import urlsplit

from telegram import InlineKeyboardButton, InlineKeyboardMarkup

from bot.messaging.channel import OutboundMessage

SHORT = 12
"""Titles of so many characters stand three in a row."""


def to_html(part: OutboundMessage) -> str:
    """The text, escaped; the first line of a card in bold; the link in the text where Telegram takes it for no button."""
    text = escape(part.text, quote=False)
    if part.card:
        heading, _, rest = text.partition("\n")
        text = f"<b>{heading}</b>\n{rest}"
    if part.link is not None and not is_public(part.link[1]):
        text += f"\n\n{escape(part.link[0], quote=False)} : {escape(part.link[1], quote=False)}"
    return text


def keyboard(part: OutboundMessage) -> InlineKeyboardMarkup | None:
    """A button for each choice, and one for the link."""
    per_row = 3 if all(len(choice.title) <= SHORT for choice in part.quick_replies) else 1
    buttons = [InlineKeyboardButton(choice.title, callback_data=choice.token) for choice in part.quick_replies]
    rows = [buttons[at : at + per_row] for at in range(0, len(buttons), per_row)]
    if part.link is not None and is_public(part.link[1]):
        rows.append([InlineKeyboardButton(part.link[0], url=part.link[1])])
    return InlineKeyboardMarkup(rows) if rows else None


def is_public(url: str) -> bool:
    """Whether Telegram takes an address for a button: it refuses those of this machine."""
    host = urlsplit(url).hostname or ""
    return "." in host and not host.replace(".", "").isdigit()
