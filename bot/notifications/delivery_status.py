"""Following what was handed: delivered when its channel took it; given up, it waits again for the next way; late, it is decided again.

Called in the transactions in which the outbox settles its rows, so that a message and its row never say different things.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import bindparam, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from bot.core.clock import Clock
from bot.core.database import Database
from bot.jobs.outbox import CHAT, OutboxRow
from bot.notifications.calendar import quiet_until
from bot.notifications.care_team_cache import CareTeamCache
from bot.notifications.eligibility import needs_check
from bot.notifications.kinds import DeliveryChannel
from bot.notifications.reachability import NOWHERE, Reaching
from bot.notifications.recipients import PEOPLE, lock_recipients, read_preferences, read_recipients, schedule_check
from bot.notifications.replanning import GIVEN_UP, ExistingDelivery, Planner
from bot.notifications.send_history import MESSAGES
from bot.notifications.tables import DELIVERED, FAILED, HANDED, RECALLED, SENT, WAITING, Notice, NoticeMessage, NoticeSend

FRESH = timedelta(minutes=1)
"""What left the handing longer ago is decided again before it is sent."""

SENDS = NoticeSend.metadata.tables[NoticeSend.__tablename__]


def is_notice(row: OutboxRow) -> bool:
    """Whether a row of the outbox carries notices."""
    return "notice" in row.payload


def about(row: OutboxRow) -> list[str] | None:
    """The dossiers that the notices of a row name; None where it is none, or tells a text that somebody wrote."""
    dossiers = row.payload.get("notice", {}).get("dossiers")
    return list(dossiers) if dossiers is not None else None


async def carried_on(session: AsyncSession, pushes: Mapping[int, int]) -> None:
    """What was to be said is in its chat, and is to be pushed: by row of the outbox, the one that carries it now."""
    if pushes:
        moved = update(MESSAGES).where(MESSAGES.c.outbox_id == bindparam("b_from"), MESSAGES.c.state == SENT)
        rows = [{"b_from": before, "b_to": after} for before, after in pushes.items()]
        await (await session.connection()).execute(moved.values(outbox_id=bindparam("b_to")), rows)


async def delivered(session: AsyncSession, row_ids: Collection[int], now: datetime) -> None:
    """The channel took what these rows carried."""
    if row_ids:
        taken = update(MESSAGES).where(MESSAGES.c.outbox_id.in_(row_ids), MESSAGES.c.state == SENT)
        await session.execute(taken.values(state=DELIVERED, delivered_at=now))


async def failed(session: AsyncSession, row_ids: Collection[int], now: datetime, *, closed: bool) -> None:
    """These rows are dead: what they told waits to be told by the next way; by this one again only if the chat `closed` and reopens."""
    await _take_back(session, row_ids, now, FAILED, why=None if closed else GIVEN_UP)


async def recall(session: AsyncSession, row_ids: Collection[int], now: datetime) -> None:
    """These rows are not to be sent after all: what they told is decided again."""
    await _take_back(session, row_ids, now, RECALLED, why=None)


async def unsaid(session: AsyncSession, conversation_id: str) -> list[int]:
    """Rows of notices that are still to be said in a chat, and that nobody has in hand."""
    open_ = (OutboxRow.kind == CHAT, OutboxRow.done_at.is_(None), OutboxRow.dead_at.is_(None), OutboxRow.lease_until.is_(None))
    mine = select(OutboxRow.id).join(NoticeMessage, NoticeMessage.outbox_id == OutboxRow.id)
    return list(await session.scalars(mine.where(OutboxRow.conversation_id == conversation_id, *open_).with_for_update(of=OutboxRow)))


async def _take_back(session: AsyncSession, row_ids: Collection[int], now: datetime, state: str, why: str | None) -> None:
    if not row_ids:
        return
    found = select(MESSAGES.c.id, MESSAGES.c.account_id).where(MESSAGES.c.outbox_id.in_(row_ids), MESSAGES.c.state == SENT)
    accounts = {row[0]: row[1] for row in await session.execute(found)}
    if not accounts:
        return
    people = sorted(set(accounts.values()))
    await lock_recipients(session, people, waiting=True)
    await session.execute(update(MESSAGES).where(MESSAGES.c.id.in_(accounts), MESSAGES.c.state == SENT).values(state=state))
    theirs = update(SENDS).where(SENDS.c.message_id.in_(accounts), SENDS.c.state == HANDED)
    await session.execute(theirs.values(state=WAITING, due_at=now, why=why))
    await schedule_check(session, dict.fromkeys(people, now))


class SendTimeCheck:
    """Decides once more about what is about to be sent, where it did not leave at once."""

    def __init__(self, database: Database, clock: Clock, circles: CareTeamCache, reaching: Reaching) -> None:
        self._database, self._clock, self._circles, self._reaching = database, clock, circles, reaching

    async def not_now(self, rows: Collection[OutboxRow]) -> set[int]:
        """Those of these rows that must not be sent at this moment: preferences changed, it is quiet, it was read, access ended.

        Everything is decided again where a minute has passed, or a sending failed; else only whether it is quiet and nothing changed.
        """
        by_message = {int(row.payload["notice"]["message"]): row for row in rows if is_notice(row)}
        if not by_message:
            return set()
        now = self._clock.now()
        columns = (MESSAGES.c.id, MESSAGES.c.handed_at, PEOPLE.c.version, PEOPLE.c.preferences)
        known = select(*columns).join(PEOPLE, PEOPLE.c.account_id == MESSAGES.c.account_id).where(MESSAGES.c.id.in_(by_message))
        doubtful: list[int] = []
        async with self._database.reading() as session:
            for message_id, handed_at, version, document in await session.execute(known):
                row = by_message[message_id]
                late = row.attempts > 1 or not timedelta() <= now - handed_at <= FRESH
                changed = version != row.payload["notice"]["version"]
                if late or changed or (document and quiet_until(read_preferences(document), now) is not None):
                    doubtful.append(message_id)
            if not doubtful:
                return set()
            sends = await self._sends(session, doubtful)
            accounts = sorted({send["account_id"] for send in sends})
            reach = await self._reaching(session, accounts, now)
            people = {person.account_id: person for person in await read_recipients(session, accounts)}
        circles = await self._circles.several({s["dossier"] for s in sends if needs_check(s["kind"], s["dossier"], s["created_at"], now)})
        refused = set()
        for send in sends:
            person, circle = people[send["account_id"]], circles.get(send["dossier"])
            takes_part = send["dossier"] not in circles or (circle is not None and person.account_id in circle.names)
            ways = reach.get(person.account_id, NOWHERE).ways(person.perhaps_mail)
            if not (takes_part or send["kind"] == "access.ended") or not _may_go(send, Planner(person, ways, now), now):
                refused.add(by_message[send["message_id"]].id)
        return refused

    async def _sends(self, session: AsyncSession, messages: list[int]) -> list[dict[str, Any]]:
        columns = (
            NoticeSend.message_id, NoticeSend.id, NoticeSend.account_id, NoticeSend.way, Notice.kind, Notice.dossier, Notice.urgent,
            Notice.created_at, Notice.read_at,
        )  # fmt: skip
        wanted = select(*columns).join(Notice, Notice.id == NoticeSend.notice_id)
        return [dict(row) for row in (await session.execute(wanted.where(NoticeSend.message_id.in_(messages)))).mappings()]


def _may_go(send: Mapping[str, Any], weigher: Planner, now: datetime) -> bool:
    if send["read_at"] is not None:
        return False
    way = DeliveryChannel(send["way"])
    had = {way: ExistingDelivery(send["id"], way, WAITING, None)}
    weighed = weigher.again(send["kind"], send["dossier"], had, urgent=send["urgent"], since=send["created_at"])
    return any(due.way is way and due.at <= now for due in weighed.waiting)
