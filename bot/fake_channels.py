"""The settings that `TELEGRAM=fake` and `TEAMS=fake` stand for: how the bot reaches a fake Telegram and a fake Teams on this machine."""

from __future__ import annotations

CONTROL_PATH = "CONTROL_PATH"
"""Environment variable with the path, `/` and a secret, below which alone a stand-in answers what anybody could misuse."""
TELEGRAM_TOKEN, TELEGRAM_BOT = "4242:fake", "sphere_demo_bot"
"""Token and user name of the bot at the fake Telegram."""
TELEGRAM_GROUP = "-1004242"
"""Id of the forum supergroup of the SPHERE team at the fake Telegram."""
TEAMS_APP_ID, TEAMS_TENANT_ID = "8f2c7a4e-1b6d-4d0a-9c35-5e0a7d1b2f60", "3d9b1e57-6c24-4f8a-a1d0-2b7f4c8e9a13"
"""Application id of the bot at the fake Teams, and its one tenant."""
TEAMS_CHANNEL = "19:0f6b2c7d8e9a4b1c8d2e3f4a5b6c7d8e@thread.tacv2"
"""Id of the channel of the SPHERE team at the fake Teams."""


def telegram_settings(url: str) -> dict[str, str]:
    """Return the settings, by environment variable, of a bot that speaks to the fake Telegram at `url`."""
    return {"TELEGRAM_TOKEN": TELEGRAM_TOKEN, "TELEGRAM_BOT": TELEGRAM_BOT, "TELEGRAM_API_URL": url, "TELEGRAM_LINK_URL": url}


def teams_settings(url: str) -> dict[str, str]:
    """Return the settings, by environment variable, of a bot that speaks to the fake Teams at `url`."""
    return {
        "TEAMS_APP_ID": TEAMS_APP_ID,
        "TEAMS_TENANT_ID": TEAMS_TENANT_ID,
        "TEAMS_LINK_URL": url,
        "TEAMS_SERVICE_URL": f"{url}/emea/",
        "TEAMS_OPENID_URL": f"{url}/v1/.well-known/openidconfiguration",
    }
