"""A message as Telegram shows it: HTML with nothing in it but our own tags, and an inline keyboard."""

from __future__ import annotations

from html import escape
from urllib.parse import urlsplit

from telegram import InlineKeyboardButton, InlineKeyboardMarkup

from bot.messaging.channel import OutboundMessage

SHORT_TITLE = 12
"""Characters of a button's title up to which three buttons stand in a row."""


def to_html(message: OutboundMessage) -> str:
    """Return the text, escaped; the first line of a card in bold; the link in the text where Telegram refuses it as a button."""
    text = escape(message.text, quote=False)
    if message.card:
        heading, _, rest = text.partition("\n")
        text = f"<b>{heading}</b>\n{rest}"
    if message.link is not None and not is_public(message.link[1]):
        text += f"\n\n{escape(message.link[0], quote=False)} : {escape(message.link[1], quote=False)}"
    return text


def keyboard(message: OutboundMessage) -> InlineKeyboardMarkup | None:
    """Return a button for each quick reply, and one for the link; None where there is neither."""
    per_row = 3 if all(len(choice.title) <= SHORT_TITLE for choice in message.quick_replies) else 1
    buttons = [InlineKeyboardButton(choice.title, callback_data=choice.token) for choice in message.quick_replies]
    rows = [buttons[start : start + per_row] for start in range(0, len(buttons), per_row)]
    if message.link is not None and is_public(message.link[1]):
        rows.append([InlineKeyboardButton(message.link[0], url=message.link[1])])
    return InlineKeyboardMarkup(rows) if rows else None


def is_public(url: str) -> bool:
    """Return whether Telegram takes a URL for a button: it refuses those of this machine."""
    host = urlsplit(url).hostname or ""
    return "." in host and not host.replace(".", "").isdigit()
