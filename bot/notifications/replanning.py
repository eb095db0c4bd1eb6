"""What is to become of one notice's sends, decided anew: which wait, until when, which are over. Pure; the rules are `deciding`'s."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from bot.notifications.delivery_policy import DropReason, NotificationContext, PlannedDelivery, plan
from bot.notifications.kinds import CATEGORY_OF, DeliveryChannel, Mode
from bot.notifications.recipients import Recipient
from bot.notifications.tables import DROPPED, HANDED, WAITING

READ, ENDED, GIVEN_UP = "read", "ended", "failed"
"""Why a send is dropped, beside the reasons of `DropReason`: it was read; the person has no access any more; this way gave it up."""
_MAY_COME_BACK = frozenset({DropReason.NEVER, DropReason.MOVED, DropReason.CLOSED})


@dataclass(frozen=True)
class ExistingDelivery:
    """A send that there is."""

    id: int
    way: DeliveryChannel
    state: str
    why: str | None


@dataclass(frozen=True)
class ScheduledDelivery:
    """A send that waits until `at`; `id` None: to be made."""

    id: int | None
    way: DeliveryChannel
    mode: Mode
    at: datetime


@dataclass(frozen=True)
class Replan:
    """What becomes of the sends of a notice: those that wait, and those that do not any more, by id, with why."""

    waiting: list[ScheduledDelivery]
    dropped: dict[int, str]


class Planner:
    """Decides for one person at one moment; what many notices have in common is planned once."""

    def __init__(self, person: Recipient, ways: frozenset[DeliveryChannel], now: datetime) -> None:
        self._person, self._ways, self._now = person, ways, now
        self._planned: dict[tuple[object, ...], dict[DeliveryChannel, PlannedDelivery]] = {}

    def first(self, kind: str, dossier: str | None, *, urgent: bool) -> list[ScheduledDelivery]:
        """The sends of a notice that was just made."""
        planned = self._plan(kind, dossier, urgent, self._ways, self._now)
        return [ScheduledDelivery(None, way, it.mode, it.at) for way, it in planned.items() if it.at is not None]

    def again(
        self, kind: str, dossier: str | None, sends: Mapping[DeliveryChannel, ExistingDelivery], *, urgent: bool, since: datetime
    ) -> Replan:
        """The sends of a notice some of which wait, by the preferences, ways and clock of now.

        A way that gave up is not tried again; one that told it counts as had, so that no other takes its line. A way is added only
        while the notice waits to be told by another one, or was told by none but SPHERE's list.
        """
        told = {way for way, send in sends.items() if send.state == HANDED}
        gave_up = {way for way, send in sends.items() if send.why == GIVEN_UP}
        outside = {way for way, send in sends.items() if send.state == WAITING and way is not DeliveryChannel.SPHERE}
        may_add = bool(outside) or not told - {DeliveryChannel.SPHERE}
        planned = self._plan(kind, dossier, urgent, frozenset((self._ways | told) - gave_up), since)
        weighed = Replan([], {})
        for way, it in planned.items():
            had = sends.get(way)
            waits = had is not None and had.state == WAITING
            if it.at is None:
                if had is not None and waits:
                    weighed.dropped[had.id] = GIVEN_UP if way in gave_up else str(it.why)
            elif had is None or (had.state == DROPPED and had.why in _MAY_COME_BACK):
                if may_add:
                    weighed.waiting.append(ScheduledDelivery(had.id if had else None, way, it.mode, it.at))
            elif waits:
                weighed.waiting.append(ScheduledDelivery(had.id, way, it.mode, it.at))
        return weighed

    def _plan(
        self, kind: str, dossier: str | None, urgent: bool, ways: frozenset[DeliveryChannel], since: datetime
    ) -> dict[DeliveryChannel, PlannedDelivery]:
        changed = self._person.changed_at
        since = max(since, changed) if changed is not None and changed <= self._now else since
        key = (kind, dossier, urgent, ways, since)
        if key not in self._planned:
            happening = NotificationContext(CATEGORY_OF[kind], dossier, urgent)
            self._planned[key] = plan(happening, self._person.preferences, ways, since, self._now)
        return self._planned[key]


def all_dropped(sends: Mapping[DeliveryChannel, ExistingDelivery], why: str) -> Replan:
    """Nothing of it waits any more."""
    return Replan([], {send.id: why for send in sends.values() if send.state == WAITING})
