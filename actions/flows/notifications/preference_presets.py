"""Changes of the notification preferences that buttons make."""

from __future__ import annotations

from datetime import time, timedelta

from actions.framework.context import Context
from bot.notifications.calendar import instant
from bot.notifications.delivery_policy import modes
from bot.notifications.kinds import PASS_MUTES, Category, DeliveryChannel, Mode
from bot.notifications.preference_changes import AddQuiet, Change, SetDigest, SetMode, StartMute
from bot.notifications.preferences import EVERY_DAY, Window

MUTE_DURATIONS = ("day", "week")
"""Durations of the mute that replaces one without an end."""
_MORNING = time(8)

PRESETS: dict[str, tuple[Change, ...]] = {
    "digest": (SetDigest(hours=(time(8),)),),
    "evenings": (AddQuiet(windows=(Window(days=EVERY_DAY, start=time(19), end=time(8)),)),),
    "weekends": (AddQuiet(windows=(Window(days=frozenset({5, 6}), start=time(0), end=time(0)),)),),
}
"""Changes by preset. The digest goes by the ways by which the user is notified of dossiers now (see `preset_changes`)."""


async def preset_changes(context: Context, preset: str) -> tuple[Change, ...]:
    """Return the changes of a preset."""
    if preset != "digest":
        return PRESETS[preset]
    account, service = await context.linked_account(), context.services.notifications
    ways = await service.channels(account.id, account.email)
    preferences = await service.preferences(account.id)
    modes_by_way = [modes(category, preferences, ways)[0] for category in set(Category) - PASS_MUTES]
    used = frozenset(way for way in ways - {DeliveryChannel.SPHERE} if any(mode[way] is not Mode.NEVER for mode in modes_by_way))
    return (
        SetMode(categories=frozenset(Category), ways=used or (ways & {DeliveryChannel.MAIL}) or ways, mode=Mode.DIGEST),
        *PRESETS[preset],
    )


async def mute_for(context: Context, duration: str, dossier: str | None) -> tuple[Change, ...]:
    """Return a mute until 8 in the morning, tomorrow or in a week, of a dossier or (None) of everything."""
    service, now = context.services.notifications, context.services.clock.now()
    zone = (await service.preferences((await context.account_reference()).id)).zone
    day = now.astimezone(zone).date() + timedelta(days=1 if duration == MUTE_DURATIONS[0] else 7)
    return (StartMute(dossier=dossier, until=instant(day, _MORNING, zone)),)
