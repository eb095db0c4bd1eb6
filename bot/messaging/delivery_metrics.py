"""What the outbox delivers: attempts by channel and by what came of them, and how long after it was due something was handed over."""

from __future__ import annotations

from datetime import datetime

from bot.core.metrics import Count, Duration
from bot.core.tracing import SpanPoint
from bot.jobs.outbox import ANSWER, CHAT, MAIL, PUSH, OutboxRow
from bot.messaging.outbound_commands import SEND
from bot.messaging.turn_metrics import CHANNELS, DELIVERY, STAGE

SENT, RECALLED, RETRIED, SLOWED, CLOSED, GIVEN_UP = "sent", "recalled", "retried", "slowed", "closed", "given_up"
OUTCOMES = (SENT, RECALLED, RETRIED, SLOWED, CLOSED, GIVEN_UP)
"""`recalled`: not to be sent any more, or not now; `retried`: failed, to be tried again; `slowed`: the channel asks to wait; `closed`: the
user left the chat; `given_up`: a dead letter."""
_LABELS = {"kind": (MAIL, CHAT, PUSH), "channel": (MAIL, *CHANNELS)}
DELIVERIES = Count("sphere_deliveries", "Attempts to deliver rows of the outbox.", _LABELS | {"outcome": OUTCOMES})
SECONDS = Duration("sphere_delivery_seconds", "From when a row of the outbox was first due until it was handed over.", _LABELS)
SPAN = SpanPoint("delivery", "producer", _LABELS | {"outcome": OUTCOMES})


def count_delivery(row: OutboxRow, channel: str, outcome: str, now: datetime) -> None:
    """Count an attempt that is over."""
    DELIVERIES.add(kind=row.kind, channel=channel, outcome=outcome)
    if outcome != SENT:
        return
    due = row.created_at if row.attempts > 1 else max(row.created_at, row.not_before)  # each retry moves `not_before`
    seconds = (now - due).total_seconds()
    SECONDS.observe(seconds, kind=row.kind, channel=channel)
    if row.kind == PUSH and row.priority == ANSWER and row.payload.get("do") == SEND:
        STAGE.observe(seconds, stage=DELIVERY, channel=channel)
