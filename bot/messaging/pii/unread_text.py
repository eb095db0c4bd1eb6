"""Text that comes with what is not read (a caption, a forwarded or changed message): nothing of it is kept, but it may name an usager.

The chat's own copy is then deleted, and the user is told why.
"""

from __future__ import annotations

from collections.abc import Awaitable, Iterator, Sequence
from typing import Protocol

from bot.core.errors import log_error
from bot.messaging.messages import Turn
from bot.messaging.pii.outgoing_filter import OutgoingFilter
from bot.messaging.pii.spans import Span
from bot.messaging.ports import AssistantUnavailable

PIECE = 3_900
"""Code points of a text that are read at a time: Rasa's channel takes 4,000."""


class MaskNames(Protocol):
    """Masks names."""

    def __call__(self, text: str, known: Sequence[Span] = (), /) -> Awaitable[str]:
        """Return a text without the usagers who are named in it. Raise AssistantUnavailable."""


class UnreadText:
    """Tells whether the text beside what is not read may name an usager."""

    def __init__(self, outgoing_filter: OutgoingFilter, mask_names: MaskNames) -> None:
        self._filter, self._mask_names = outgoing_filter, mask_names

    async def may_name_usager(self, turn: Turn) -> bool:
        """Return whether the text of an event may name an usager; where nobody can say, it may."""
        if turn.event is None or not turn.text:
            return False
        for piece in _pieces(turn.text):
            spans = await self._filter.spans(turn.conversation_id, piece)
            if spans:
                return True
            try:
                if (await self._mask_names(piece)).strip() != piece.strip():
                    return True
            except AssistantUnavailable as error:
                log_error(error, "asking whether what is not read names an usager")
                return True
        return False


def _pieces(text: str) -> Iterator[str]:
    """Yield the text in pieces that end between two words where they can; each begins with the end of the one before."""
    while len(text) > PIECE:
        end = text.rfind(" ", PIECE // 2, PIECE)
        end = PIECE if end < 0 else end
        yield text[:end]
        text = text[max(end - 80, 1) :]
    yield text
