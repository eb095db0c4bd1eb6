"""The ports of messaging: what features give it, and what they may ask of it.

Messaging imports no feature. Whoever puts the application together hands the gateway an implementation of each protocol below.

Features import from messaging only what is public: this module, and

- `messages`: the plain values that are exchanged, with the commands and events of a chat (`commands`);
- `channel`: what a channel is, and the errors of its chats;
- `conversations.lock_conversation`, `transcript`, `proactive_messages`, `tables`: the transcript, written and read in the caller's
  transaction;
- `delivery_tracking`: being told what became of outbox rows;
- `rendering.split_text`, `pii`: texts made to fit, detected and masked;
- `retention.MarkedErasure`: how rows are erased in the order of their ids.

The rest (gateway, router, inbox, hub, workers, Rasa's client) is known to whoever puts the application together, to channels and pages.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Protocol

from sqlalchemy.ext.asyncio import AsyncSession

from bot.messaging.messages import Button, Message, Outcome, Reply, RoutedMessage, Turn
from bot.messaging.outbound_commands import FETCHED
from bot.messaging.pii.spans import Span
from bot.messaging.tables import Conversation

__all__ = ["FETCHED", "Conversation"]


class AssistantUnavailable(Exception):
    """The assistant gave no answer."""

    def __init__(self, message: str = "the assistant gave no answer") -> None:
        super().__init__(message)


# Who answers a turn


class TurnReturned(Exception):
    """The responder found, in the transaction that ends the turn, that another one has to answer it: nothing was written."""

    def __init__(self, turn: Turn) -> None:
        super().__init__("another responder has to answer this turn")
        self.turn = turn
        """The turn as the next responder gets it."""


def _nothing() -> None:
    return None


@dataclass(frozen=True)
class Response:
    """How a responder ends a turn."""

    outcome: Outcome | Callable[[AsyncSession], Awaitable[Outcome]]
    """The outcome, or a function that finds it in the transaction that ends the turn, the conversation being locked.

    If the function raises, nothing is written. It may raise TurnReturned.
    """
    on_committed: Callable[[], None] = _nothing
    """Called once the turn is committed, unless another process had taken it over."""


class Responder(Protocol):
    """Whoever answers the users' turns: the assistant, or human agents."""

    async def respond(self, turn: Turn) -> Response | Turn:
        """Answer a turn, or return it, possibly changed, for the next responder."""


class Handover(Responder, Protocol):
    """Human agents, to whom the assistant hands conversations over. As a responder it answers the turns of those that it holds."""

    def handles_intent(self, intent: str) -> bool:
        """Return whether a button of this intent is acted on here: Rasa does not know it."""

    def requested_intent(self, text: str) -> str | None:
        """Return the intent, among those handled here, that a whole typed message asks for; None for any other message."""

    def means_button(self, text: str, intent: str) -> bool:
        """Return whether a whole typed message does what a button of this intent offers, which was just shown."""

    def press_button(self, turn: Turn, pressed: RoutedMessage) -> Response:
        """End a turn in which a button of an intent handled here was pressed while the assistant answers the conversation."""

    def finish_turn(self, turn: Turn, outcome: Outcome) -> Response:
        """End a turn that the assistant answered: hand the conversation over where the outcome asks for it."""

    def help_button(self, error_id: str) -> Button | None:
        """Return the button that asks for a person where the assistant failed, or None."""

    async def held_conversations(self, session: AsyncSession, conversation_ids: Sequence[str]) -> set[str]:
        """Return the conversations among these in which the assistant is silent."""

    def mark_notice(self, reply: Reply) -> Reply:
        """Return a message that arrives unasked in a held conversation, marked as a notice."""

    async def user_typing(self, conversation_id: str) -> None:
        """Show the agents that the user is writing, where they hold the conversation. What is written is not known."""


