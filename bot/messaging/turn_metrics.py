"""Where the time of a turn goes: waiting in the inbox, the gateway, Rasa, and the delivery to a chat platform."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from bot.core.metrics import Count, Duration, Level
from bot.core.tracing import SpanPoint

CHANNELS = ("web", "telegram", "teams")
"""Channels that labels name; those of other modules (`CHANNELS`) are `other`."""
ANSWERED, FIXED, FAILED, UNAVAILABLE, REFUSED, HANDOVER = "answered", "fixed", "failed", "unavailable", "refused", "handover"
OUTCOMES = (ANSWERED, FIXED, FAILED, UNAVAILABLE, REFUSED, HANDOVER)
"""How a turn ends: Rasa answered; a text of the gateway; an error of ours; Rasa was away; nothing to understand; a person has it."""
INBOX, GATEWAY, RASA, DELIVERY = "inbox", "gateway", "rasa", "delivery"

STAGE = Duration("sphere_turn_stage_seconds", "Time of a turn's stages.", {"stage": (INBOX, GATEWAY, RASA, DELIVERY), "channel": CHANNELS})
TURN = Duration("sphere_turn_seconds", "From the arrival of a message to its stored answer.", {"channel": CHANNELS})
TURNS = Count("sphere_turns", "Turns that ended.", {"channel": CHANNELS, "outcome": OUTCOMES})
IN_HAND = Level("sphere_turns_in_hand", "Turns that this process answers now.")
SPAN = SpanPoint("turn", "server", {"channel": CHANNELS, "outcome": OUTCOMES})
STREAMS = Level("sphere_live_connections", "Open event streams.", {"page": ("chat", "desk")})


class TurnTimes:
    """What is known of a turn while it is answered."""

    def __init__(self) -> None:
        self.outcome = HANDOVER
        self.rasa_seconds = 0.0


_current: ContextVar[TurnTimes | None] = ContextVar("turn_times", default=None)


@contextmanager
def measured_turn(channel: str, waited: float) -> Iterator[None]:
    """Measure the turn that is answered within; `waited`: seconds since its message came in."""
    times, began = TurnTimes(), time.perf_counter()
    token = _current.set(times)
    try:
        with IN_HAND.held(), SPAN.begun(True, channel=channel) as span:
            yield
            span.note(outcome=times.outcome)
    finally:
        _current.reset(token)
        took = time.perf_counter() - began
        STAGE.observe(waited, stage=INBOX, channel=channel)
        STAGE.observe(took - times.rasa_seconds, stage=GATEWAY, channel=channel)
        if times.rasa_seconds:
            STAGE.observe(times.rasa_seconds, stage=RASA, channel=channel)
        TURN.observe(max(0.0, waited) + took, channel=channel)
        TURNS.add(channel=channel, outcome=times.outcome)


@contextmanager
def asking_rasa() -> Iterator[None]:
    """Count what is waited within as Rasa's part of the turn."""
    began, times = time.perf_counter(), _current.get()
    try:
        yield
    finally:
        if times is not None:
            times.rasa_seconds += time.perf_counter() - began


def note_outcome(outcome: str) -> None:
    """Say how the turn that is being answered ends."""
    if (times := _current.get()) is not None:
        times.outcome = outcome
