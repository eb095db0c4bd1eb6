"""The privacy filter of groups: nothing that identifies an usager enters a group, nor leaves it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from bot.messaging.pii.redaction import Redaction
from bot.support.groups.group_texts import GroupTexts
from bot.support.records import Ticket

MaskNames = Callable[[str], Awaitable[str]]
"""Masks the usagers that are named in a user's text, whoever they are; raises where nobody can say."""

PARAGRAPH = "\n\n"
"""Between two things that are said; within what somebody said there is none (`TicketUpdates`)."""


class GroupPiiFilter:
    """Masks texts of one group, in either direction; those of a trusted group stay as they are."""

    def __init__(self, redaction: Redaction, mask_names: MaskNames, texts: GroupTexts, *, trusted: bool) -> None:
        self._redaction, self._mask_names, self._trusted = redaction, mask_names, trusted
        self._user_prefix = texts.render("said", text="")

    async def clean(self, ticket: Ticket, text: str) -> str:
        """Return the text without what identifies an usager: one whom the user knows, the dossier's, or one that is identified by itself.

        What the user said is read besides: an usager may be named there whom the platform does not know yet.
        """
        if self._trusted:
            return text
        # an agent may have attached a dossier that the user takes no part in
        text = await self._redaction.mask(ticket.conversation_id, text, [ticket.dossier] if ticket.dossier is not None else ())
        before, *quoted = text.split(self._user_prefix)
        for part in quoted:
            words, end, after = part.partition(PARAGRAPH)
            before += self._user_prefix + await self._mask_names(words) + end + after
        return before
