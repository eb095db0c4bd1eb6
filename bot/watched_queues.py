"""The queues that operators watch: every one whose jobs wait in the database."""

from __future__ import annotations

from bot.accounts.creation import CREATIONS
from bot.accounts.decisions import DECISIONS
from bot.accounts.tables import AccountDecision, AccountRequest
from bot.fhir.operations import BROKEN, FAILED, GAVE_UP, OPERATIONS, Operation
from bot.jobs.outbox import COMMANDS, MAILS, MESSAGES, OutboxRow
from bot.jobs.queue import Queue
from bot.jobs.queue_metrics import WatchedQueue
from bot.messaging.inbox import TURNS
from bot.messaging.tables import InboxRow
from bot.notifications.fan_out import QUEUE as EVENTS
from bot.notifications.tables import Event
from bot.notifications.watch.tables import LOOKS, WATCHES


def _outbox(queue: Queue) -> WatchedQueue:
    return WatchedQueue(queue, dead=(OutboxRow.kind == queue.name, OutboxRow.dead_at.is_not(None)))


_GIVEN_UP = (Operation.state == FAILED, Operation.result["refused"].as_string().in_((GAVE_UP, BROKEN)))
"""An operation that is refused for what it says is done: its requester was told."""
WATCHED = (
    WatchedQueue(TURNS, since=InboxRow.received_at),
    _outbox(MAILS),
    _outbox(MESSAGES),
    _outbox(COMMANDS),
    WatchedQueue(EVENTS, since=Event.received_at),
    WatchedQueue(OPERATIONS, dead=_GIVEN_UP),
    WatchedQueue(DECISIONS, dead=(AccountDecision.failure.in_(("platform", "request")),)),
    WatchedQueue(CREATIONS, since=AccountRequest.creating_since),
    WatchedQueue(WATCHES),
    WatchedQueue(LOOKS),
)
