"""The mutes of a user that are not over."""

from __future__ import annotations

from collections.abc import Sequence

from actions.framework.context import Context
from bot.notifications.preferences import Mute


async def current_mutes(context: Context) -> list[Mute]:
    """Return the user's mutes that hold now or will hold later."""
    now = context.services.clock.now()
    preferences = await context.services.notifications.preferences((await context.account_reference()).id)
    return [mute for mute in preferences.mutes if mute.until is None or mute.until > now]


def muted_dossiers(mutes: Sequence[Mute]) -> list[str]:
    """Return the references of the dossiers that the mutes concern, each once."""
    return list(dict.fromkeys(mute.dossier for mute in mutes if mute.dossier is not None))
