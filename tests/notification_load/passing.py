"""Time that has passed while no bot ran, without waiting for it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from sqlalchemy import Table, select, update

from bot.jobs.outbox import OutboxRow
from bot.notifications.tables import Event, NoticeMessage, NoticeSend, NotificationPerson
from tests.notification_load.outcome import reading

MINUTE = timedelta(minutes=1)
_COLUMNS = (
    (OutboxRow.__table__, ("lease_until", "not_before")),
    (Event.__table__, ("fan_out_after",)),
    (NoticeMessage.__table__, ("handed_at",)),
    (NoticeSend.__table__, ("due_at",)),
    (NotificationPerson.__table__, ("look_at",)),
)


def pass_a_minute(url: str) -> None:
    """Put back by a minute what says until when something is left alone, or when it was told last.

    What lies further in the future (the end of a quiet window) stays: the clock itself did not move.
    """
    until = datetime.now(UTC) + 3 * MINUTE
    with reading(url) as session:
        for table, names in _COLUMNS:
            assert isinstance(table, Table)
            key = next(iter(table.primary_key))
            for name in names:
                column = table.c[name]
                for found, at in session.execute(select(key, column).where(column.is_not(None), column < until)).all():
                    session.execute(update(table).where(key == found).values({name: at - MINUTE}))
        session.commit()
