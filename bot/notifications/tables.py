"""Tables of the notifications."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from bot.database import Table


class Event(Table):
    """An event of the platform, as it was taken in; (`source`, `event_id`) makes it the same however often it is sent."""

    __tablename__ = "events"
    __table_args__ = (UniqueConstraint("source", "event_id"),)

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=True)
    source: Mapped[str] = mapped_column(String(300))
    event_id: Mapped[str] = mapped_column(String(200))
    kind: Mapped[str] = mapped_column(String(32))
    """The type without its prefix: "team.joined"."""
    subject: Mapped[str | None] = mapped_column(String(64))
    """Reference of the dossier, or id of the account; None for a service notice."""
    occurred_at: Mapped[datetime | None]
    """When the platform says that it happened."""
    received_at: Mapped[datetime]
    data: Mapped[dict[str, Any]]
    """Of `author`, `recipients`, `title`, `urgent`, `url`, what was given."""
