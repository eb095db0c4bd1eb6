"""The words of a command: heads, slots, and the slots' values that do not stand in the text."""

from __future__ import annotations

HEADS = ("start", "forbid", "set", "correct", "affirm", "deny", "unknown", "choose", "cancel", "repeat", "help")
"""What a command does; `start` and `forbid` name an intent."""
WITH_INTENT = ("start", "forbid")
TEXT_SLOTS = (
    "partner", "except", "usager", "dossier", "profession", "city", "organization", "email", "phone", "rpps", "adeli", "finess",
    "birth_name", "given_names", "birth_date", "from", "until", "by", "channel", "frequency", "time", "reason", "condition", "ordinal",
)  # fmt: skip
"""Slots whose values are words of the message."""
CLOSED_SLOTS = {"basis": ("care_team", "consent", "refused"), "sex": ("F", "M")}
"""Slots whose values are one of a few."""
REFERENCES = {"partner": ("self", "all", "all_but_self", "same"), "dossier": ("same",), "except": ("self",)}
"""Values of text slots that stand for somebody or something else: the speaker, all, what was spoken of."""
SLOTS = (*TEXT_SLOTS, *CLOSED_SLOTS)
CHANGING = frozenset(
    [
        "add_partner", "remove_partner", "create_dossier", "request_account", "mute_notifications", "manage_notifications",
        "resume_notifications", "mark_notifications_read", "unlink_account",
    ]
)  # fmt: skip
"""Intents that change something when they are carried out."""
