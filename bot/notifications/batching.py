"""What leaves in one message: what falls due on one dossier within a minute, what is due at once on many, a digest. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Generic, TypeVar

from bot.notifications.kinds import DeliveryChannel, Mode

TOGETHER = timedelta(minutes=1)
"""After a message on a dossier, what follows on it by the same way waits so long, to leave as one."""
MOST_APART = 3
"""Messages in a chat at one moment; what would be more leaves as one, grouped by dossier. Of mails there is one at a moment."""

Item = TypeVar("Item")
Key = tuple[DeliveryChannel, str | None]
"""A way and a dossier (None: of none)."""


@dataclass(frozen=True)
class Batch(Generic[Item]):
    """What one message is to tell, in the order given; `mixed`: of several dossiers, without being a digest."""

    way: DeliveryChannel
    items: Sequence[Item]
    digest: bool = False
    mixed: bool = False


def free_at(key: Key, last: Mapping[Key, datetime], now: datetime) -> datetime:
    """From when a message on this dossier may leave by this way, the last one having left at `last[key]`."""
    handed_at = last.get(key)
    return now if handed_at is None or handed_at > now else max(now, handed_at + TOGETHER)


def make_batches(
    due: Sequence[tuple[DeliveryChannel, Mode, str | None, bool, Item]], last: Mapping[Key, datetime], now: datetime
) -> tuple[list[Batch[Item]], list[tuple[Item, datetime]]]:
    """Parcels of what is due — (way, mode, dossier, urgent, item), in the order of occurrence — and what is held, until when.

    What is urgent is never held, and takes along what is held of its dossier, so that the order stays.
    """
    digests: dict[DeliveryChannel, list[Item]] = {}
    groups: dict[Key, list[Item]] = {}
    urgent: set[Key] = set()
    for way, mode, dossier, is_urgent, item in due:
        if mode is Mode.DIGEST:
            digests.setdefault(way, []).append(item)
            continue
        groups.setdefault((way, dossier), []).append(item)
        if is_urgent:
            urgent.add((way, dossier))
    held: list[tuple[Item, datetime]] = []
    apart: dict[DeliveryChannel, dict[str | None, list[Item]]] = {}
    parcels: list[Batch[Item]] = []
    for key, items in groups.items():
        until = free_at(key, last, now)
        if key in urgent:
            parcels.append(Batch(key[0], items))
        elif until > now:
            held += [(item, until) for item in items]
        else:
            apart.setdefault(key[0], {})[key[1]] = items
    for way, by_dossier in apart.items():
        if len(by_dossier) > (1 if way is DeliveryChannel.MAIL else MOST_APART):
            kept = {id(item) for items in by_dossier.values() for item in items}
            parcels.append(Batch(way, [item for *_, item in due if id(item) in kept], mixed=True))
        else:
            parcels += [Batch(way, items) for items in by_dossier.values()]
    parcels += [Batch(way, items, digest=True) for way, items in digests.items()]
    return parcels, held
