"""Tables of the team's groups: which thread shows which ticket, the inputs, and the messaging accounts of agents."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, Index, String, Text, UniqueConstraint, true
from sqlalchemy.orm import Mapped, mapped_column

from bot.core.database import Table


class ThreadRow(Table):
    """A ticket in one group of the team: a topic in Telegram, a card with its answers in Teams. A view, not the source of truth."""

    __tablename__ = "support_threads"
    __table_args__ = (Index("ix_support_threads_thread", "channel", "thread"), Index("ix_support_threads_open", "channel", "open"))

    channel: Mapped[str] = mapped_column(String(16), primary_key=True)
    ticket_id: Mapped[int] = mapped_column(ForeignKey("support_tickets.id"), primary_key=True)
    address: Mapped[str] = mapped_column(String(200))
    """The group that it is in; if another one is set, the ticket is shown there anew."""
    thread: Mapped[str | None] = mapped_column(String(300))
    """As the channel knows it; None before it is created, and after somebody deleted it."""
    open: Mapped[bool] = mapped_column(default=True, server_default=true())
    """Whether agents may write there: closed as the ticket is."""
    shown: Mapped[int] = mapped_column(default=0, server_default="0")
    """The last event of the ticket that was shown there; 0: not even the context."""
    head: Mapped[str | None] = mapped_column(String(64))
    """Digest of the card, where the channel can update it."""
    lease_until: Mapped[datetime | None]
    """Until when one process alone shows something there."""


class GroupInputRow(Table):
    """An input of a group, done once, and what is answered there. Holds no words of the agent's."""

    __tablename__ = "support_group_inputs"
    __table_args__ = (Index("ix_support_group_inputs_said", "channel", "said_at", "id"),)

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=True)
    channel: Mapped[str] = mapped_column(String(16))
    key: Mapped[str] = mapped_column(String(100), unique=True)
    thread: Mapped[str] = mapped_column(String(300))
    """Where it was written; empty outside of any thread."""
    answer: Mapped[str] = mapped_column(Text)
    """What is answered, one of the project's own texts; empty: nothing."""
    unwanted: Mapped[str | None] = mapped_column(String(128))
    """Id of the agent's message, where it is to be deleted: it named an usager, or held a code."""
    at: Mapped[datetime] = mapped_column(index=True)
    said_at: Mapped[datetime | None]


class AgentLinkRow(Table):
    """A messaging account that is an agent's: whoever writes with it is that agent."""

    __tablename__ = "support_agent_links"
    __table_args__ = (UniqueConstraint("channel", "agent_id"),)

    channel: Mapped[str] = mapped_column(String(16), primary_key=True)
    person: Mapped[str] = mapped_column(String(128), primary_key=True)
    """As the channel knows them: Telegram's user id, the directory's object id in Teams."""
    agent_id: Mapped[str] = mapped_column(ForeignKey("support_agents.id"))
    linked_at: Mapped[datetime]


class LinkCodeRow(Table):
    """A code that links the messaging account which shows it; only its hash is kept."""

    __tablename__ = "support_link_codes"

    code_hash: Mapped[str] = mapped_column(String(64), primary_key=True)
    agent_id: Mapped[str] = mapped_column(ForeignKey("support_agents.id"), index=True)
    expires_at: Mapped[datetime]
