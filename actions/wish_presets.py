"""Changes of notification settings that buttons make, a press away."""

from __future__ import annotations

from datetime import time, timedelta

from actions.base import Context
from bot.notifications.calendar import instant
from bot.notifications.delivery_policy import modes
from bot.notifications.kinds import PASS_MUTES, Category, DeliveryChannel, Mode
from bot.notifications.preference_changes import AddQuiet, Change, SetDigest, SetMode, StartMute
from bot.notifications.preferences import EVERY_DAY, Window

LASTING = ("day", "week")
"""How long a mute lasts that takes the place of one without end."""
_MORNING = time(8)

PRESETS: dict[str, tuple[Change, ...]] = {
    "digest": (SetDigest(hours=(time(8),)),),
    "evenings": (AddQuiet(windows=(Window(days=EVERY_DAY, start=time(19), end=time(8)),)),),
    "weekends": (AddQuiet(windows=(Window(days=frozenset({5, 6}), start=time(0), end=time(0)),)),),
}
"""Changes that buttons make; the digest goes by the ways by which the person is told of dossiers now."""


async def preset_changes(context: Context, name: str) -> tuple[Change, ...]:
    """The changes of a preset."""
    if name != "digest":
        return PRESETS[name]
    person, service = await context.member(), context.services.notifications
    ways = await service.channels(person.id, person.email)
    preferences = await service.preferences(person.id)
    lines = [modes(category, preferences, ways)[0] for category in set(Category) - PASS_MUTES]
    used = frozenset(way for way in ways - {DeliveryChannel.SPHERE} if any(line[way] is not Mode.NEVER for line in lines))
    return (SetMode(categories=frozenset(Category), ways=used or (ways & {DeliveryChannel.MAIL}) or ways, mode=Mode.DIGEST), *PRESETS[name])


async def lasting_mute(context: Context, lasting: str, dossier: str | None) -> tuple[Change, ...]:
    """A mute until 8 in the morning, tomorrow or in a week; `dossier` None: of everything."""
    service, now = context.services.notifications, context.services.clock.now()
    zone = (await service.preferences((await context.speaker()).id)).zone
    day = now.astimezone(zone).date() + timedelta(days=1 if lasting == LASTING[0] else 7)
    return (StartMute(dossier=dossier, until=instant(day, _MORNING, zone)),)
