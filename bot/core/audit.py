"""Audit trail: who did what, when, on which dossier, to whom, on what basis, through which channel, with what result.

Events are added in the transaction of the act that they record, so that neither exists without the other,
and are never changed or deleted: the mapper refuses it, and so does the database (`APPEND_ONLY`).
"""

from __future__ import annotations

from datetime import datetime
from typing import Any, NoReturn

from sqlalchemy import DDL, Index, String, event, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from bot.core.database import Table

APPEND_ONLY: dict[str, tuple[str, ...]] = {
    "sqlite": tuple(
        f"CREATE TRIGGER IF NOT EXISTS audit_events_no_{verb.lower()} BEFORE {verb} ON audit_events "
        "BEGIN SELECT RAISE(ABORT, 'audit_events is append-only'); END"
        for verb in ("UPDATE", "DELETE")
    ),
    "postgresql": (
        "CREATE OR REPLACE FUNCTION audit_events_refuse() RETURNS trigger AS "
        "$$ BEGIN RAISE EXCEPTION 'audit_events is append-only'; END $$ LANGUAGE plpgsql",
        "CREATE OR REPLACE TRIGGER audit_events_append_only BEFORE UPDATE OR DELETE ON audit_events "
        "FOR EACH ROW EXECUTE FUNCTION audit_events_refuse()",
    ),
}
"""Statements, by dialect, that make the database itself refuse changes; run by the migration and by `create_all`."""


class AuditEvent(Table):
    """One act. Holds identifiers and outcome codes only: never a name, a text, a number, a login code or an address."""

    __tablename__ = "audit_events"
    __table_args__ = (Index("ix_audit_events_dossier", "dossier", "at"), Index("ix_audit_events_actor", "actor", "at"))

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=True)
    at: Mapped[datetime]
    actor: Mapped[str | None] = mapped_column(String(100))
    """Account id of the actor, or "agent:<name>" for support; None where nobody is known."""
    action: Mapped[str] = mapped_column(String(64))
    """Dotted name, capability first: "partners.add", "identity.link"."""
    dossier: Mapped[str | None] = mapped_column(String(32))
    """Reference of the dossier."""
    subject: Mapped[str | None] = mapped_column(String(100))
    """The person or thing that was acted on: a FHIR reference, a conversation id, the reference of a request."""
    basis: Mapped[str | None] = mapped_column(String(32))
    channel: Mapped[str | None] = mapped_column(String(16))
    outcome: Mapped[str] = mapped_column(String(32))
    key: Mapped[str | None] = mapped_column(String(200), unique=True)
    """Idempotency key: the same act is recorded once."""


def _refuse_change(_mapper: Any, _connection: Any, _target: AuditEvent) -> NoReturn:
    raise TypeError("audit_events is append-only")


event.listen(AuditEvent, "before_update", _refuse_change)
event.listen(AuditEvent, "before_delete", _refuse_change)
for _dialect, _statements in APPEND_ONLY.items():
    for _statement in _statements:
        event.listen(AuditEvent.__table__, "after_create", DDL(_statement).execute_if(dialect=_dialect))  # type: ignore[no-untyped-call]


async def record(
    session: AsyncSession,
    *,
    now: datetime,
    actor: str | None,
    action: str,
    outcome: str,
    dossier: str | None = None,
    subject: str | None = None,
    basis: str | None = None,
    channel: str | None = None,
    key: str | None = None,
) -> bool:
    """Record one act in the caller's writing transaction; return False if an event with this `key` exists already."""
    if key is not None and await session.scalar(select(AuditEvent.id).where(AuditEvent.key == key)) is not None:
        return False
    session.add(
        AuditEvent(
            at=now, actor=actor, action=action, dossier=dossier, subject=subject, basis=basis, channel=channel, outcome=outcome, key=key
        )
    )
    await session.flush()
    return True
