"""The groups of the team put together: each heard and shown, none where none is configured."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable

from bot.core.clock import Clock
from bot.core.database import Database
from bot.messaging.channel import Channel
from bot.messaging.pii.redaction import Redaction
from bot.settings import Settings, SettingsError
from bot.support.agent_links import AgentLinks
from bot.support.desk import Desk
from bot.support.groups.group import Answer, Group, GroupInput, Listener, WithGroup
from bot.support.groups.group_input import GroupInputHandler
from bot.support.groups.group_texts import GroupTexts
from bot.support.groups.group_view import GroupView
from bot.support.groups.pii_filter import GroupPiiFilter, Read
from bot.support.groups.threads import Threads
from bot.support.groups.ticket_cards import TicketCards
from bot.support.groups.ticket_updates import TicketUpdates


class Groups:
    """The team's groups of one process."""

    def __init__(
        self,
        settings: Settings,
        database: Database,
        clock: Clock,
        desk: Desk,
        links: AgentLinks,
        privacy: Redaction,
        read: Read,
        channels: Iterable[Channel],
    ) -> None:
        """Raises SettingsError where a group is set whose channel is not."""
        words = GroupTexts()
        composer = TicketUpdates(database, desk, words)
        self.showings: dict[str, GroupView] = {}
        for channel in channels:
            group = channel.group if isinstance(channel, WithGroup) else None
            if group is not None:
                threads, clean = Threads(database, group.name, group.address), GroupPiiFilter(privacy, read, words, trusted=group.trusted)
                showing = GroupView(group, threads, composer, clean, words, clock)
                hearing = GroupInputHandler(group, desk, links, threads, clean, TicketCards(composer, clean), words, clock)
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


def _heard(hearing: GroupInputHandler, showing: GroupView) -> Listener:
    async def listener(heard: GroupInput) -> Answer:
        answer = await hearing.hear(heard)
        showing.wake()
        return answer

    return listener


__all__ = ["Group", "Groups"]
