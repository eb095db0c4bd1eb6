"""One round of handing, in memory: for each person, what waits is weighed again, and what is due becomes messages."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from bot.notifications.batching import Batch, Key, make_batches
from bot.notifications.eligibility import Eligibility, needs_check
from bot.notifications.kinds import CATEGORY_OF, CHATS, Category, DeliveryChannel, Mode
from bot.notifications.reachability import Reachability
from bot.notifications.recipients import Recipient
from bot.notifications.rendering import EventText, MessageContent, chat_payload, mail_payload
from bot.notifications.replanning import ENDED, READ, ExistingDelivery, Planner, ScheduledDelivery, all_dropped
from bot.notifications.tables import WAITING

PUT_OFF = timedelta(seconds=30)
"""While the platform does not say whether somebody still takes part, or where their mails go."""


@dataclass
class PendingNotification:
    """A notice of which something waits, with its sends."""

    id: int
    account_id: str
    event_id: int
    kind: str
    dossier: str | None
    author: str
    urgent: bool
    created_at: datetime
    read: bool
    sends: dict[DeliveryChannel, ExistingDelivery] = field(default_factory=dict)
    due_at: dict[DeliveryChannel, datetime] = field(default_factory=dict)


@dataclass
class BatchItem:
    """A send that is handed, or goes on waiting until `at`."""

    notice: PendingNotification
    due: ScheduledDelivery
    at: datetime

    @property
    def changed(self) -> bool:
        """Whether its row must be written though it goes on waiting."""
        had = self.notice.sends[self.due.way]
        return had.state != WAITING or had.why is not None or self.at != self.notice.due_at[self.due.way]


@dataclass
class OutgoingMessage:
    """What goes out to one person by one way at once."""

    person: Recipient
    way: DeliveryChannel
    items: Sequence[BatchItem]
    digest: bool
    mixed: bool
    conversation_id: str | None
    carried: bool
    """Whether something leaves: SPHERE's list holds notices without any message, where no web chat announces them."""
    closed: tuple[DeliveryChannel, datetime] | None
    """A chat that this way stands in for, and since when it is closed."""
    instead_of: DeliveryChannel | None = None
    message_id: int | None = None

    @property
    def dossier(self) -> str | None:
        """The dossier that all of it is about."""
        return None if self.digest or self.mixed else self.items[0].notice.dossier

    def message_row(self, now: datetime) -> dict[str, Any]:
        """The row of `notice_messages`."""
        return {
            "account_id": self.person.account_id,
            "way": self.way,
            "conversation_id": self.conversation_id,
            "dossier": self.dossier,
            "digest": self.digest,
            "due_at": max(item.at for item in self.items),
            "handed_at": now,
            "outbox_id": 0,
            "instead_of": self.instead_of,
            "state": "sent",
        }


