"""Batching: what falls due about one dossier within a minute, at once about many, or in a digest, leaves as one message. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Generic, TypeVar

from bot.notifications.kinds import DeliveryChannel, Mode

BATCH_WINDOW = timedelta(minutes=1)
"""How long what follows a message about a dossier waits on the same channel, to leave as one."""
MAX_SEPARATE = 3
"""Messages in a chat at one moment; more leave as one, grouped by dossier. Of mails there is one at a moment."""

Item = TypeVar("Item")
BatchKey = tuple[DeliveryChannel, str | None]
"""A channel and a dossier (None: no dossier)."""


@dataclass(frozen=True)
class Batch(Generic[Item]):
    """What one message contains, in the order given; `mixed`: of several dossiers, without being a digest."""

    channel: DeliveryChannel
    items: Sequence[Item]
    digest: bool = False
    mixed: bool = False


def window_end(key: BatchKey, last: Mapping[BatchKey, datetime], now: datetime) -> datetime:
    """Return from when a message about this dossier may leave on this channel, the last one having left at `last[key]`."""
    sent_at = last.get(key)
    return now if sent_at is None or sent_at > now else max(now, sent_at + BATCH_WINDOW)


def make_batches(
    due: Sequence[tuple[DeliveryChannel, Mode, str | None, bool, Item]], last: Mapping[BatchKey, datetime], now: datetime
) -> tuple[list[Batch[Item]], list[tuple[Item, datetime]]]:
    """Return the batches of what is due, and the items that are held back, each with its instant.

    What is urgent is never held back, and takes along what is held back of its dossier, so that the order stays.

    Args:
        due: (channel, mode, dossier, urgent, item), in the order of occurrence.
    """
    digests: dict[DeliveryChannel, list[Item]] = {}
    groups: dict[BatchKey, list[Item]] = {}
    urgent: set[BatchKey] = set()
    for channel, mode, dossier, is_urgent, item in due:
        if mode is Mode.DIGEST:
            digests.setdefault(channel, []).append(item)
            continue
        groups.setdefault((channel, dossier), []).append(item)
        if is_urgent:
            urgent.add((channel, dossier))
    held: list[tuple[Item, datetime]] = []
    separate: dict[DeliveryChannel, dict[str | None, list[Item]]] = {}
    batches: list[Batch[Item]] = []
    for key, items in groups.items():
        until = window_end(key, last, now)
        if key in urgent:
            batches.append(Batch(key[0], items))
        elif until > now:
            held += [(item, until) for item in items]
        else:
            separate.setdefault(key[0], {})[key[1]] = items
    for channel, by_dossier in separate.items():
        if len(by_dossier) > (1 if channel is DeliveryChannel.MAIL else MAX_SEPARATE):
            kept = {id(item) for items in by_dossier.values() for item in items}
            batches.append(Batch(channel, [item for *_, item in due if id(item) in kept], mixed=True))
        else:
            batches += [Batch(channel, items) for items in by_dossier.values()]
    batches += [Batch(channel, items, digest=True) for channel, items in digests.items()]
    return batches, held
