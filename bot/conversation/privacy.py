"""What identifies an usager neither stays in nor leaves to an external channel: the one filter that all of it passes."""

from __future__ import annotations

from typing import Any

from bot.clock import PARIS, Clock
from bot.conversation.messages import Button, Link, Message, Reply
from bot.conversation.traits import Span, find_traits, mask_text
from bot.dossiers.records import Usager
from bot.dossiers.usagers import KnownUsagers
from bot.identity.service import Identity

__all__ = ["Privacy", "Span"]


class Privacy:
    """Finds and masks traits, knowing the usagers of whoever the chat is linked to. Never raises for want of the platform."""

    def __init__(self, identity: Identity, usagers: KnownUsagers, clock: Clock) -> None:
        self._identity, self._usagers, self._clock = identity, usagers, clock

    async def spans(self, conversation_id: str, text: str) -> list[Span]:
        """Where `text` holds traits, in code points."""
        return self._find(text, await self._known(conversation_id))

    async def clean(self, conversation_id: str, reply: Reply) -> Reply:
        """A reply as an external channel may have it, stored as well as shown."""
        known = await self._known(conversation_id)
        buttons = tuple(
            Button(title=self._masked(b.title, known), intent=b.intent, entities=self._masked_values(b.entities, known))
            for b in reply.buttons
        )
        link = Link(title=self._masked(reply.link.title, known), url=reply.link.url) if reply.link else None
        return Reply(text=self._masked(reply.text, known), buttons=buttons, link=link)

    async def clean_message(self, conversation_id: str, message: Message) -> Message:
        """A message of the transcript as it may be sent to an external channel."""
        known = await self._known(conversation_id)
        buttons = [{**button, "title": self._masked(button["title"], known)} for button in message["buttons"]]
        link = message["link"] and {**message["link"], "title": self._masked(message["link"]["title"], known)}
        return {**message, "text": self._masked(message["text"], known), "buttons": buttons, "link": link}

    async def _known(self, conversation_id: str) -> tuple[Usager, ...]:
        account_id = await self._identity.linked_account_id(conversation_id)
        return await self._usagers.of(account_id) if account_id else ()

    def _find(self, text: str, known: tuple[Usager, ...]) -> list[Span]:
        return find_traits(text, known, self._clock.now().astimezone(PARIS).date())

    def _masked(self, text: str, known: tuple[Usager, ...]) -> str:
        return mask_text(text, self._find(text, known))

    def _masked_values(self, entities: dict[str, Any], known: tuple[Usager, ...]) -> dict[str, Any]:
        return {name: self._masked(value, known) if isinstance(value, str) else value for name, value in entities.items()}
