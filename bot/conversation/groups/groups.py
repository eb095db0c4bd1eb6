"""The groups of the team put together: each heard and shown, none where none is configured."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable

from bot.clock import Clock
from bot.conversation.changes import Changes
from bot.conversation.channel import Channel
from bot.conversation.desk import Desk
from bot.conversation.groups.composing import Composer
from bot.conversation.groups.filtering import Filter, Read
from bot.conversation.groups.group import Answer, Group, Heard, Listener, WithGroup
from bot.conversation.groups.heads import Heads
from bot.conversation.groups.hearing import Hearing
from bot.conversation.groups.showing import Showing
from bot.conversation.privacy import Privacy
from bot.database import Database
from bot.settings import Settings, SettingsError
from bot.support.agent_links import AgentLinks
from bot.support.group_words import GroupWords
from bot.support.threads import Threads


class Groups:
    """The team's groups of one process."""

    def __init__(
        self,
        settings: Settings,
        database: Database,
        clock: Clock,
        desk: Desk,
        links: AgentLinks,
        privacy: Privacy,
        read: Read,
        changes: Changes,
        channels: Iterable[Channel],
    ) -> None:
        """Raises SettingsError where a group is set whose channel is not."""
        words = GroupWords()
        composer = Composer(database, desk, words)
        self.showings: dict[str, Showing] = {}
        for channel in channels:
            group = channel.group if isinstance(channel, WithGroup) else None
            if group is not None:
                threads, clean = Threads(database, group.name, group.address), Filter(privacy, read, words, trusted=group.trusted)
                showing = Showing(group, threads, composer, clean, words, changes, clock)
                hearing = Hearing(group, desk, links, threads, clean, Heads(composer, clean), words, clock)
                group.listen(_heard(hearing, showing))
                self.showings[group.name] = showing
        for variable, value, name, token in (
            ("SUPPORT_TELEGRAM_GROUP", settings.support_telegram_group, "telegram", "TELEGRAM_TOKEN"),
            ("SUPPORT_TEAMS_CHANNEL", settings.support_teams_channel, "teams", "TEAMS_APP_ID"),
        ):
            if value is not None and name not in self.showings:
                raise SettingsError(f"{variable} is set, but {token} is not")

    @property
    def names(self) -> tuple[str, ...]:
        """The channels that have a group of the team."""
        return tuple(self.showings)

    def start(self) -> None:
        """Begin to show."""
        for showing in self.showings.values():
            showing.start()

    async def stop(self) -> None:
        """Stop; to be done before the channels close their connections."""
        await asyncio.gather(*(showing.stop() for showing in self.showings.values()))


def _heard(hearing: Hearing, showing: Showing) -> Listener:
    async def listener(heard: Heard) -> Answer:
        answer = await hearing.hear(heard)
        showing.wake()
        return answer

    return listener


__all__ = ["Group", "Groups"]
