"""How long each queue leaves a claimed job to its worker: the one place of these durations.

A lease is longer than the slowest attempt at a job of its queue, or is renewed during the attempt.
"""

from __future__ import annotations

from datetime import timedelta

TURN = timedelta(seconds=20)
"""A turn of a conversation; renewed every `TURN_RENEWED` by the process that answers it."""
TURN_RENEWED = timedelta(seconds=1)
TURN_ABANDONED = timedelta(seconds=4)
"""How long another process must see nothing of that to take the turn over (`bot.jobs.silence`): with the second between two looks, a
killed machine's turn goes on about five seconds later, and a process that only hangs for a moment loses it to nobody, or to somebody who
gets the same answer."""
TURN_CLOCKS = timedelta(minutes=1)
"""How far the clock of whoever looks at a turn's lease may be from the clock of whoever holds it."""
OUTBOX = timedelta(seconds=60)
"""One delivery: a mail, a message to a channel."""
OPERATION = timedelta(seconds=60)
"""One attempt at an operation on the platform, which takes 45 s at most."""
FAN_OUT = timedelta(seconds=15)
"""The events of one round of the fan-out; renewed with each batch of notifications that is written."""
ACCOUNT_CREATION = timedelta(minutes=2)
"""One step of an account creation; renewed at each step, and no step waits for the platform for a minute."""
ACCOUNT_DECISION = timedelta(minutes=3)
"""Carrying out an agent's decision: longer than one creation step."""
GROUP_THREAD = timedelta(seconds=90)
"""Posting in one thread of a support group: longer than one message waits for the group's rate limit; renewed with each message."""
PLATFORM_WATCH = timedelta(minutes=2)
"""Asking the platform what changed; renewed with each page."""
PLATFORM_LOOK = timedelta(seconds=60)
"""Looking at one resource that the platform notified of."""
