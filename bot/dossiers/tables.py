"""Tables of dossiers: counters of probing, pairs of dossiers that may be about one person, accesses with dates, acts on teams.

None holds anything of an usager.
"""

from __future__ import annotations

from datetime import date, datetime

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


class DatedAccess(Table):
    """An access that is to begin, or to end, on a day: what is announced of it. Whether it holds, the platform says."""

    __tablename__ = "dated_accesses"

    dossier: Mapped[str] = mapped_column(String(32), primary_key=True)
    account_id: Mapped[str] = mapped_column(String(64), primary_key=True)
    """Whose access it is."""
    added_by: Mapped[str] = mapped_column(String(64))
    """Account of who gave it."""
    starts_on: Mapped[date | None]
    """First day, in Paris, as long as it has not come; None: it has begun."""
    ends_on: Mapped[date | None]
    """Last day, included."""
    noted_at: Mapped[datetime]
    """When these dates were given."""
    due_at: Mapped[datetime] = mapped_column(index=True)
    """When something is to be announced next, or looked at again."""


class TeamAct(Table):
    """A change of a care team that the assistant itself made, until the team is told of it (`bot.notifications.own_acts`)."""

    __tablename__ = "team_acts"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=True)
    key: Mapped[str] = mapped_column(String(200), unique=True)
    """The key of the operation: what it did is told once."""
    dossier: Mapped[str] = mapped_column(String(32))
    act: Mapped[str] = mapped_column(String(8))
    """`bot.dossiers.team_acts.Act`."""
    member: Mapped[str] = mapped_column(String(100))
    """Account of who it is about; "Type/id" of the member where there is none."""
    actor: Mapped[str] = mapped_column(String(64))
    """Account of who did it."""
    ends_on: Mapped[date | None]
    """The last day of the access as it is now."""
    at: Mapped[datetime]