class NoHandover:
    """A `Handover` of an installation without human agents: it holds no conversation and handles no intent."""

    async def respond(self, turn: Turn) -> Response | Turn:
        """Return the turn for the assistant."""
        return turn

    def handles_intent(self, intent: str) -> bool:
        """Return False."""
        return False

    def requested_intent(self, text: str) -> str | None:
        """Return None."""
        return None

    def means_button(self, text: str, intent: str) -> bool:
        """Return False."""
        return False

    def press_button(self, turn: Turn, pressed: RoutedMessage) -> Response:
        """Raise AssertionError: there is no such button."""
        raise AssertionError("no intent is handled without human agents")

    def finish_turn(self, turn: Turn, outcome: Outcome) -> Response:
        """Return the assistant's outcome as it is."""
        return Response(outcome)

    def help_button(self, error_id: str) -> Button | None:
        """Return None."""
        return None

    async def held_conversations(self, session: AsyncSession, conversation_ids: Sequence[str]) -> set[str]:
        """Return no conversation."""
        return set()

    def mark_notice(self, reply: Reply) -> Reply:
        """Return the reply as it is."""
        return reply

    async def user_typing(self, conversation_id: str) -> None:
        """Do nothing."""


@dataclass(frozen=True)
class IntentReading:
    """What a text was understood as; no intent: nobody could say."""

    intent: str | None = None
    confidence: float = 0.0


LinkAccount = Callable[[str, str], Awaitable[str | None]]
"""Links a conversation (its id) to an account by the token of a deep link; returns None, or the name of the text that says why not."""


# Who may not be named on an external channel


class KnownPerson(Protocol):
    """An usager whose name and date of birth are masked."""

    @property
    def family(self) -> str:
        """Family name, or names."""

    @property
    def given(self) -> str:
        """Given names."""

    @property
    def birth_date(self) -> date | None:
        """Date of birth, where it is known."""


class LinkedAccounts(Protocol):
    """Which account a conversation is linked to."""

    async def linked_account_id(self, conversation_id: str) -> str | None:
        """Return the id of the account on the platform, or None."""


class KnownUsagers(Protocol):
    """The usagers whom accounts know, and those of dossiers. Never raises."""

    async def of_account(self, account_id: str) -> tuple[KnownPerson, ...]:
        """Return the usagers of the account's dossiers as far as they are known."""

    async def of_account_if_known(self, account_id: str) -> tuple[KnownPerson, ...] | None:
        """Return the usagers of the account's dossiers, or None where it is not known who they are."""

    async def of_dossiers(self, references: Collection[str]) -> tuple[KnownPerson, ...] | None:
        """Return the usagers of these dossiers, or None where one of them is not known."""


# Notifications

UnreadCounts = Callable[[AsyncSession, Collection[str], datetime], Awaitable[Mapping[str, int]]]
"""Counts the unread notifications of the people of some conversations, by conversation id; those linked to nobody are absent."""


# Retention


class Erasure(Protocol):
    """A kind of text that is erased once it is old enough."""

    async def erase(self, session: AsyncSession, *, before: datetime, now: datetime, limit: int) -> int:
        """Erase up to `limit` texts from before an instant in the caller's transaction, and return how many there were."""


# What features ask of messaging


class Messaging(Protocol):
    """What features ask of messaging; the gateway implements it."""

    @property
    def button_life(self) -> timedelta:
        """How long a button may be pressed."""

    def is_trusted(self, channel: str) -> bool:
        """Return whether an usager may be named on a channel."""

    def can_delete(self, turn: Turn) -> bool:
        """Return whether the user's message can be deleted from its chat."""

    def text(self, name: str, **values: object) -> str:
        """Return one of the gateway's own texts (texts.yml)."""

    async def handled_button(self, turn: Turn) -> RoutedMessage | None:
        """Return the button of an intent that the handover handles, if the turn presses one or asks for one in words."""

    async def link_account(self, conversation_id: str, token: str) -> str | None:
        """Link a conversation as `LinkAccount` does."""

    async def mask_names(self, text: str, known: Sequence[Span] = ()) -> str:
        """Return a user's text without the usagers who are named in it, whoever they are, and without the `known` spans.

        Raises:
            AssistantUnavailable: nobody can say who is named there.
        """

    async def read_intent(self, text: str) -> IntentReading:
        """Return what a user's text is understood as, which moves no dialogue and is kept nowhere.

        Raises:
            AssistantUnavailable: nobody can say.
        """

    async def history(self, conversation_id: str, after: int | None) -> list[Message]:
        """Return the messages after an id, oldest first; with None the latest ones."""

    def message_added(self, conversation_id: str) -> None:
        """Wake the open streams of a conversation: a message was committed."""

    def set_typing(self, conversation_id: str, typing: bool) -> None:
        """Show, or no longer show, the typing indicator in the open streams of a conversation."""

    async def send_typing(self, channel: str, conversation_id: str) -> None:
        """Show the typing indicator for some seconds on the chat's own channel. Never raises."""
