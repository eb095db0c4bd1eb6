"""Flaws that a post to the bot can have on demand."""

from __future__ import annotations

from typing import Literal, get_args

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
"""What is wrong with a post to the bot: with its token, or (the last three) with the activity itself."""
FLAWS: frozenset[str] = frozenset(get_args(Flaw))
