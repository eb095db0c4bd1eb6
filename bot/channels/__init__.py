"""Channels: they translate to and from the outside, nothing else.

A folder with `create(wiring)` is a channel that messages are pushed to.
"""

from __future__ import annotations

import importlib
import pkgutil

from bot.messaging.channel import Channel, ChannelContext
from bot.settings import SettingsError


def create_channels(wiring: ChannelContext) -> list[Channel]:
    """The configured channels: the folders here, and the modules that `CHANNELS` names.

    Raises SettingsError, naming the variable, where a channel's settings are wrong.
    """
    folders = [f"{__name__}.{module.name}" for module in pkgutil.iter_modules(__path__) if module.ispkg]
    more = [name.strip() for name in wiring.settings.channels.split(",") if name.strip()]
    channels: list[Channel] = []
    for name in (*folders, *more):
        try:
            module = importlib.import_module(name)
        except ModuleNotFoundError as error:
            if name in folders:
                raise
            raise SettingsError(f"CHANNELS names {name}, which cannot be imported") from error
        channel: Channel | None = module.create(wiring)
        if channel is not None:
            channels.append(channel)
    return channels
