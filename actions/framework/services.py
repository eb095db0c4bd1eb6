"""The services that actions call: the parts of the action server's process."""

from __future__ import annotations

from functools import cache

from bot.container import Container
from bot.settings import load_settings


@cache
def get_services() -> Container:
    """Return the services of this process, made from its settings. Raise SettingsError if a setting is missing or wrong."""
    services = Container(load_settings())
    _ = services.account_requests, services.opening_hours  # what needs settings fails now, not in a conversation
    return services
