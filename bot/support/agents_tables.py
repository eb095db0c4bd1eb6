"""Tables of the support team: who may use the desk, and their open sessions."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, String, true
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
    """In lower case; an e-mail address where they sign in with an issuer."""
    name: Mapped[str] = mapped_column(String(80))
    """As users read it."""
    role: Mapped[str] = mapped_column(String(16), default=AGENT)
    password_hash: Mapped[str | None] = mapped_column(String(200))
    """Argon2id, with its parameters; None for who signs in with an issuer only."""
    active: Mapped[bool] = mapped_column(default=True, server_default=true())
    created_at: Mapped[datetime]


class AgentSession(Table):
    """A browser that is signed in. Only the hash of its cookie's token is kept."""

    __tablename__ = "support_agent_sessions"

    token_hash: Mapped[str] = mapped_column(String(64), primary_key=True)
    agent_id: Mapped[str] = mapped_column(ForeignKey("support_agents.id"), index=True)
    created_at: Mapped[datetime]
    seen_at: Mapped[datetime]
    """When it was last used, to the minute."""
    expires_at: Mapped[datetime] = mapped_column(index=True)
    """However much it is used."""
