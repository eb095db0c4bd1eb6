"""What identifies an usager neither stays in nor leaves to an external channel: the one filter that all of it passes."""

from __future__ import annotations

from collections.abc import Callable, Collection
from datetime import date
from functools import lru_cache

from bot.core.clock import PARIS, Clock
from bot.dossiers.records import Usager
from bot.dossiers.usager_cache import UsagerCache
from bot.identity.service import Identity
from bot.messaging.messages import Button, Link, Message, Reply
from bot.messaging.pii.pii_detection import Span, detect_pii, mask_text, url_names

__all__ = ["Redaction", "Span"]


class Redaction:
    """Finds and masks traits, knowing the usagers of whoever the chat is linked to. Never raises for want of the platform."""

    def __init__(self, identity: Identity, usagers: UsagerCache, clock: Clock) -> None:
        self._identity, self._usagers, self._clock = identity, usagers, clock

    async def spans(self, conversation_id: str, text: str) -> list[Span]:
        """Where `text` holds traits, in code points."""
        return self._find(text, await self._known(conversation_id))

    async def clean(self, conversation_id: str, reply: Reply, about: Collection[str] | None = None) -> Reply:
        """A reply as an external channel may have it, stored as well as shown.

        Args:
            about: the dossiers whose usagers alone could be named, where it is not the chat's own talk: what a notice tells.
        """
        masked = await self._mask(conversation_id, about)
        buttons = tuple(
            Button(
                title=masked(b.title),
                intent=b.intent,
                entities={name: masked(value) if isinstance(value, str) else value for name, value in b.entities.items()},
            )
            for b in reply.buttons
        )
        link = Link(title=masked(reply.link.title), url=reply.link.url) if reply.link else None
        return Reply(text=masked(reply.text), buttons=buttons, link=link)

    async def mask(self, conversation_id: str, text: str, dossiers: Collection[str] = ()) -> str:
        """A text without the usagers whom the chat's person knows, those of `dossiers`, and whatever shows by itself."""
        known = (*await self._known(conversation_id), *(await self._usagers.of_dossiers(dossiers) or ()))
        return mask_text(text, self._find(text, known))

    async def clean_message(self, conversation_id: str, message: Message, about: Collection[str] | None = None) -> Message:
        """A message of the transcript as it may be sent to an external channel; `about` as for `clean`."""
        masked = await self._mask(conversation_id, about)
        buttons = [{**button, "title": masked(button["title"])} for button in message["buttons"]]
        link = message["link"] and {**message["link"], "title": masked(message["link"]["title"])}
        return {**message, "text": masked(message["text"]), "buttons": buttons, "link": link}

    async def safe_url(self, account_id: str, url: str) -> bool:
        """Whether an address may be told on an external channel: nothing of the usagers whom the account knows stands in it.

        Stricter than a text: any of their names or birth dates anywhere behind the host; and False where nobody can tell who they are.
        """
        known = await self._usagers.of_account_if_known(account_id)
        return known is not None and not url_names(url, known)

    async def _mask(self, conversation_id: str, about: Collection[str] | None) -> Callable[[str], str]:
        """Masks a text. What a notice tells is told to many: it is looked through once."""
        today = self._clock.now().astimezone(PARIS).date()
        if about is not None and (usagers := await self._usagers.of_dossiers(about)) is not None:
            return lambda text: _masked_for_many(text, usagers, today)
        known = await self._known(conversation_id)
        return lambda text: _masked(text, known, today)

    async def _known(self, conversation_id: str) -> tuple[Usager, ...]:
        account_id = await self._identity.linked_account_id(conversation_id)
        return await self._usagers.of_account(account_id) if account_id else ()

    def _find(self, text: str, known: tuple[Usager, ...]) -> list[Span]:
        return detect_pii(text, known, self._clock.now().astimezone(PARIS).date())


def _masked(text: str, known: tuple[Usager, ...], today: date) -> str:
    return mask_text(text, detect_pii(text, known, today))


_masked_for_many = lru_cache(maxsize=1_000)(_masked)
