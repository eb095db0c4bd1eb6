"""The neutral message types that channels, router and Rasa's client exchange."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field


def _without_nul(text: Any) -> Any:
    return text.replace("\0", "") if isinstance(text, str) else text


def _list_if_none(value: Any) -> Any:
    return [] if value is None else value


def _dict_if_none(value: Any) -> Any:
    return {} if value is None else value


def _text_if_none(value: Any) -> Any:
    return "" if value is None else _without_nul(value)


Line = Annotated[str, BeforeValidator(_without_nul)]


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore")


class Button(_Part):
    """A button as the dialogue knows it: what it shows and what pressing it means."""

    title: Line = Field(min_length=1)
    intent: str = Field(min_length=1, max_length=100)
    entities: Annotated[dict[str, Any], BeforeValidator(_dict_if_none)] = Field(default_factory=dict)


class Link(_Part):
    """A link shown under a message."""

    title: Line = Field(min_length=1)
    url: str = Field(pattern=r"^(https?://|/|mailto:|tel:)")


class Reply(_Part):
    """A message to the user, before it is in the transcript."""

    text: Annotated[str, BeforeValidator(_text_if_none)] = ""
    buttons: Annotated[tuple[Button, ...], BeforeValidator(_list_if_none)] = ()
    link: Link | None = None
    handover: dict[str, Any] | None = None
    """That the dialogue asks for a person, and what it knows (`bot.support.tickets.SupportRequest`)."""

    @property
    def blank(self) -> bool:
        """Whether there would be nothing to see."""
        return not (self.text.strip() or self.buttons or self.link)


@dataclass(frozen=True)
class Incoming:
    """What a channel received of a user: a text, the token of a button, or an event (`bot.messaging.router.EVENTS`)."""

    client_id: str
    """The channel's own id of it: the same one twice is done once."""
    text: str | None = None
    button: str | None = None
    event: str | None = None
    sent_id: str | None = None
    """Id of the user's message on the channel, where it can be deleted by it."""


@dataclass(frozen=True)
class Turn:
    """A user's message that this process holds the lease of, to be answered now."""

    id: int
    conversation_id: str
    channel: str
    """The door by which it came."""
    home: str
    """The conversation's own channel."""
    text: str | None
    button: str | None
    event: str | None
    sent_id: str | None
    received_at: datetime
    attempts: int


@dataclass(frozen=True)
class Received:
    """What became of an incoming message: its turn, whether that is over, and the lease if it is to be answered now."""

    turn_id: int
    received_at: datetime
    new: bool
    done: bool
    work: Turn | None


@dataclass(frozen=True)
class Outcome:
    """How a turn ends."""

    replies: tuple[Reply, ...]
    delivered: bool
    announcements: tuple[Reply, ...] = ()
    """What nobody in particular says after them (author « system »)."""
    handover: dict[str, Any] | None = None
    """That a person is asked for (`Reply.handover`)."""
    consumed_message: int | None = None
    """Message whose buttons are used up by this turn."""
    consumed_button: str | None = None
    """Token of the only button of it that is, where each stands on its own."""
    consumed_title: str | None = None
    """Title of the button that was pressed."""
    error_id: str | None = None
    text: str | None = None
    """What the transcript keeps of the user's message, where that is not what was typed."""
    masked: bool = False
    """Whether what identifies an usager was taken out of it."""
    intent: str | None = None
    """What the assistant understood it as; nothing where it was not the assistant's."""


Message = dict[str, Any]
"""A message of the transcript as the outside sees it: `docs/reference.md`, Web chat API."""
