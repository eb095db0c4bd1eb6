"""Answers users who ask for the transcript of their conversation with the agents."""

from __future__ import annotations

from sqlalchemy.ext.asyncio import AsyncSession

from bot.core.clock import Clock
from bot.identity.continuations import Continuations
from bot.messaging.messages import Reply, Turn
from bot.messaging.ports import Messaging
from bot.messaging.tables import SYSTEM
from bot.messaging.transcript import WEB, add_replies
from bot.support.system_messages import SystemMessages
from bot.support.tables import TicketRow
from bot.support.ticket_transcript import TicketTranscriptLinks, is_shown, last_ticket


class TranscriptReplies:
    """Gives the address of a transcript in a trusted chat, and elsewhere a link to the trusted web chat, where the address is said."""

    def __init__(
        self, messaging: Messaging, links: TicketTranscriptLinks, continuations: Continuations, clock: Clock, messages: SystemMessages
    ) -> None:
        self._messaging, self._links, self._continuations = messaging, links, continuations
        self._clock, self._messages = clock, messages

    async def link_to_web_chat(self, session: AsyncSession, turn: Turn, row: TicketRow | None) -> Reply:
        """Return a new link to the trusted web chat, where an agent answered; in that chat itself, that it is said there."""
        if self._messaging.is_trusted(turn.channel):
            return self._messages.text_only("elsewhere_is_here", row)
        return self._messages.another_link(await self._continuations.add_link(session, turn.conversation_id))

    async def reply(self, session: AsyncSession, turn: Turn, ticket_id: int | None) -> Reply:
        """Return the answer to a turn that asks for the transcript of a ticket (None: of the conversation's last one).

        Where the answer goes to an external channel, the address is added to the web chat of the same conversation.
        """
        row = await (last_ticket(session, turn.conversation_id) if ticket_id is None else session.get(TicketRow, ticket_id))
        if row is None or row.conversation_id != turn.conversation_id or row.erased_at is not None or not await is_shown(session, row):
            return self._messages.text_only("no_transcript")
        address = self._messages.transcript(row, await self._links.make(session, row))
        if self._messaging.is_trusted(turn.channel):
            return address
        await add_replies(
            session,
            turn.conversation_id,
            [address],
            channel=WEB,
            now=self._clock.now(),
            button_life=self._messaging.button_life,
            turn=None,
            shown_after=0,
            author=SYSTEM,
        )
        return self._messages.transcript_elsewhere(row, await self._continuations.add_link(session, turn.conversation_id))
