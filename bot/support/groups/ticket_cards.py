"""The cards at the head of tickets' threads, as one group may see them."""

from __future__ import annotations

from dataclasses import replace

from bot.support.groups.group import TicketCard
from bot.support.groups.pii_filter import GroupPiiFilter
from bot.support.groups.ticket_updates import TicketUpdates
from bot.support.records import Ticket


class TicketCards:
    """Cards, filtered."""

    def __init__(self, updates: TicketUpdates, pii_filter: GroupPiiFilter) -> None:
        self._updates, self._filter = updates, pii_filter

    async def card_of(self, ticket: Ticket) -> TicketCard:
        """Return the ticket's card as it is now. Raise UnknownTicket."""
        card = await self._updates.card(ticket.id)

        async def clean(text: str) -> str:
            return await self._filter.clean(ticket, text)

        facts = [(label, await clean(value)) for label, value in card.facts]
        earlier = [await clean(line) for line in card.earlier]
        return replace(card, title=await clean(card.title), heading=await clean(card.heading), facts=tuple(facts), earlier=tuple(earlier))
