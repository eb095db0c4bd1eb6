"""Audit trail: who did what, when, on which dossier, to whom, on what basis, through which channel, with what result.

Events are written by the transaction of the act that they record, so that neither exists without the other: where they cannot be
written, the act is not done. They are never changed or deleted: the mapper refuses it, and so does the database (`APPEND_ONLY`). Each holds
the hash of the one before it, so that a change by whoever owns the database shows (`bot.core.audit_chain`, `bot audit verify`).
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, NoReturn

from sqlalchemy import DDL, Index, String, event, func, insert, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, Session, mapped_column

from bot.core.database import Table

APPEND_ONLY: dict[str, tuple[str, ...]] = {
    "sqlite": (
        *(
            f"CREATE TRIGGER IF NOT EXISTS audit_events_no_{verb.lower()} BEFORE {verb} ON audit_events "
            "BEGIN SELECT RAISE(ABORT, 'audit_events is append-only'); END"
            for verb in ("UPDATE", "DELETE")
        ),
        # INSERT OR REPLACE deletes without firing the trigger on DELETE.
        "CREATE TRIGGER IF NOT EXISTS audit_events_no_replace BEFORE INSERT ON audit_events "
        "WHEN EXISTS (SELECT 1 FROM audit_events WHERE id = NEW.id OR key = NEW.key) "
        "BEGIN SELECT RAISE(ABORT, 'audit_events is append-only'); END",
    ),
    "postgresql": (
        "CREATE OR REPLACE FUNCTION audit_events_refuse() RETURNS trigger AS "
        "$$ BEGIN RAISE EXCEPTION 'audit_events is append-only'; END $$ LANGUAGE plpgsql",
        "CREATE OR REPLACE TRIGGER audit_events_append_only BEFORE UPDATE OR DELETE ON audit_events "
        "FOR EACH ROW EXECUTE FUNCTION audit_events_refuse()",
        "CREATE OR REPLACE TRIGGER audit_events_no_truncate BEFORE TRUNCATE ON audit_events "
        "FOR EACH STATEMENT EXECUTE FUNCTION audit_events_refuse()",
    ),
}
"""Statements, by dialect, that make the database itself refuse changes; run by the migrations and by `create_all`."""
GENESIS = "0" * 64
"""What stands for the hash before the first event."""
HASHED = ("at", "actor", "action", "dossier", "subject", "basis", "channel", "conversation", "outcome", "key")
"""The columns that the hash of every event covers, in their order; a `period`, where there is one, comes after them."""
_CHAIN_LOCK = 0x61756469
"""Advisory lock of PostgreSQL under which events are appended, so that the order of ids is that of commits."""
_PENDING = "audit"


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
    conversation: Mapped[str | None] = mapped_column(String(32))
    """Id of the chat in which it was done."""
    period: Mapped[str | None] = mapped_column(String(24))
    """Of an access with dates: first and last day, « 2026-12-15/2027-01-02 », an open side as « .. »."""
    previous: Mapped[str | None] = mapped_column(String(64))
    """Hash of the event before."""
    hash: Mapped[str | None] = mapped_column(String(64))
    """SHA-256 of `previous` and the event itself (`chain_hash`), 64 hexadecimal digits."""


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
    conversation: str | None = None,
    key: str | None = None,
    period: str | None = None,
) -> bool:
    """Record one act in the caller's writing transaction; return False if an event with this `key` exists already.

    It is written when the transaction is committed, after everything else: nobody waits for anything while holding the chain.
    """
    pending: list[dict[str, Any]] = session.info.setdefault(_PENDING, [])
    if key is not None:
        if any(values["key"] == key for values in pending):
            return False
        if await session.scalar(select(AuditEvent.id).where(AuditEvent.key == key)) is not None:
            return False
    pending.append(
        {
            "at": now,
            "actor": actor,
            "action": action,
            "dossier": dossier,
            "subject": subject,
            "basis": basis,
            "channel": channel,
            "conversation": conversation,
            "outcome": outcome,
            "key": key,
            "period": period,
        }
    )
    return True


def chain_hash(previous: str, values: Mapping[str, Any]) -> str:
    """Return the hash of an event (its columns by name) that follows the one whose hash is `previous`.

    Events without a period, as all were before there were any, have the hash that they always had.
    """
    at = values["at"].astimezone(UTC).isoformat(timespec="microseconds")
    dated = [values["period"]] if values.get("period") is not None else []
    content = json.dumps([previous, at, *(values[name] for name in HASHED[1:]), *dated], ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(content.encode("utf-8", "surrogatepass")).hexdigest()


@event.listens_for(Session, "before_commit")
def _append(session: Session) -> None:
    """Write the events of a transaction as its last statements, each chained to the one before. What it raises undoes the transaction."""
    if not session.info.get(_PENDING) or session.in_nested_transaction():
        return
    session.flush()
    pending: list[dict[str, Any]] = session.info.pop(_PENDING)
    connection = session.connection()
    if connection.dialect.name == "postgresql":
        connection.execute(select(func.pg_advisory_xact_lock(_CHAIN_LOCK)))
    previous = connection.scalar(select(AuditEvent.hash).order_by(AuditEvent.id.desc()).limit(1)) or GENESIS
    rows = []
    for values in pending:
        hashed = chain_hash(previous, values)
        rows.append({**values, "previous": previous, "hash": hashed})
        previous = hashed
    connection.execute(insert(AuditEvent), rows)


@event.listens_for(Session, "after_rollback")
def _forget(session: Session) -> None:
    session.info.pop(_PENDING, None)
