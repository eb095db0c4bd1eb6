"""Tables of support: agents and their sessions, tickets and their events, notes, viewers, canned replies."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, String, Text, false, true
from sqlalchemy.orm import Mapped, mapped_column

from bot.core.database import Table, random_id

AGENT, SUPERVISOR = "agent", "supervisor"
ROLES = (AGENT, SUPERVISOR)
"""A supervisor also sees the figures and manages the agents."""


class SupportAgent(Table):
    """A person of the support team. Never deleted: transcripts and the audit trail name them."""

    __tablename__ = "support_agents"

    id: Mapped[str] = mapped_column(String(32), primary_key=True, default=random_id)
    login: Mapped[str] = mapped_column(String(80), unique=True)
    """In lower case; an e-mail address where they sign in with an identity provider."""
    name: Mapped[str] = mapped_column(String(80))
    """As users read it."""
    role: Mapped[str] = mapped_column(String(16), default=AGENT)
    password_hash: Mapped[str | None] = mapped_column(String(200))
    """Argon2id, with its parameters; None for those who sign in with an identity provider only."""
    active: Mapped[bool] = mapped_column(default=True, server_default=true())
    created_at: Mapped[datetime]
    totp_key: Mapped[str | None] = mapped_column(Text)
    """Key of their second factor, encrypted (`bot.core.encryption`); None for those who have none."""
    totp_since: Mapped[datetime | None]
    """Since when it is asked for; None while a key was shown and no code of it given yet."""
    totp_step: Mapped[int] = mapped_column(default=0, server_default="0")
    """Time step of the last code that was taken: none is taken twice."""


class RecoveryCodeRow(Table):
    """A code that takes the place of the second factor once; deleted when it is used."""

    __tablename__ = "support_recovery_codes"

    code_hash: Mapped[str] = mapped_column(String(64), primary_key=True)
    agent_id: Mapped[str] = mapped_column(ForeignKey("support_agents.id"), index=True)


class AgentSession(Table):
    """A browser that is signed in. Only the hash of its cookie's token is kept."""

    __tablename__ = "support_agent_sessions"

    token_hash: Mapped[str] = mapped_column(String(64), primary_key=True)
    agent_id: Mapped[str] = mapped_column(ForeignKey("support_agents.id"), index=True)
    created_at: Mapped[datetime]
    seen_at: Mapped[datetime]
    """When it was last used, to the minute."""
    expires_at: Mapped[datetime] = mapped_column(index=True)
    """When it ends, however much it is used."""
    shared: Mapped[bool] = mapped_column(default=False, server_default=false())
    """Whether it is on a machine that several people use: then it ends sooner."""
    method: Mapped[str] = mapped_column(String(8), default="password", server_default="password")
    """How its agent signed in: `password`, `totp` (a password and a second factor), or `oidc`."""
    browser: Mapped[str] = mapped_column(String(60), default="", server_default="")
    """Browser and system, as its agent recognises them."""


class TranscriptLinkRow(Table):
    """A link to the transcript of one ticket, and the browser that opened it. Both tokens are stored as hashes only."""

    __tablename__ = "support_transcript_links"

    token_hash: Mapped[str] = mapped_column(String(64), primary_key=True)
    ticket_id: Mapped[int] = mapped_column(ForeignKey("support_tickets.id"))
    account_id: Mapped[str | None] = mapped_column(String(64))
    """The account that the conversation was linked to: link and reading end with that."""
    expires_at: Mapped[datetime] = mapped_column(index=True)
    """End of the link; it is read until `reading_until`."""
    reader_hash: Mapped[str | None] = mapped_column(String(64), unique=True)
    reading_until: Mapped[datetime | None]


