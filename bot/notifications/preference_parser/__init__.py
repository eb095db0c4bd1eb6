"""Reading what professionals type about their notifications: pure, and never guessing (docs/dev/notifications.md)."""

from bot.notifications.preference_parser.answers import answer
from bot.notifications.preference_parser.corrections import corrected_hours, with_hours
from bot.notifications.preference_parser.disowning import disowns, refuses_mute
from bot.notifications.preference_parser.handing_over import hands_over, stands_in, without_hand_over
from bot.notifications.preference_parser.parser import choose, read
from bot.notifications.preference_parser.passing_questions import asks_what_passes
from bot.notifications.preference_parser.recognition import is_wish
from bot.notifications.preference_parser.rewording import calms_a_day
from bot.notifications.preference_parser.showing import asks_for_settings, asks_to_see
from bot.notifications.preference_parser.spelling_correction import is_common_word
from bot.notifications.preference_parser.urgent_anyway import excepts_urgent, urgent_anyway
from bot.notifications.preference_parser.values import About, Choice, Context, PreferenceRequest, Question, Span

__all__ = [
    "About", "Choice", "Context", "PreferenceRequest", "Question", "Span", "answer", "asks_for_settings", "asks_to_see",
    "asks_what_passes", "calms_a_day", "choose", "corrected_hours", "disowns", "excepts_urgent", "hands_over",
    "is_common_word", "is_wish", "read",
    "refuses_mute", "stands_in", "urgent_anyway", "with_hours", "without_hand_over",
]  # fmt: skip
