"""What became of every notice, once everything has come to rest: read from the database and from what Telegram was sent."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import create_engine, func, select
from sqlalchemy.engine import make_url
from sqlalchemy.orm import Session

from bot.jobs.outbox import OutboxRow
from bot.messaging.tables import ButtonRow
from bot.notifications.tables import DELIVERED, HANDED, Event, Notice, NoticeMessage, NoticeSend, NotificationPerson
from tests.notification_load.people import Json, Population
from tests.notification_load.quiet_hours import Windows

SOON = timedelta(minutes=5)
"""What waits for longer waits for the end of a quiet window."""
UNDER_WAY = 2.0
"""Seconds from a decision until Telegram has the message, at the most, where nobody is killed in between."""

IN_FLIGHT = 10.0
"""Seconds between sending a message and noting that it was sent, at the most, on a machine that is busy otherwise."""

Posted = Mapping[str, tuple[int, int]]
"""Dossier and number of events, by the event's id."""


@contextmanager
def reading(url: str) -> Iterator[Session]:
    """A session on the database, synchronous."""
    plain = make_url(url)
    engine = create_engine(plain.set(drivername=plain.drivername.replace("+aiosqlite", "")))
    try:
        with Session(engine) as session:
            yield session
    finally:
        engine.dispose()


def left(session: Session, events: int) -> int:
    """How much there is still to do but what waits for the end of a quiet window; `events` is how many were posted."""
    soon = datetime.now(UTC) + SOON
    unknown = events - (session.scalar(select(func.count()).select_from(Event).where(Event.fanned_out_at.is_not(None))) or 0)
    people = select(func.count()).select_from(NotificationPerson).where(NotificationPerson.look_at <= soon)
    rows = select(func.count()).select_from(OutboxRow).where(OutboxRow.done_at.is_(None), OutboxRow.dead_at.is_(None))
    return unknown + (session.scalar(people) or 0) + (session.scalar(rows) or 0)


def progress(session: Session) -> int:
    """How much is done: notices made, those handed to the outbox by Telegram, those that Telegram has."""
    handed = select(func.count()).select_from(NoticeSend).where(NoticeSend.way == "telegram", NoticeSend.state == HANDED)
    delivered = handed.join(NoticeMessage, NoticeMessage.id == NoticeSend.message_id).where(NoticeMessage.state == DELIVERED)
    counts = (select(func.count()).select_from(Notice), handed, delivered)
    return sum(session.scalar(count) or 0 for count in counts)


@dataclass
class Verdict:
    """What became of the notices. What should not be is listed, so that one can look."""

    notices: int = 0
    """As many as there should be."""
    delivered: int = 0
    waiting: int = 0
    """For the end of a quiet window, rightly."""
    messages: int = 0
    """That Telegram has, each counted once."""
    lost: list[str] = field(default_factory=list)
    twice: dict[int, list[float]] = field(default_factory=dict)
    """Messages that were sent more than once: when."""
    unanswered: list[int] = field(default_factory=list)
    """Of them, those that an attempt failed for: Telegram had the message, and its answer came too late on a machine that is too busy."""
    unexplained: list[int] = field(default_factory=list)
    """Of the others, those that were not in flight when a bot was killed."""
    unknown: int = 0
    """Messages that Telegram got and the database knows nothing of."""
    disordered: list[str] = field(default_factory=list)
    quiet: list[float] = field(default_factory=list)
    """Messages sent in a quiet window: how many seconds after it had begun."""

    @property
    def too_late(self) -> list[float]:
        """Of them, those that were not on their way when the window began, on a machine that has nothing else to do."""
        return [seconds for seconds in self.quiet if seconds > UNDER_WAY]

    @property
    def inside(self) -> list[float]:
        """Of them, those that were not on their way when the window began, however busy the machine is."""
        return [seconds for seconds in self.quiet if seconds > IN_FLIGHT]

    @property
    def repeated(self) -> int:
        """How many messages too many Telegram got."""
        return sum(len(times) - 1 for times in self.twice.values())


@dataclass(frozen=True)
class _Sent:
    """A message as Telegram got it: of whom, which, when."""

    person: int
    message: int
    at: float


@dataclass(frozen=True)
class Evidence:
    """What was seen from outside."""

    population: Population
    calls: Sequence[Json]
    """Of the Bot API, as the stand-in noted them."""
    posted: Posted
    """Every event."""
    windows: Windows
    kills: Sequence[float]
    """When a bot was killed, in seconds since 1970."""

    def judged(self, url: str) -> Verdict:
        """Beside what the database says."""
        verdict = Verdict()
        with reading(url) as session:
            sent = _sent(session, self.population, self.calls, verdict)
            copies: defaultdict[int, list[float]] = defaultdict(list)
            for one in sent:
                copies[one.message].append(one.at)
            verdict.messages = len(copies)
            _judge_notices(session, self.population, self.posted, copies, verdict)
            _judge_copies(session, copies, self.kills, verdict)
            _judge_order(session, sent, verdict)
        verdict.quiet = [seconds for one in sent if (seconds := self.windows.seconds_inside(one.person, one.at)) > 0]
        return verdict


