"""The environment that each process of an installation is started with: every setting, but of the secrets only those that it needs."""

from __future__ import annotations

from collections.abc import Mapping

from bot.settings import secret_variables

RASA = frozenset({"RASA_TOKEN", "ACTIONS_TOKEN", "READER_TOKEN", "RASA_DATABASE_URL"})
"""Rasa authenticates the bot, is authenticated by the action server, asks the second reader, and keeps its trackers.

It reads neither the bot's database nor the platform.
"""
ACTIONS = frozenset(
    {
        "ACTIONS_TOKEN",
        "SECRET",
        "SECRET_ALSO",
        "DATABASE_URL",
        "PLATFORM_TOKEN",
        "PLATFORM_CLIENT_SECRET",
        "PLATFORM_HEADERS",
        "ANNUAIRE_SANTE_KEY",
    }
    | {"METRICS_TOKEN", "OTEL_EXPORTER_OTLP_HEADERS"}
)
"""The action server checks codes (SECRET), works on the database and the platform, looks people up in the Annuaire Santé,
and tells whoever has METRICS_TOKEN its metrics."""
BOT = secret_variables() - {"READER_TOKEN", "RASA_DATABASE_URL"}
"""The bot speaks to all else that there is: channels, mail relay, issuer, platform, Rasa; it asks the action server how it is."""


def environment_of(allowed: frozenset[str], variables: Mapping[str, str]) -> dict[str, str]:
    """Return the variables without the secrets of the settings that are not `allowed`, however their names are written."""
    withheld = secret_variables() - allowed
    return {name: value for name, value in variables.items() if name.upper() not in withheld}
