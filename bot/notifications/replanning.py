"""Replanning: which deliveries of one notification wait, until when, and which are over. Pure; the rules are `delivery_policy`'s."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from bot.notifications.calendar import digest_delay
from bot.notifications.delivery_policy import DropReason, NotificationContext, PlannedDelivery, plan
from bot.notifications.kinds import CATEGORY_OF, DeliveryChannel, Mode
from bot.notifications.recipients import Recipient
from bot.notifications.tables import DROPPED, HANDED, WAITING

READ, ENDED, GIVEN_UP = "read", "ended", "failed"
"""Why a delivery is dropped, beside `DropReason`: it was read; the person's access ended; this channel gave it up."""
_MAY_COME_BACK = frozenset({DropReason.NEVER, DropReason.MOVED, DropReason.CLOSED})


@dataclass(frozen=True)
class ExistingDelivery:
    """A row of `notice_sends`: one notification on one channel."""

    id: int
    channel: DeliveryChannel
    state: str
    reason: str | None


@dataclass(frozen=True)
class ScheduledDelivery:
    """A delivery that waits until `at`; `id` None: its row is still to be created."""

    id: int | None
    channel: DeliveryChannel
    mode: Mode
    at: datetime


@dataclass(frozen=True)
class Replan:
    """What becomes of the deliveries of a notification: those that wait, and those that are over, by id, with the reason."""

    waiting: list[ScheduledDelivery]
    dropped: dict[int, str]


class Planner:
    """Plans for one person at one moment; what many notifications have in common is planned once."""

    def __init__(
        self, person: Recipient, channels: frozenset[DeliveryChannel], now: datetime, digest_spread: timedelta = timedelta()
    ) -> None:
        """Plan for a person who has these channels at this moment; the digests of all people of one hour leave within `digest_spread`."""
        self._person, self._channels, self._now = person, channels, now
        self._digest_delay = digest_delay(person.account_id, digest_spread)
        self._planned: dict[tuple[object, ...], dict[DeliveryChannel, PlannedDelivery]] = {}

    def plan_new(self, kind: str, dossier: str | None, *, urgent: bool) -> list[ScheduledDelivery]:
        """Return the deliveries of a notification that was just created."""
        planned = self._plan(kind, dossier, urgent, self._channels, self._now)
        return [ScheduledDelivery(None, channel, it.mode, it.at) for channel, it in planned.items() if it.at is not None]

    def replan(
        self, kind: str, dossier: str | None, deliveries: Mapping[DeliveryChannel, ExistingDelivery], *, urgent: bool, since: datetime
    ) -> Replan:
        """Decide again, by the preferences, channels and clock of now, about a notification of which some deliveries wait.

        A channel that gave up is not tried again; one that was dispatched to counts as there, so that no other takes its settings over.
        A channel is added only while the notification waits on another one, or was dispatched to none but SPHERE's list.
        """
        dispatched = {channel for channel, existing in deliveries.items() if existing.state == HANDED}
        gave_up = {channel for channel, existing in deliveries.items() if existing.reason == GIVEN_UP}
        waits_outside = any(d.state == WAITING and channel is not DeliveryChannel.SPHERE for channel, d in deliveries.items())
        may_add = waits_outside or not dispatched - {DeliveryChannel.SPHERE}
        planned = self._plan(kind, dossier, urgent, frozenset((self._channels | dispatched) - gave_up), since)
        result = Replan([], {})
        for channel, it in planned.items():
            existing = deliveries.get(channel)
            waits = existing is not None and existing.state == WAITING
            if it.at is None:
                if existing is not None and waits:
                    result.dropped[existing.id] = GIVEN_UP if channel in gave_up else str(it.reason)
            elif existing is None or (existing.state == DROPPED and existing.reason in _MAY_COME_BACK):
                if may_add:
                    result.waiting.append(ScheduledDelivery(existing.id if existing else None, channel, it.mode, it.at))
            elif waits:
                result.waiting.append(ScheduledDelivery(existing.id, channel, it.mode, it.at))
        return result

    def _plan(
        self, kind: str, dossier: str | None, urgent: bool, channels: frozenset[DeliveryChannel], since: datetime
    ) -> dict[DeliveryChannel, PlannedDelivery]:
        changed = self._person.changed_at
        since = max(since, changed) if changed is not None and changed <= self._now else since
        key = (kind, dossier, urgent, channels, since)
        if key not in self._planned:
            context = NotificationContext(CATEGORY_OF[kind], dossier, urgent)
            self._planned[key] = plan(context, self._person.preferences, channels, since, self._now, self._digest_delay)
        return self._planned[key]


def drop_all(deliveries: Mapping[DeliveryChannel, ExistingDelivery], reason: str) -> Replan:
    """Return a replan by which nothing waits any more."""
    return Replan([], {delivery.id: reason for delivery in deliveries.values() if delivery.state == WAITING})