def _sent(session: Session, population: Population, calls: Sequence[Json], verdict: Verdict) -> list[_Sent]:
    """By the button under each message, which holds the message's id."""
    marking = select(ButtonRow.token, ButtonRow.entities).where(ButtonRow.intent == "mark_notifications_read")
    messages = {token: int(entities["message"]) for token, entities in session.execute(marking)}
    found = []
    for call in calls:
        if call["method"] != "sendMessage" or call["status"] != 200:
            continue
        message = next((messages[token] for token in _tokens(call["arguments"]) if token in messages), None)
        if message is None:
            verdict.unknown += 1
        else:
            found.append(_Sent(population.person_of_chat(int(call["chat"])), message, call["at"]))
    return found


def _tokens(arguments: Json) -> Iterator[str]:
    markup: Any = arguments.get("reply_markup") or {}
    for row in (json.loads(markup) if isinstance(markup, str) else markup).get("inline_keyboard", []):
        yield from (str(button.get("callback_data")) for button in row)


def _judge_notices(
    session: Session, population: Population, posted: Mapping[str, tuple[int, int]], copies: Mapping[int, Any], verdict: Verdict
) -> None:
    wanted = (
        select(
            Event.event_id,
            Notice.account_id,
            NoticeSend.state,
            NoticeSend.why,
            NoticeSend.message_id,
            NoticeMessage.state,
            NotificationPerson.look_at,
        )
        .join(Notice, Notice.event_id == Event.id)
        .join(NotificationPerson, NotificationPerson.account_id == Notice.account_id)
        .join(NoticeSend, (NoticeSend.notice_id == Notice.id) & (NoticeSend.way == "telegram"))
        .outerjoin(NoticeMessage, NoticeMessage.id == NoticeSend.message_id)
    )
    rows = {(row[0], row[1]): row for row in session.execute(wanted)}
    later = datetime.now(UTC) + SOON
    for event_id, (dossier, number) in posted.items():
        for person in population.recipients(dossier, number):
            verdict.notices += 1
            row = rows.get((event_id, population.account(person)))
            if row is None:
                verdict.lost.append(f"{event_id} for {person}: no notice by Telegram")
                continue
            _, _, state, why, message, outcome, look_at = row
            if state == HANDED and outcome == DELIVERED and message in copies:
                verdict.delivered += 1
            elif state == "waiting" and look_at is not None and look_at > later and person % 10 in (0, 2):
                verdict.waiting += 1
            else:
                verdict.lost.append(f"{event_id} for {person}: {state} {why} {outcome}, {len(copies.get(message, ()))} copies")


def _judge_copies(session: Session, copies: Mapping[int, list[float]], kills: Sequence[float], verdict: Verdict) -> None:
    """A message in flight at a kill had been sent shortly before, was not settled, and was taken again."""
    columns = (NoticeMessage.id, OutboxRow.attempts, OutboxRow.last_error)
    wanted = select(*columns).join(OutboxRow, OutboxRow.id == NoticeMessage.outbox_id)
    rows: dict[int, tuple[int, str | None]] = {row[0]: (row[1], row[2]) for row in session.execute(wanted)}
    for message, times in copies.items():
        if len(times) > 1:
            verdict.twice[message] = sorted(times)
            attempts, error = rows.get(message, (0, None))
            explained = all(any(time - 0.1 <= kill <= time + IN_FLIGHT for kill in kills) for time in sorted(times)[:-1])
            if error is not None:
                verdict.unanswered.append(message)
            elif attempts < len(times) or not explained:
                verdict.unexplained.append(message)


def _judge_order(session: Session, sent: Sequence[_Sent], verdict: Verdict) -> None:
    """What a person is told of a dossier, and when: events as they occurred, whatever was sent twice."""
    wanted = (
        select(NoticeSend.message_id, Notice.dossier, func.min(Notice.occurred_at), func.max(Notice.occurred_at))
        .join(Notice, Notice.id == NoticeSend.notice_id)
        .where(NoticeSend.way == "telegram", NoticeSend.message_id.is_not(None))
        .group_by(NoticeSend.message_id, Notice.dossier)
    )
    spans: defaultdict[int, list[tuple[str, datetime, datetime]]] = defaultdict(list)
    for message, dossier, first, last in session.execute(wanted):
        spans[message].append((dossier, first, last))
    last_messages: dict[tuple[int, str], tuple[datetime, int]] = {}
    for one in sorted(sent, key=lambda one: one.at):
        for dossier, first, last in spans[one.message]:
            before = last_messages.get((one.person, dossier))
            if before is not None and before[1] != one.message and before[0] > first:
                verdict.disordered.append(f"message {one.message} to {one.person} about {dossier}")
            last_messages[one.person, dossier] = (last, one.message)
