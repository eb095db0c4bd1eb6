"""The stand-ins for Telegram and Teams that run beside the bot to try it without registering (`TELEGRAM=fake`, `TEAMS=fake`)."""

from __future__ import annotations

TELEGRAM_TOKEN, TELEGRAM_BOT = "4242:fake", "sphere_demo_bot"
"""How the stand-in for Telegram knows the bot."""
TELEGRAM_GROUP = "-1004242"
"""The forum of the team there."""
TEAMS_APP, TEAMS_TENANT = "8f2c7a4e-1b6d-4d0a-9c35-5e0a7d1b2f60", "3d9b1e57-6c24-4f8a-a1d0-2b7f4c8e9a13"
"""How the stand-in for Teams knows the bot, and the one tenant of both."""
TEAMS_CHANNEL = "19:0f6b2c7d8e9a4b1c8d2e3f4a5b6c7d8e@thread.tacv2"
"""The team's channel there."""


def telegram_settings(url: str) -> dict[str, str]:
    """Settings of a bot that speaks to the stand-in for Telegram at `url`, by their names in the environment."""
    return {"TELEGRAM_TOKEN": TELEGRAM_TOKEN, "TELEGRAM_BOT": TELEGRAM_BOT, "TELEGRAM_API_URL": url, "TELEGRAM_LINK_URL": url}


def teams_settings(url: str) -> dict[str, str]:
    """The same for Teams."""
    return {
        "TEAMS_APP_ID": TEAMS_APP,
        "TEAMS_TENANT_ID": TEAMS_TENANT,
        "TEAMS_LINK_URL": url,
        "TEAMS_SERVICE_URL": f"{url}/emea/",
        "TEAMS_OPENID_URL": f"{url}/v1/.well-known/openidconfiguration",
    }
