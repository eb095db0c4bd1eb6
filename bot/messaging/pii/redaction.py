"""Redaction: whatever goes to or comes from an external channel passes here, and what identifies an usager is masked."""

from __future__ import annotations

from collections.abc import Callable, Collection
from datetime import date
from functools import lru_cache

from bot.core.clock import PARIS, Clock
from bot.messaging.messages import Button, Link, Message, Reply
from bot.messaging.pii.detection import detect_pii, url_identifies
from bot.messaging.pii.spans import Span, mask_text
from bot.messaging.ports import KnownPerson, KnownUsagers, LinkedAccounts


class Redaction:
    """Finds and masks what identifies the usagers whom the chat's person knows. It never fails while the platform is away."""

    def __init__(self, accounts: LinkedAccounts, usagers: KnownUsagers, clock: Clock) -> None:
        self._accounts, self._usagers, self._clock = accounts, usagers, clock

    async def spans(self, conversation_id: str, text: str, dossiers: Collection[str] = ()) -> list[Span]:
        """Return where `text` identifies an usager whom the chat's person knows, or one of `dossiers`, in code points."""
        return self._find(text, await self._known_with(conversation_id, dossiers))

    async def clean(self, conversation_id: str, reply: Reply, about: Collection[str] | None = None) -> Reply:
        """Return a reply as an external channel may have it, stored as well as shown.

        Args:
            conversation_id: the chat that it goes to.
            reply: the reply.
            about: the dossiers whose usagers alone could be named, where a notification says it to many; None for the chat's own dialogue.
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
        """Return a text without the usagers whom the chat's person knows, those of `dossiers`, and what identifies somebody by itself."""
        return mask_text(text, self._find(text, await self._known_with(conversation_id, dossiers)))

    async def clean_message(self, conversation_id: str, message: Message, about: Collection[str] | None = None) -> Message:
        """Return a message of the transcript as it may be sent to an external channel; `about` as for `clean`."""
        masked = await self._mask(conversation_id, about)
        buttons = [{**button, "title": masked(button["title"])} for button in message["buttons"]]
        link = message["link"] and {**message["link"], "title": masked(message["link"]["title"])}
        return {**message, "text": masked(message["text"]), "buttons": buttons, "link": link}

    async def safe_url(self, account_id: str, url: str) -> bool:
        """Return whether a URL may be shown on an external channel: nothing of the usagers whom the account knows stands in it.

        Stricter than a text: any of their names or birth dates anywhere behind the host; and False while it is not known who they are.
        """
        known = await self._usagers.of_account_if_known(account_id)
        return known is not None and not url_identifies(url, known)

    async def _mask(self, conversation_id: str, about: Collection[str] | None) -> Callable[[str], str]:
        """Return a function that masks a text. What a notification says is said to many, and is searched once."""
        today = self._clock.now().astimezone(PARIS).date()
        if about is not None and (usagers := await self._usagers.of_dossiers(about)) is not None:
            return lambda text: _masked_for_many(text, usagers, today)
        known = await self._known(conversation_id)
        return lambda text: _masked(text, known, today)

    async def _known(self, conversation_id: str) -> tuple[KnownPerson, ...]:
        account_id = await self._accounts.linked_account_id(conversation_id)
        return await self._usagers.of_account(account_id) if account_id else ()

    async def _known_with(self, conversation_id: str, dossiers: Collection[str]) -> tuple[KnownPerson, ...]:
        known = list(await self._known(conversation_id))
        for reference in dossiers:  # each on its own: one that is not known hides no other
            known += await self._usagers.of_dossiers([reference]) or ()
        return tuple(known)

    def _find(self, text: str, known: tuple[KnownPerson, ...]) -> list[Span]:
        return detect_pii(text, known, self._clock.now().astimezone(PARIS).date())


def _masked(text: str, known: tuple[KnownPerson, ...], today: date) -> str:
    return mask_text(text, detect_pii(text, known, today))


_masked_for_many = lru_cache(maxsize=1_000)(_masked)
