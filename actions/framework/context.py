"""What an action works with: the turn, the utterances, the services, and the account that the chat is linked to."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from actions.framework.turn import Turn
from actions.framework.utterances import Button, Utterances
from actions.framework.visible_dossiers import VisibleDossiers
from bot.accounts.registry import Account
from bot.container import Container
from bot.dossiers.records import AccountReference, Partner


class FlowOutcome(StrEnum):
    """How a flow ended. The value is the response that reports it to the conversation's own chat."""

    DONE = "utter_done_elsewhere"
    UNCHANGED = "utter_unchanged_elsewhere"
    PENDING = "utter_pending_elsewhere"
    FAILED = "utter_failed_elsewhere"


class LinkEnded(Exception):
    """The chat's link to an account ended while a flow was active."""

    def __init__(self) -> None:
        super().__init__(self.__doc__)


@dataclass
class Context:
    """What one action works with in one turn."""

    turn: Turn
    utterances: Utterances
    services: Container
    outcome: FlowOutcome = FlowOutcome.DONE
    """How the submitted flow ends; its submit action changes it."""
    agenda: list[dict[str, Any]] = field(default_factory=list)
    """Frames that the message put on the dialogue stack: what it asks beside its first act."""
    settled: list[dict[str, Any]] = field(default_factory=list)
    """Frames of the stack that were begun, or of which the user was told that they are given up."""
    _account: Account | None = None
    _account_known: bool = False

    @property
    def dossiers(self) -> VisibleDossiers:
        """The dossiers as this turn's channel may show them: the only way to them."""
        return VisibleDossiers(self.services.dossiers, self.turn.origin, trusted=self.turn.trusted)

    async def partners_of(self, reference: str) -> list[Partner]:
        """Return who takes part in a dossier of the linked account; on an external channel, those close to the usager without their names.

        Raise NotAMember, LimitReached, LinkEnded and FhirUnavailable.
        """
        partners = await self.services.partners.list(reference, await self.account_reference(), self.turn.origin)
        return partners if self.turn.trusted else [partner.unnamed for partner in partners]

    def utter_unchanged(self, response: str, buttons: list[Button] | None = None, **values: Any) -> None:
        """Utter why the flow ends without having changed anything."""
        self.outcome = FlowOutcome.UNCHANGED
        self.utterances.utter(response, buttons, **values)

    async def is_linked(self) -> bool:
        """Return whether the chat is linked to an account, from our own database."""
        return await self.services.identity.linked_account_id(self.turn.conversation_id) is not None

    async def needs_proof(self) -> bool:
        """Return whether the chat is linked, but was silent for so long that it must prove by a new code whose it is."""
        return await self.services.identity.needs_proof(self.turn.conversation_id)

    async def account(self) -> Account | None:
        """Return the account that the chat is linked to now, None if there is none. Ask once a turn. Raise FhirUnavailable."""
        if not self._account_known:
            self._account = await self.services.identity.person_of(self.turn.conversation_id)
            self._account_known = True
            await self._note_use()
        return self._account

    async def proven_account(self) -> Account | None:
        """Return the account, None if there is none or the chat must prove first whose it is. Raise FhirUnavailable."""
        return None if await self.needs_proof() else await self.account()

    async def _note_use(self) -> None:
        await self.services.identity.note_use(self.turn.conversation_id)

    async def linked_account(self) -> Account:
        """Return the account that the chat is linked to now. Raise LinkEnded if there is none, and FhirUnavailable."""
        account = await self.account()
        if account is None:
            raise LinkEnded
        return account

    async def account_reference(self) -> AccountReference:
        """Return a reference to the linked account, from our own database. Raise LinkEnded if there is none.

        That is enough where the operation itself checks the account on the platform.
        """
        account_id = await self.services.identity.linked_account_id(self.turn.conversation_id)
        if account_id is None:
            raise LinkEnded
        await self._note_use()
        return AccountReference(account_id)

    def forget_account(self) -> None:
        """Ask again for the account: the chat was just linked or unlinked."""
        self._account_known = False