class TicketRow(Table):
    """One escalation. What was said is in the transcript of its conversation, nowhere else."""

    __tablename__ = "support_tickets"
    __table_args__ = (
        Index("ix_support_tickets_state", "state", "queued_at"),
        Index("ix_support_tickets_conversation", "conversation_id", "id"),
        Index("ix_support_tickets_closed", "closed_at"),
    )

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=True)
    conversation_id: Mapped[str] = mapped_column(String(32))
    open_conversation_id: Mapped[str | None] = mapped_column("live", String(32), unique=True)
    """The conversation's id while the ticket is open: a conversation has at most one open ticket."""
    state: Mapped[str] = mapped_column(String(8))
    queue: Mapped[str] = mapped_column(String(32))
    reason: Mapped[str] = mapped_column(String(16))
    context: Mapped[dict[str, Any]]
    """{"task": str | null, "dossier": str | null, "error_ids": [str], "tried": [str], "resumes": bool}: references, never an identity."""
    channel: Mapped[str] = mapped_column(String(16))
    opened_message: Mapped[int] = mapped_column(default=0)
    """Id of the conversation's last message when the ticket was opened."""
    agent_id: Mapped[str | None] = mapped_column(String(64))
    agent_name: Mapped[str | None] = mapped_column(String(100))
    dossier: Mapped[str | None] = mapped_column(String(32))
    tags: Mapped[list[Any]]
    outcome: Mapped[str | None] = mapped_column(String(16))
    rating: Mapped[int | None]
    place: Mapped[int | None]
    """Place in the queue when it entered the queue: waits are estimated from it."""
    opened_at: Mapped[datetime]
    queued_at: Mapped[datetime]
    """When it last entered the queue."""
    taken_at: Mapped[datetime | None]
    """When it was first taken since `queued_at`."""
    first_reply_at: Mapped[datetime | None]
    last_user_at: Mapped[datetime | None]
    last_agent_at: Mapped[datetime | None]
    closed_at: Mapped[datetime | None]
    unanswered: Mapped[bool] = mapped_column(default=False, server_default=false())
    """Whether the user's last words to the team had no answer."""
    deadline_at: Mapped[datetime | None] = mapped_column(index=True)
    """When the state ends by itself."""
    version: Mapped[int] = mapped_column(default=0)
    """Id of its last event."""
    erased_at: Mapped[datetime | None]
    """Since when only what figures are made of is left of it (`bot.support.retention`)."""


class TicketEventRow(Table):
    """Something that happened to a ticket; never changed."""

    __tablename__ = "support_moves"
    __table_args__ = (Index("ix_support_moves_ticket", "ticket_id", "id"),)

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=True)
    ticket_id: Mapped[int] = mapped_column(ForeignKey("support_tickets.id"))
    at: Mapped[datetime]
    from_state: Mapped[str | None] = mapped_column("was", String(8))
    state: Mapped[str] = mapped_column(String(8))
    actor: Mapped[str] = mapped_column("who", String(80))
    type: Mapped[str] = mapped_column("why", String(16))
    detail: Mapped[str | None] = mapped_column(String(100))
    subject_id: Mapped[int | None] = mapped_column("about")
    """Id of what the event is about: the turn of what the user said, the message of a reply, the note of a note; of an event that closes or
    reopens the ticket, the conversation's last message (`bot.support.ticket_span`)."""


class NoteRow(Table):
    """An internal note. Nothing that a user can fetch is made from this table."""

    __tablename__ = "support_notes"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=True)
    ticket_id: Mapped[int] = mapped_column(ForeignKey("support_tickets.id"), index=True)
    at: Mapped[datetime]
    agent_id: Mapped[str] = mapped_column(String(64))
    agent_name: Mapped[str] = mapped_column(String(100))
    text: Mapped[str] = mapped_column(Text)
    key: Mapped[str | None] = mapped_column(String(200), unique=True)
    """Idempotency key, where it was written elsewhere than in the desk: the same key is noted once."""


class ViewerRow(Table):
    """An agent who is viewing a ticket, as long as `seen_at` is fresh."""

    __tablename__ = "support_viewers"

    ticket_id: Mapped[int] = mapped_column(ForeignKey("support_tickets.id"), primary_key=True)
    agent_id: Mapped[str] = mapped_column(String(64), primary_key=True)
    agent_name: Mapped[str] = mapped_column(String(100))
    seen_at: Mapped[datetime]


class MisunderstoodMessageRow(Table):
    """What a supervisor decided about a message that was not understood."""

    __tablename__ = "support_sentences"

    turn: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    """Id of its turn."""
    kept: Mapped[bool]
    """Whether it was put into the file for training, or dismissed."""
    at: Mapped[datetime]
    agent_id: Mapped[str] = mapped_column(String(64))


class TrainingSentenceRow(Table):
    """A sentence that supervisors kept for training, anonymous."""

    __tablename__ = "training_sentences"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=True)
    text: Mapped[str] = mapped_column(String(300), unique=True)
    at: Mapped[datetime]


class CannedReplyRow(Table):
    """A canned reply."""

    __tablename__ = "support_canned"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=True)
    name: Mapped[str] = mapped_column(String(100), unique=True)
    text: Mapped[str] = mapped_column(Text)
