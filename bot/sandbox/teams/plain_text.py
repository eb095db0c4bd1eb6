"""Names that several parts share."""

from __future__ import annotations

from typing import Literal

Flaw = Literal[
    "no_token",
    "not_bearer",
    "garbage",
    "unsigned",
    "symmetric",
    "wrong_key",
    "unknown_key",
    "not_endorsed",
    "expired",
    "not_yet",
    "no_expiry",
    "other_audience",
    "other_issuer",
    "other_service_url",
    "no_service_url",
    "other_tenant",
    "other_channel",
    "other_service_url_in_activity",
]
"""What can be wrong with a post to the bot: with its token, or (the last three) with the activity itself."""
Kind = Literal["personal", "groupChat", "channel"]
CARD = "application/vnd.microsoft.card.adaptive"
"""Content type of an Adaptive Card, in attachments and in answers to a press."""
MESSAGE = "application/vnd.microsoft.activity.message"
ERROR = "application/vnd.microsoft.error"
