"""Puts the groups of the support team together: for each, what handles its inputs and what shows tickets in it."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable

from bot.core.clock import Clock
from bot.core.database import Database
from bot.messaging.channel import Channel
from bot.messaging.pii.outgoing_filter import OutgoingFilter
from bot.settings import Settings, SettingsError
from bot.support.agent_links import AgentLinks
from bot.support.desk import Desk
from bot.support.groups.group import Answer, Group, GroupInput, Listener, WithGroup
from bot.support.groups.group_input import GroupInputHandler
from bot.support.groups.group_texts import GroupTexts
from bot.support.groups.group_view import GroupView
from bot.support.groups.pii_filter import GroupPiiFilter
from bot.support.groups.threads import Threads
from bot.support.groups.ticket_cards import TicketCards
from bot.support.groups.ticket_updates import TicketUpdates


class Groups:
    """The team's groups in one process; none where none is configured."""

    def __init__(
        self,
        settings: Settings,
        database: Database,
        clock: Clock,
        desk: Desk,
        links: AgentLinks,
        outgoing_filter: OutgoingFilter,
        channels: Iterable[Channel],
    ) -> None:
        """Raise SettingsError where a group is set whose channel is not."""
        texts = GroupTexts()
        self.views: dict[str, GroupView] = {}
        """What shows tickets in each group, by the name of its channel."""
        for channel in channels:
            group = channel.group if isinstance(channel, WithGroup) else None
            if group is not None:
                threads = Threads(database, group.name, group.address)
                pii_filter = GroupPiiFilter(outgoing_filter, desk, trusted=group.trusted)
                updates = TicketUpdates(database, desk, texts, settings.own_url, trusted=group.trusted)
                view = GroupView(group, threads, updates, pii_filter, texts, clock)
                handler = GroupInputHandler(group, desk, links, threads, pii_filter, TicketCards(updates, pii_filter), texts, clock)
                group.listen(_listener(handler, view))
                self.views[group.name] = view
        for variable, value, name, token in (
            ("SUPPORT_TELEGRAM_GROUP", settings.support_telegram_group, "telegram", "TELEGRAM_TOKEN"),
            ("SUPPORT_TEAMS_CHANNEL", settings.support_teams_channel, "teams", "TEAMS_APP_ID"),
        ):
            if value is not None and name not in self.views:
                raise SettingsError(f"{variable} is set, but {token} is not")

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the channels that have a group of the team."""
        return tuple(self.views)

    def start(self) -> None:
        """Begin to show tickets."""
        for view in self.views.values():
            view.start()

    async def stop(self) -> None:
        """Stop; to be done before the channels close their connections."""
        await asyncio.gather(*(view.stop() for view in self.views.values()))


def _listener(handler: GroupInputHandler, view: GroupView) -> Listener:
    async def listen(group_input: GroupInput) -> Answer:
        answer = await handler.handle(group_input)
        view.wake()
        return answer

    return listen


__all__ = ["Group", "Groups"]
