"""What a group of the team is to support: how it is written to, what its inputs are, and how it reports failures.

A channel that has a group gives it as its attribute `group` (`WithGroup`). A group translates and does nothing else.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol, runtime_checkable

from bot.messaging.channel import ChannelError
from bot.support.records import TicketState


class InputKind(StrEnum):
    """What an input is."""

    TEXT = "text"
    NOT_TEXT = "not_text"
    """A photo, a file, a voice message, something forwarded."""
    EDITED = "edited"
    ANONYMOUS = "anonymous"
    """Written in the name of the group: nobody knows by whom."""


@dataclass(frozen=True)
class GroupInput:
    """Something that somebody wrote or pressed in the group."""

    key: str
    """The channel's own id of it: the same one twice is done once."""
    sender: str
    """Who it was, as the channel knows them; at most 128 characters."""
    thread: str
    """In which thread, as the channel knows it; empty outside of any thread."""
    text: str = ""
    """Plain text: words for the user, or a command. A pressed button is the command that it stands for."""
    kind: InputKind = InputKind.TEXT
    message: str | None = None
    """Id of their message, where it can be deleted."""
    ticket_id: int | None = None
    """The ticket of the card that was pressed."""
    visible: bool = True
    """Whether the group saw it; what was entered in a card it did not see."""


@dataclass(frozen=True)
class TicketCard:
    """The card at the head of a thread: the ticket, its state, its context. Nothing in it names an usager."""

    ticket_id: int
    title: str
    heading: str
    state: TicketState
    agent: str
    """Name of the assignee, or empty."""
    facts: tuple[tuple[str, str], ...]
    """Label and value of each."""
    earlier: tuple[str, ...]
    """What was said before a person was asked for, a line each; nothing where the group is not trusted."""
    url: str
    """Page of the ticket at the desk, where the conversation is read."""

    @property
    def text(self) -> str:
        """All of it as a text."""
        facts = [*(f"{label}\u00a0: {value}" for label, value in self.facts), self.url]
        return "\n".join([self.heading, *facts, *(["", *self.earlier] if self.earlier else [])])


@dataclass(frozen=True)
class Answer:
    """What is answered to an input."""

    text: str = ""
    refused: bool = False
    delete_input: bool = False
    """Whether the input is to be deleted: it named an usager, or held a code."""
    card: TicketCard | None = None
    """The card as it is now, for whoever pressed it."""


Listener = Callable[[GroupInput], Awaitable[Answer]]


class ThreadGone(ChannelError):
    """Somebody deleted the thread."""

    def __init__(self) -> None:
        super().__init__("the thread is not there any more")


class GroupUnusable(ChannelError):
    """The group is not as it must be: the bot is not in it, may not manage its topics, or it has none. An operator has to correct it."""

    def __init__(self) -> None:
        super().__init__((self.__doc__ or "").splitlines()[0])


class Group(Protocol):
    """A group. Its methods raise the errors above, and those of `bot.messaging.channel` that are not about users."""

    name: str
    """Name of its channel in the database, at most 16 characters."""
    address: str
    """As the channel knows the group, at most 200 characters."""
    trusted: bool
    """Whether an usager may be named there."""
    max_text_length: int
    """Of one message, in UTF-16 code units."""
    has_cards: bool
    """Whether a thread has a card that can be updated; else the context is the first message of the thread."""

    def listen(self, listener: Listener) -> None:
        """Set who handles the inputs. An exception of the listener means that the input could not be stored, and must come again."""

    async def create_thread(self, card: TicketCard) -> str:
        """Create a thread and return what it is known by, at most 300 characters."""

    async def post(self, thread: str, text: str) -> None:
        """Write plain text in a thread; "" is the group itself."""

    async def update_card(self, thread: str, card: TicketCard) -> None:
        """Replace the card; does nothing where a thread has none."""

    async def close_thread(self, thread: str) -> None:
        """Close a thread, so that nobody writes there any more. One that is closed is no error."""

    async def reopen_thread(self, thread: str) -> None:
        """Reopen a thread. One that is open is no error."""

    async def delete_message(self, message: str) -> bool:
        """Delete a message of an agent's, and return whether that was possible."""


@runtime_checkable
class WithGroup(Protocol):
    """A channel that may have a group of the team."""

    group: Group | None
