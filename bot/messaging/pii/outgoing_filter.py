"""The filter of all that leaves to an external channel, whoever wrote it: the assistant, an agent, the system, a notification.

What is made of the installation's own texts is searched for the usagers of the dossiers in question and for what identifies somebody by
itself (`Redaction`). What somebody says in words of their own may name anybody: it is also read by the model, and searched for what leads
to a person. Nothing of such words leaves while the model cannot be asked.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Awaitable, Callable, Collection, Sequence
from dataclasses import dataclass

from bot.core.text_folding import name_words
from bot.messaging.messages import Message, Reply
from bot.messaging.pii.contact_details import OwnContacts, detect_contact_details
from bot.messaging.pii.redaction import Redaction
from bot.messaging.pii.spans import Span, mask_text

MaskNames = Callable[[str, Sequence[Span]], Awaitable[str]]
"""Masks the usagers whom the model reads in a text, and known spans; raises `AssistantUnavailable` where nobody can say."""
WRITTEN_BY_PEOPLE = frozenset({"agent"})
"""Authors of the transcript whose messages are words of their own."""
_MASK = re.compile(r"\[[^\[\]\n]{1,30}\]")
_INVISIBLE = re.compile("[\u00ad\u180e\u200b\u2060\ufeff]")
"""Letters that are not seen, and would part a name."""


@dataclass(frozen=True)
class FilteredText:
    """A text as an external channel may have it."""

    text: str
    replaced: int
    """How many parts were replaced by a mask."""

    @property
    def parts(self) -> list[tuple[str, bool]]:
        """The text in pieces, each with whether it is a mask."""
        found, at = [], 0
        for match in _MASK.finditer(self.text):
            found += [(self.text[at : match.start()], False), (match[0], True)]
            at = match.end()
        return [(piece, masked) for piece, masked in [*found, (self.text[at:], False)] if piece]


class OutgoingFilter:
    """Filters texts, messages and replies. One a process."""

    def __init__(self, redaction: Redaction, mask_names: MaskNames, own: OwnContacts) -> None:
        self._redaction, self._mask_names, self._own = redaction, mask_names, own

    async def spans(self, conversation_id: str, text: str) -> list[Span]:
        """Return where `text` identifies a usager whom the chat's person knows, in code points."""
        return await self._redaction.spans(conversation_id, text)

    async def clean(self, conversation_id: str, reply: Reply, about: Collection[str] | None = None) -> Reply:
        """Return a reply as an external channel may have it, stored as well as shown; `about` as `Redaction.clean` has it.

        Raises:
            AssistantUnavailable: it holds somebody's own words, and nobody can say who is named there.
        """
        text = reply.text
        for words in sorted({words.strip() for words in reply.own_words}, key=len, reverse=True):
            if words:
                whole = words not in text  # the template changed them: all of it is read
                filtered = await self.filter_words(conversation_id, text if whole else words, about or ())
                text = filtered.text if whole else text.replace(words, filtered.text)
        return await self._redaction.clean(conversation_id, reply.model_copy(update={"text": text}), about)

    async def clean_message(self, conversation_id: str, message: Message, about: Collection[str] | None = None) -> Message:
        """Return a message of the transcript as it may be sent: filtered again, without the model, which has read it."""
        cleaned = await self._redaction.clean_message(conversation_id, message, about)
        if message["author"] in WRITTEN_BY_PEOPLE:
            cleaned["text"] = self._without_contacts(str(cleaned["text"]))
        return cleaned

    async def filter_known(self, conversation_id: str, text: str, dossiers: Collection[str] = ()) -> str:
        """Return a text without known usagers and without what identifies somebody by itself; never raises."""
        return await self._redaction.mask(conversation_id, text, dossiers)

    async def filter_words(
        self, conversation_id: str, text: str, dossiers: Collection[str] = (), *, professionals: Collection[str] = ()
    ) -> FilteredText:
        """Return somebody's own words as they may leave.

        Args:
            conversation_id: the chat that they go to, or are about.
            text: at most 4,000 characters.
            dossiers: references of dossiers in question, besides those of the chat's person.
            professionals: names that the model may take for an usager's, but are not: the agent's, that of the chat's person.

        Raises:
            AssistantUnavailable: nobody can say who is named there.
        """
        text = _INVISIBLE.sub("", unicodedata.normalize("NFC", text)).strip()
        if not text:
            return FilteredText("", 0)
        known = await self._redaction.spans(conversation_id, text, dossiers)
        masked = with_words_back(text, await self._mask_names(text, known), known, professionals, self._own)
        masked = self._without_contacts(masked)
        masked = await self._redaction.mask(conversation_id, masked, dossiers)
        return FilteredText(masked, max(0, len(_MASK.findall(masked)) - len(_MASK.findall(text))))

    def _without_contacts(self, text: str) -> str:
        return mask_text(text, detect_contact_details(text, self._own))


def with_words_back(text: str, masked: str, known: Sequence[Span], names: Collection[str], own: OwnContacts) -> str:
    """Return a masked text with the words back that are no usager's: names, unless a known usager has them too, and support's contacts.

    Args:
        text: as it was written.
        masked: the same with masks in the place of some words.
        known: where the text identifies usagers who are known.
        names: whose names are put back: each word of a masked part is one of theirs.
        own: how support is reached.
    """
    allowed = [set(name_words(name)) for name in names if name.strip()]
    pieces, masks = _MASK.split(masked), _MASK.findall(masked)
    if not text.startswith(pieces[0]):
        return masked
    at, result = len(pieces[0]), pieces[0]
    for number, (mask, piece) in enumerate(zip(masks, pieces[1:], strict=True), 1):
        end = len(text) - len(piece) if number == len(masks) else text.find(piece, at + 1)
        if end < at or text[end : end + len(piece)] != piece or (not piece and number < len(masks)):
            return masked  # the texts cannot be laid side by side: nothing is put back
        words = set(name_words(text[at:end]))
        is_known = any(span.start < end and at < span.end for span in known)
        back = own.holds(text[at:end]) or (bool(words) and not is_known and any(words <= some for some in allowed))
        result += (text[at:end] if back else mask) + piece
        at = end + len(piece)
    return result
