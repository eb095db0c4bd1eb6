"""Tables of watching the platform: care teams as they were last seen, how far it was looked, subscriptions, what is to be looked at."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import String
from sqlalchemy.orm import Mapped, mapped_column

from bot.core.database import Table
from bot.jobs import leases
from bot.jobs.queue import Queue


class KnownTeam(Table):
    """An active care team of the platform as it was last seen."""

    __tablename__ = "known_teams"

    team_id: Mapped[str] = mapped_column(String(64), primary_key=True)
    dossier: Mapped[str | None] = mapped_column(String(32))
    """Reference of the dossier, once it had to be known."""
    patient: Mapped[str | None] = mapped_column(String(64), index=True)
    """Id of the Patient, who may have several teams."""
    version: Mapped[str | None] = mapped_column(String(64))
    updated_at: Mapped[datetime | None]
    """`meta.lastUpdated`, by the platform's clock."""
    seen_at: Mapped[datetime]


class KnownMember(Table):
    """A member who had access to a team, or was to have, when it was last seen."""

    __tablename__ = "known_members"

    team_id: Mapped[str] = mapped_column(String(64), primary_key=True)
    member: Mapped[str] = mapped_column(String(100), primary_key=True)
    """"Type/id", as the platform refers to it."""
    account_id: Mapped[str | None] = mapped_column(String(64), index=True)
    """The account behind it, where it was asked for."""
    starts: Mapped[str | None] = mapped_column(String(40))
    ends: Mapped[str | None] = mapped_column(String(40))


class PlatformWatch(Table):
    """How far changes of one type of resource were looked at."""

    __tablename__ = "platform_watch"

    name: Mapped[str] = mapped_column(String(32), primary_key=True)
    """Type of the resources."""
    baseline_at: Mapped[datetime | None]
    """When everything there was had been seen, without telling of it."""
    cursor: Mapped[datetime | None]
    """The newest `meta.lastUpdated` that was seen."""
    looked_at: Mapped[datetime | None]
    """When the platform last answered."""
    failures: Mapped[int] = mapped_column(default=0)
    """Looks in a row that failed."""
    next_at: Mapped[datetime | None]
    """When to look again; None: nobody asked to."""
    lease_until: Mapped[datetime | None]
    owner: Mapped[str | None] = mapped_column(String(160))


class PlatformSubscription(Table):
    """A subscription that an operator wants on the platform."""

    __tablename__ = "platform_subscriptions"

    criteria: Mapped[str] = mapped_column(String(200), primary_key=True)
    payload: Mapped[bool]
    """Whether notifications hold the resource."""
    remote_id: Mapped[str | None] = mapped_column(String(64))
    state: Mapped[str] = mapped_column(String(16), default="")
    """Status on the platform when it was last checked; "" where it could not be."""
    repairs: Mapped[int] = mapped_column(default=0)
    """How often it had to be set up again."""
    checked_at: Mapped[datetime | None]
    heard_at: Mapped[datetime | None]
    """When the platform last notified, a heartbeat included."""

    @property
    def resource_type(self) -> str:
        """The type of resources that it is about."""
        return self.criteria.partition("?")[0]


class PlatformLook(Table):
    """A resource that the platform notified of and that is to be read."""

    __tablename__ = "platform_looks"

    resource: Mapped[str] = mapped_column(String(100), primary_key=True)
    """"Type/id"."""
    asked_at: Mapped[datetime]
    not_before: Mapped[datetime | None]
    lease_until: Mapped[datetime | None]
    attempts: Mapped[int] = mapped_column(default=0)


WATCHES = Queue(
    name="platform_watch",
    key=PlatformWatch.name,
    is_open=(PlatformWatch.next_at.is_not(None),),
    not_before=PlatformWatch.next_at,
    lease_until=PlatformWatch.lease_until,
    lease=leases.PLATFORM_WATCH,
    owner=PlatformWatch.owner,
)
"""Looks at the platform that are due: one process at a time takes one."""
LOOKS = Queue(
    name="platform_looks",
    key=PlatformLook.resource,
    is_open=(PlatformLook.asked_at.is_not(None),),
    not_before=PlatformLook.not_before,
    lease_until=PlatformLook.lease_until,
    lease=leases.PLATFORM_LOOK,
    attempts=PlatformLook.attempts,
)
