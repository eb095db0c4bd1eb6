"""What stands at the head of a ticket's thread in one group, as that group may see it."""

from __future__ import annotations

from dataclasses import replace

from bot.support.groups.group import TicketCard
from bot.support.groups.pii_filter import GroupPiiFilter
from bot.support.groups.ticket_updates import TicketUpdates
from bot.support.records import Ticket


class TicketCards:
    """Heads of threads, filtered."""

    def __init__(self, composer: TicketUpdates, clean: GroupPiiFilter) -> None:
        self._composer, self._filter = composer, clean

    async def of(self, ticket: Ticket) -> TicketCard:
        """The ticket's, as it is now. Raises UnknownTicket."""
        head = await self._composer.head(ticket.id)

        async def clean(text: str) -> str:
            return await self._filter.clean(ticket, text)

        facts = [(label, await clean(value)) for label, value in head.facts]
        before = [await clean(line) for line in head.before]
        return replace(head, title=await clean(head.title), heading=await clean(head.heading), facts=tuple(facts), before=tuple(before))
