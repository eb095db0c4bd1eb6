"""What a user's message may be besides words: a typed command, or an event of the channel."""

from __future__ import annotations

COMMANDS = {
    "/start": "greet",
    "/aide": "help",
    "/annuler": "cancel",
    "/fin": "cancel",
    "/notifications": "manage_notifications",
    "/deconnexion": "unlink_account",
    "/déconnexion": "unlink_account",
}
"""Typed commands, with the intent of each. Any other leading slash is plain text."""

EVENTS = frozenset({"not_text", "edited", "group", "too_long", "flooded", "welcome", "linked", "no_account", "continued"})
"""Events that a channel or a page may give instead of a text or a button.

Something that is not read (a photo, an edited message, words in a group, a text that is too long, more messages than
are taken in a minute), a first contact, a chat that was just
linked to an account, or one that is continued in the web chat.
"""

MAX_TEXT_LENGTH_SHOWN = "4\u00a0000"
"""Most characters of a user's message, as users read it."""


def split_command(text: str) -> tuple[str, str]:
    """Return the first word of a text, case-folded, and what follows it."""
    word, _, rest = text.strip().partition(" ")
    return word.casefold(), rest.strip()
