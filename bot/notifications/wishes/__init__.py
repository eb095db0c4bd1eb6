"""Reading what professionals type about their notifications: pure, and never guessing (docs/dev/notifications.md)."""

from bot.notifications.wishes.answers import answer
from bot.notifications.wishes.reading import choose, read
from bot.notifications.wishes.values import About, Choice, Context, Question, Span, Wish

__all__ = ["About", "Choice", "Context", "Question", "Span", "Wish", "answer", "choose", "read"]
