"""Settings of an installation on several machines (docs/dev/machines.md)."""

from __future__ import annotations

from typing import Literal

from pydantic import Field, SecretStr
from pydantic_settings import BaseSettings


class MachineSettings(BaseSettings):
    """Part of `bot.settings.Settings`. Units are in the names or the descriptions."""

    roles: Literal["serve,deliver", "serve"] = Field(
        "serve,deliver",
        alias="ROLES",
        description="What `bot serve` does: all, or `serve`, where `bot deliver` runs for what nobody waits for.",
    )
    drain_seconds: float = Field(
        0.0,
        alias="DRAIN_SECONDS",
        ge=0,
        le=300,
        description="How long a process that is told to stop goes on serving, while `/health/ready` has a proxy send nothing new.",
    )
    database_connections: int = Field(
        30,
        alias="DATABASE_CONNECTIONS",
        ge=2,
        le=500,
        description="Connections to the database that one process opens at the most; a third of them stay open.",
    )
    digest_spread_minutes: float = Field(
        5.0,
        alias="DIGEST_SPREAD_MINUTES",
        ge=0,
        le=60,
        description="Minutes over which the digests of one hour leave, each person's always after the same part of it; 0: all at once.",
    )
    redis_url: SecretStr | None = Field(
        None,
        alias="REDIS_URL",
        description="Redis in which processes count requests together (none: in the database), "
        "and messages to Telegram and Teams (none: each on its own).",
    )
