"""How long each queue leaves a claimed job to its worker: the one place of these durations.

A lease is longer than the slowest attempt at a job of its queue, or is renewed while the job is in hand.
"""

from __future__ import annotations

from datetime import timedelta

TURN = timedelta(seconds=20)
"""A turn of a conversation; renewed every five seconds by the process that answers it."""
OUTBOX = timedelta(seconds=60)
"""One delivery: a mail, a message to a channel."""
OPERATION = timedelta(seconds=60)
"""One attempt at an operation on the platform, which takes 45 s at most."""
FAN_OUT = timedelta(seconds=15)
"""The events of one pass of the fan-out; renewed with each batch of notices that is written."""
ACCOUNT_CREATION = timedelta(minutes=2)
"""One step of an account creation; renewed at each step, of which none waits a minute for the platform."""
ACCOUNT_DECISION = timedelta(minutes=3)
"""Carrying out an agent's decision: longer than one creation."""
GROUP_THREAD = timedelta(seconds=90)
"""What is said in one thread of the team's group: longer than a message waits for its place within the group's limit."""
