"""The privacy filter of groups: nothing that identifies an usager enters a group, nor leaves it.

A group that is not trusted is shown no words of a conversation at all (`TicketUpdates`): what passes here on its way in are references,
topics and names of professionals. What agents write there is filtered as all that people write is.
"""

from __future__ import annotations

from bot.messaging.pii.outgoing_filter import FilteredText, OutgoingFilter
from bot.support.desk import Desk
from bot.support.records import Agent, Ticket


class GroupPiiFilter:
    """Masks texts of one group, in either direction; those of a trusted group stay as they are."""

    def __init__(self, outgoing_filter: OutgoingFilter, desk: Desk, *, trusted: bool) -> None:
        self._filter, self._desk, self.trusted = outgoing_filter, desk, trusted

    async def clean(self, ticket: Ticket, text: str) -> str:
        """Return what the group is shown, without usagers whom the user knows, the dossier's, or who are identified by the text itself."""
        if self.trusted:
            return text
        # an agent may have attached a dossier that the user takes no part in
        return await self._filter.filter_known(ticket.conversation_id, text, [ticket.dossier] if ticket.dossier is not None else ())

    async def filter_words(self, ticket: Ticket, agent: Agent, text: str) -> FilteredText:
        """Return what an agent wrote in the group, as it may be passed on. Raise NamesUnreadable."""
        if self.trusted or not text.strip():
            return FilteredText(text, 0)
        return await self._desk.filter_words(ticket, agent, text)
