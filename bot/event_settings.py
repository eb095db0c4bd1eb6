"""Settings of how changes on the platform are heard of."""

from __future__ import annotations

from pydantic import Field
from pydantic_settings import BaseSettings


class EventSettings(BaseSettings):
    """Part of `bot.settings.Settings`."""

    platform_poll_seconds: int = Field(
        60,
        alias="PLATFORM_POLL_SECONDS",
        ge=0,
        description="Seconds between two looks at what changed on the platform (`_lastUpdated`), five minutes while a subscription is "
        "active; 0: never without a subscription, as with the embedded sandbox, which posts events.",
    )
    platform_callback_url: str | None = Field(
        None,
        alias="PLATFORM_CALLBACK_URL",
        pattern=r"^https?://[^\s?#]+$",
        description="Address of the bot as the platform reaches it, where subscriptions notify it; none: PUBLIC_URL.",
    )
