"""Calls of actions, measured: how long each takes, and how it ends."""

from __future__ import annotations

from bot.core.metrics import Count, Duration
from bot.core.tracing import SpanPoint

OK, PLATFORM_DOWN, REFUSED, FAILED = "ok", "platform_down", "refused", "failed"
OUTCOMES = (OK, PLATFORM_DOWN, REFUSED, FAILED)
"""It did what it is for; it said that the platform is away, that a dossier or a limit refuses, or that an error has an id."""
CALLS = Count("sphere_actions", "Calls of actions.", {"action": (), "outcome": OUTCOMES})
SECONDS = Duration("sphere_action_seconds", "How long an action takes.", {"action": ()})
SPAN = SpanPoint("action", "server", {"action": (), "outcome": OUTCOMES})


def allow_names(*names: str) -> None:
    """Call actions by these names: those that the server serves, and no other."""
    CALLS.allow("action", *names)
    SECONDS.allow("action", *names)
    SPAN.allow("action", *names)
