"""Channels: they translate between the gateway and chat platforms, nothing else.

A package here with `create(context)` is a channel that messages are pushed to.
"""

from __future__ import annotations

import importlib
import pkgutil

from bot.messaging.channel import Channel, ChannelContext
from bot.settings import SettingsError


def create_channels(context: ChannelContext) -> list[Channel]:
    """Return the configured channels: the packages here, and the modules that `CHANNELS` names.

    Raises:
        SettingsError: a channel's settings are wrong; it names the variable.
    """
    packages = [f"{__name__}.{module.name}" for module in pkgutil.iter_modules(__path__) if module.ispkg]
    named = [name.strip() for name in context.settings.channels.split(",") if name.strip()]
    channels: list[Channel] = []
    for name in (*packages, *named):
        try:
            module = importlib.import_module(name)
        except ModuleNotFoundError as error:
            if name in packages:
                raise
            raise SettingsError(f"CHANNELS names {name}, which cannot be imported") from error
        channel: Channel | None = module.create(context)
        if channel is not None:
            channels.append(channel)
    return channels
