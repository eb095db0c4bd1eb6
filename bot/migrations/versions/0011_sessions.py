"""Sessions of the web chat, of the desk and of the account page; the second factor of agents; links to transcripts."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

CARRIED_OVER = timedelta(days=30)
"""How long after its last use a web chat that was opened before is good at the most; nobody using it, it ends as any other."""
HASH_LENGTH = 64
"""Hexadecimal digits of a token's hash, by which a web chat was known."""


def upgrade() -> None:
    """Go forward. Web chats that were opened before go on with the tokens that they have."""
    op.create_table(
        "chat_sessions",
        sa.Column("token_hash", sa.String(length=64), nullable=False),
        sa.Column("conversation_id", sa.String(length=32), nullable=False),
        sa.Column("shared", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("continued", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_why", sa.String(length=12), nullable=True),
        sa.PrimaryKeyConstraint("token_hash", name=op.f("pk_chat_sessions")),
    )
    op.create_index("ix_chat_sessions_conversation", "chat_sessions", ["conversation_id"])
    op.create_index("ix_chat_sessions_expires_at", "chat_sessions", ["expires_at"])
    op.create_table(
        "support_recovery_codes",
        sa.Column("code_hash", sa.String(length=64), nullable=False),
        sa.Column("agent_id", sa.String(length=32), nullable=False),
        sa.ForeignKeyConstraint(["agent_id"], ["support_agents.id"], name=op.f("fk_support_recovery_codes_agent_id_support_agents")),
        sa.PrimaryKeyConstraint("code_hash", name=op.f("pk_support_recovery_codes")),
    )
    op.create_index(op.f("ix_support_recovery_codes_agent_id"), "support_recovery_codes", ["agent_id"])
    op.create_table(
        "support_transcript_links",
        sa.Column("token_hash", sa.String(length=64), nullable=False),
        sa.Column("ticket_id", sa.Integer(), nullable=False),
        sa.Column("account_id", sa.String(length=64), nullable=True),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("reader_hash", sa.String(length=64), nullable=True),
        sa.Column("reading_until", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["ticket_id"], ["support_tickets.id"], name=op.f("fk_support_transcript_links_ticket_id_support_tickets")),
        sa.PrimaryKeyConstraint("token_hash", name=op.f("pk_support_transcript_links")),
        sa.UniqueConstraint("reader_hash", name=op.f("uq_support_transcript_links_reader_hash")),
    )
    op.create_index(op.f("ix_support_transcript_links_expires_at"), "support_transcript_links", ["expires_at"])
    with op.batch_alter_table("support_agents", schema=None) as table:
        table.add_column(sa.Column("totp_key", sa.Text(), nullable=True))
        table.add_column(sa.Column("totp_since", sa.DateTime(timezone=True), nullable=True))
        table.add_column(sa.Column("totp_step", sa.Integer(), server_default="0", nullable=False))
    with op.batch_alter_table("support_agent_sessions", schema=None) as table:
        table.add_column(sa.Column("shared", sa.Boolean(), server_default=sa.false(), nullable=False))
        table.add_column(sa.Column("method", sa.String(length=8), server_default="password", nullable=False))
        table.add_column(sa.Column("browser", sa.String(length=60), server_default="", nullable=False))
    with op.batch_alter_table("page_links", schema=None) as table:
        table.add_column(sa.Column("seen_at", sa.DateTime(timezone=True), nullable=True))
        table.add_column(sa.Column("draft", sa.Text(), nullable=True))
    _carry_over()


def _carry_over() -> None:
    """Make a session of each token by which a web chat, or the web chat of another channel's conversation, is known."""
    connection = op.get_bind()
    conversations = sa.table("conversations", *(sa.column(name) for name in ("id", "channel", "address")), _instant("last_seen_at"))
    continuations = sa.table("continuations", sa.column("session"), sa.column("conversation_id"), _instant("session_until"))
    names = ("token_hash", "conversation_id", "shared", "continued")
    sessions = sa.table("chat_sessions", *(sa.column(name) for name in names), *map(_instant, ("created_at", "seen_at", "expires_at")))
    opened = sa.select(conversations.c.address, conversations.c.id, conversations.c.last_seen_at)
    rows = [
        _session(token, conversation_id, seen_at, seen_at + CARRIED_OVER, continued=False)
        for token, conversation_id, seen_at in connection.execute(opened.where(conversations.c.channel == "web"))
        if len(token) == HASH_LENGTH
    ]
    followed = sa.select(continuations.c.session, continuations.c.conversation_id, continuations.c.session_until)
    rows += [
        _session(token, conversation_id, until, until, continued=True)
        for token, conversation_id, until in connection.execute(followed.where(continuations.c.session.is_not(None)))
    ]
    if rows:
        connection.execute(sessions.insert(), rows)


def _session(token_hash: str, conversation_id: str, seen_at: datetime, expires_at: datetime, *, continued: bool) -> dict[str, Any]:
    seen = {"created_at": seen_at, "seen_at": seen_at, "expires_at": expires_at}
    return {"token_hash": token_hash, "conversation_id": conversation_id, "shared": False, "continued": continued, **seen}


def _instant(name: str) -> sa.ColumnClause[datetime]:
    return sa.column(name, sa.DateTime(timezone=True))
