"""Tables of dossiers: counters of probing, and pairs of dossiers that may be about one person. Neither holds anything of an usager."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from bot.core.database import Table


class ProbeCounter(Table):
    """How often one account or one chat did one thing since an instant: `<what>:account:<id>` or `<what>:chat:<id>`."""

    __tablename__ = "dossier_probes"
    __table_args__ = (Index("ix_dossier_probes_since", "since"),)

    subject: Mapped[str] = mapped_column(String(100), primary_key=True)
    since: Mapped[datetime]
    count: Mapped[int] = mapped_column(default=0)


class PossibleDuplicateRow(Table):
    """Two dossiers, by their references, that may be about one person: the one that there was, and the one that was created."""

    __tablename__ = "possible_duplicates"
    __table_args__ = (UniqueConstraint("existing", "created"), Index("ix_possible_duplicates_created", "created"))

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=True)
    existing: Mapped[str] = mapped_column(String(32))
    created: Mapped[str] = mapped_column(String(32))
    found_at: Mapped[datetime]
    closed_at: Mapped[datetime | None]
    """When support was done with it."""
    closed_by: Mapped[str | None] = mapped_column(String(64))
    """Id of the agent."""
