"""Reading what professionals type about their notifications: pure, and never guessing (docs/dev/notifications.md)."""

from bot.notifications.preference_parser.answers import answer
from bot.notifications.preference_parser.disowning import disowns
from bot.notifications.preference_parser.parser import choose, read
from bot.notifications.preference_parser.recognition import is_wish
from bot.notifications.preference_parser.showing import asks_to_see
from bot.notifications.preference_parser.values import About, Choice, Context, PreferenceRequest, Question, Span

__all__ = [
    "About", "Choice", "Context", "PreferenceRequest", "Question", "Span", "answer", "asks_to_see", "choose", "disowns", "is_wish", "read",
]  # fmt: skip
