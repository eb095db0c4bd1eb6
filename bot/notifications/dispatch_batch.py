"""One round of dispatch, in memory: for each person, what waits is replanned, and what is due becomes messages."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from bot.core.mail import MailCipher
from bot.notifications.batching import Batch, BatchKey, make_batches
from bot.notifications.eligibility import Eligibility, needs_check
from bot.notifications.kinds import CATEGORY_OF, CHATS, Category, DeliveryChannel, Mode
from bot.notifications.reachability import Reachability
from bot.notifications.recipients import Recipient, account_named
from bot.notifications.rendering import EventText, MessageContent, chat_payload, mail_payload, until_of
from bot.notifications.replanning import ENDED, READ, ExistingDelivery, Planner, ScheduledDelivery, drop_all
from bot.notifications.tables import WAITING

RECHECK_AFTER = timedelta(seconds=30)
"""Pause while the platform does not say whether somebody is still in the care team, or where their mails go."""


@dataclass
class PendingNotification:
    """A notification of which a delivery waits, with its deliveries."""

    id: int
    account_id: str
    event_id: int
    kind: str
    dossier: str | None
    author: str
    urgent: bool
    created_at: datetime
    read: bool
    deliveries: dict[DeliveryChannel, ExistingDelivery] = field(default_factory=dict)
    due_at: dict[DeliveryChannel, datetime] = field(default_factory=dict)


@dataclass
class BatchItem:
    """A delivery that is dispatched, or goes on waiting until `at`."""

    notice: PendingNotification
    due: ScheduledDelivery
    at: datetime

    @property
    def changed(self) -> bool:
        """Whether its row must be written though it goes on waiting."""
        existing = self.notice.deliveries[self.due.channel]
        return existing.state != WAITING or existing.reason is not None or self.at != self.notice.due_at[self.due.channel]


@dataclass
class OutgoingMessage:
    """One message (or mail) to one person on one channel."""

    person: Recipient
    channel: DeliveryChannel
    items: Sequence[BatchItem]
    digest: bool
    mixed: bool
    conversation_id: str | None
    has_message: bool
    """Whether a message leaves: where no web chat announces them, notifications are in SPHERE's list without any."""
    closed: tuple[DeliveryChannel, datetime] | None
    """A closed chat that this channel replaces, and since when it is closed."""
    instead_of: DeliveryChannel | None = None
    message_id: int | None = None

    @property
    def dossier(self) -> str | None:
        """The dossier of all its notifications; None for several, or none."""
        return None if self.digest or self.mixed else self.items[0].notice.dossier

    def message_row(self, now: datetime) -> dict[str, Any]:
        """Return the row of `notice_messages`."""
        return {
            "account_id": self.person.account_id,
            "way": self.channel,
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
    """What one transaction dispatches to some people."""

    people: list[Recipient]
    checked: Eligibility
    now: datetime
    own_url: str
    mails: MailCipher
    digest_spread: timedelta = timedelta()
    messages: list[OutgoingMessage] = field(default_factory=list)
    kept: list[BatchItem] = field(default_factory=list)
    """Deliveries that go on waiting."""
    dropped: dict[str, list[int]] = field(default_factory=dict)
    """Ids of deliveries that are over, by reason."""
    look_at: dict[str, datetime] = field(default_factory=dict)
    """When to check each person again."""

    def decide(
        self,
        person: Recipient,
        notices: Mapping[int, PendingNotification],
        reachability: Reachability,
        last: Mapping[BatchKey, datetime],
        digests: Mapping[tuple[str, DeliveryChannel], datetime],
    ) -> None:
        """Decide about everything of one person that waits."""
        planner = Planner(person, reachability.channels(person.email_or_unknown), self.now, self.digest_spread)
        due: list[tuple[DeliveryChannel, Mode, str | None, bool, BatchItem]] = []
        for notice in notices.values():
            for item in self._replan(notice, planner, person, digests):
                if item.at > self.now:
                    self._keep(item, item.at)
                elif not self._may_go(item, person):
                    continue
                elif item.due.channel is DeliveryChannel.SPHERE and DeliveryChannel.SPHERE not in reachability.chats:
                    self.messages.append(OutgoingMessage(person, DeliveryChannel.SPHERE, [item], False, False, None, False, None))
                else:
                    due.append((item.due.channel, item.due.mode, notice.dossier, notice.urgent, item))
        batches, held_back = make_batches(due, last, self.now)
        for item, until in held_back:
            item.at = until
            self._keep(item, until)
        self.messages += [self._message(person, batch, reachability) for batch in batches]

    def payload(self, message: OutgoingMessage, data: Mapping[int, dict[str, Any]]) -> dict[str, Any]:
        """Return the outbox payload, with what the send-time check needs (`bot.notifications.send_time_check`)."""
        events = [self._event_text(item, data[item.notice.event_id], message.channel) for item in message.items]
        content = MessageContent(message.channel, events, message.digest, message.mixed, message.instead_of)
        person, page_url = message.person, f"{self.own_url}/chat"
        assert message.message_id is not None
        if message.channel is DeliveryChannel.MAIL:
            stop_url = f"{self.own_url}/notifications/stop?t={person.unsubscribe_token}"
            payload = self.mails.seal(mail_payload(content, person.email, page_url, stop_url))
        else:
            payload = chat_payload(content, message.message_id, page_url)
        notice: dict[str, Any] = {"message": message.message_id, "version": person.version}
        if not any(event.title for event in events):  # a text that somebody wrote is redacted by all usagers that the person knows
            notice["dossiers"] = sorted({event.dossier for event in events if event.dossier})
        return payload | {"notice": notice}

    def _replan(
        self, notice: PendingNotification, planner: Planner, person: Recipient, digests: Mapping[tuple[str, DeliveryChannel], datetime]
    ) -> list[BatchItem]:
        """Return what of a notification waits or is due, and note what is over."""
        if notice.read:
            replan = drop_all(notice.deliveries, READ)
        elif self.checked.members.get((notice.account_id, notice.dossier or "")) is False and notice.kind != "access.ended":
            replan = drop_all(notice.deliveries, ENDED)
        else:
            replan = planner.replan(notice.kind, notice.dossier, notice.deliveries, urgent=notice.urgent, since=notice.created_at)
        for delivery_id, reason in replan.dropped.items():
            self.dropped.setdefault(reason, []).append(delivery_id)
        items = []
        for due in replan.waiting:
            digested = digests.get((person.account_id, due.channel))
            if due.mode is Mode.DIGEST and digested is not None and due.at <= digested <= self.now:
                # Created in the second in which that digest left: it goes with the next one, which is no second digest.
                later = planner.replan(notice.kind, notice.dossier, notice.deliveries, urgent=notice.urgent, since=digested)
                due = next((other for other in later.waiting if other.channel is due.channel), due)
            before = notice.due_at.get(due.channel) if due.id is not None and notice.deliveries[due.channel].state == WAITING else self.now
            items.append(BatchItem(notice, due, max(due.at, before) if before is not None and before <= self.now else due.at))
        return items

    def _may_go(self, item: BatchItem, person: Recipient) -> bool:
        """Return whether all that must be known of a due delivery is; if not, have it checked again."""
        notice = item.notice
        if item.due.channel is DeliveryChannel.MAIL and person.email_at is None:
            self._keep(item, self.now + RECHECK_AFTER if person.account_id in self.checked.addresses else self.now)
            return False
        if needs_check(notice.kind, notice.dossier, notice.created_at, self.now):
            key = (notice.account_id, notice.dossier or "")
            if not self.checked.members.get(key):  # the platform did not answer, or it fell due only now
                self._keep(item, self.now + RECHECK_AFTER if key in self.checked.members else self.now)
                return False
        return True

    def _keep(self, item: BatchItem, look_at: datetime) -> None:
        account_id = item.notice.account_id
        self.kept.append(item)
        self.look_at[account_id] = min(self.look_at.get(account_id, look_at), look_at)

    def _message(self, person: Recipient, batch: Batch[BatchItem], reachability: Reachability) -> OutgoingMessage:
        conversation_id = reachability.chats.get(batch.channel)
        return OutgoingMessage(
            person,
            batch.channel,
            batch.items,
            batch.digest,
            batch.mixed,
            conversation_id,
            True,
            _replaced_chat(batch.channel, reachability),
        )

    def _event_text(self, item: BatchItem, data: Mapping[str, Any], channel: DeliveryChannel) -> EventText:
        notice = item.notice
        named = data.get("recipients") or ()
        url = data.get("url")
        outside = channel is not DeliveryChannel.SPHERE
        titled = not outside or CATEGORY_OF[notice.kind] is Category.SERVICE
        return EventText(
            kind=notice.kind,
            dossier=notice.dossier,
            author=notice.author,
            urgent=notice.urgent,
            mine=any(account_named(who) == notice.account_id for who in named),
            title=str(data.get("title") or "") if titled else "",
            url=url if url and (not outside or (notice.account_id, notice.event_id) in self.checked.urls) else None,
            until=until_of(data),
        )


def _replaced_chat(channel: DeliveryChannel, reachability: Reachability) -> tuple[DeliveryChannel, datetime] | None:
    """Return the closed chat that this channel replaces."""
    if channel is DeliveryChannel.SPHERE:
        return None
    before = CHATS[: CHATS.index(channel)] if channel in CHATS else CHATS
    return next(((closed, reachability.closed[closed]) for closed in before if closed in reachability.closed), None)