@dataclass
class DispatchBatch:
    """What one transaction does with some people."""

    people: list[Recipient]
    checked: Eligibility
    now: datetime
    own_url: str
    deliverables: list[OutgoingMessage] = field(default_factory=list)
    kept: list[BatchItem] = field(default_factory=list)
    """What goes on waiting."""
    dropped: dict[str, list[int]] = field(default_factory=dict)
    """Sends that are over, by why."""
    look_at: dict[str, datetime] = field(default_factory=dict)

    def decide(
        self,
        person: Recipient,
        notices: Mapping[int, PendingNotification],
        reach: Reachability,
        last: Mapping[Key, datetime],
        digests: Mapping[tuple[str, DeliveryChannel], datetime],
    ) -> None:
        """Everything of one person that waits."""
        weigher = Planner(person, reach.channels(person.perhaps_mail), self.now)
        due: list[tuple[DeliveryChannel, Mode, str | None, bool, BatchItem]] = []
        for notice in notices.values():
            for item in self._weighed(notice, weigher, person, digests):
                if item.at > self.now:
                    self._keep(item, item.at)
                elif not self._may_go(item, person):
                    continue
                elif item.due.way is DeliveryChannel.SPHERE and DeliveryChannel.SPHERE not in reach.chats:
                    self.deliverables.append(OutgoingMessage(person, DeliveryChannel.SPHERE, [item], False, False, None, False, None))
                else:
                    due.append((item.due.way, item.due.mode, notice.dossier, notice.urgent, item))
        parcels, held = make_batches(due, last, self.now)
        for item, until in held:
            item.at = until
            self._keep(item, until)
        self.deliverables += [self._deliverable(person, parcel, reach) for parcel in parcels]

    def payload(self, deliverable: OutgoingMessage, data: Mapping[int, dict[str, Any]]) -> dict[str, Any]:
        """What the outbox carries, with what it takes to decide once more when it is late (`bot.notifications.delivery_status`)."""
        told = [self._told(item, data[item.notice.event_id], deliverable.way) for item in deliverable.items]
        gathered = MessageContent(deliverable.way, told, deliverable.digest, deliverable.mixed, deliverable.instead_of)
        person, page_url = deliverable.person, f"{self.own_url}/chat"
        assert deliverable.message_id is not None
        if deliverable.way is DeliveryChannel.MAIL:
            stop_url = f"{self.own_url}/notifications/stop?t={person.unsubscribe_token}"
            payload = mail_payload(gathered, person.email, page_url, stop_url)
        else:
            payload = chat_payload(gathered, deliverable.message_id, page_url)
        notice: dict[str, Any] = {"message": deliverable.message_id, "version": person.version}
        if not any(event.title for event in told):  # a text that somebody wrote is judged by all that the person knows
            notice["dossiers"] = sorted({event.dossier for event in told if event.dossier})
        return payload | {"notice": notice}

    def _weighed(
        self, notice: PendingNotification, weigher: Planner, person: Recipient, digests: Mapping[tuple[str, DeliveryChannel], datetime]
    ) -> list[BatchItem]:
        """What of a notice goes on waiting or is due; what is over is noted."""
        if notice.read:
            weighed = all_dropped(notice.sends, READ)
        elif self.checked.taking_part.get((notice.account_id, notice.dossier or "")) is False and notice.kind != "access.ended":
            weighed = all_dropped(notice.sends, ENDED)
        else:
            weighed = weigher.again(notice.kind, notice.dossier, notice.sends, urgent=notice.urgent, since=notice.created_at)
        for send_id, why in weighed.dropped.items():
            self.dropped.setdefault(why, []).append(send_id)
        items = []
        for due in weighed.waiting:
            digested = digests.get((person.account_id, due.way))
            if due.mode is Mode.DIGEST and digested is not None and due.at <= digested <= self.now:
                # Made in the second in which that digest left: it goes with the next one, which is no second digest.
                again = weigher.again(notice.kind, notice.dossier, notice.sends, urgent=notice.urgent, since=digested)
                due = next((other for other in again.waiting if other.way is due.way), due)
            before = notice.due_at.get(due.way) if due.id is not None and notice.sends[due.way].state == WAITING else self.now
            items.append(BatchItem(notice, due, max(due.at, before) if before is not None and before <= self.now else due.at))
        return items

    def _may_go(self, item: BatchItem, person: Recipient) -> bool:
        """Whether what must be known of it is; if not, it is looked at again once it is."""
        notice = item.notice
        if item.due.way is DeliveryChannel.MAIL and person.email_at is None:
            self._keep(item, self.now + PUT_OFF if person.account_id in self.checked.addresses else self.now)
            return False
        if needs_check(notice.kind, notice.dossier, notice.created_at, self.now):
            key = (notice.account_id, notice.dossier or "")
            if not self.checked.taking_part.get(key):  # asked in vain, or fell due only now
                self._keep(item, self.now + PUT_OFF if key in self.checked.taking_part else self.now)
                return False
        return True

    def _keep(self, item: BatchItem, look_at: datetime) -> None:
        account_id = item.notice.account_id
        self.kept.append(item)
        self.look_at[account_id] = min(self.look_at.get(account_id, look_at), look_at)

    def _deliverable(self, person: Recipient, parcel: Batch[BatchItem], reach: Reachability) -> OutgoingMessage:
        conversation_id = reach.chats.get(parcel.way)
        return OutgoingMessage(
            person, parcel.way, parcel.items, parcel.digest, parcel.mixed, conversation_id, True, _stands_in(parcel.way, reach)
        )

    def _told(self, item: BatchItem, data: Mapping[str, Any], way: DeliveryChannel) -> EventText:
        notice = item.notice
        named = data.get("recipients") or ()
        url = data.get("url")
        outside = way is not DeliveryChannel.SPHERE
        titled = not outside or CATEGORY_OF[notice.kind] is Category.SERVICE
        return EventText(
            kind=notice.kind,
            dossier=notice.dossier,
            author=notice.author,
            urgent=notice.urgent,
            mine=any(str(who).rpartition("/")[2] == notice.account_id for who in named),
            title=str(data.get("title") or "") if titled else "",
            url=url if url and (not outside or (notice.account_id, notice.event_id) in self.checked.urls) else None,
        )


def _stands_in(way: DeliveryChannel, reach: Reachability) -> tuple[DeliveryChannel, datetime] | None:
    """The chat that closed in whose place this way is used."""
    if way is DeliveryChannel.SPHERE:
        return None
    before = CHATS[: CHATS.index(way)] if way in CHATS else CHATS
    return next(((closed, reach.closed[closed]) for closed in before if closed in reach.closed), None)
