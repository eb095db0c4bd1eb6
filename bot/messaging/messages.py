"""The plain values that channels, the gateway, Rasa's client and features exchange."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

MAX_TURN_ATTEMPTS = 5
"""A turn during which the process died this often is ended without being looked at."""


def _without_nul(text: Any) -> Any:
    return text.replace("\0", "") if isinstance(text, str) else text


def _list_if_none(value: Any) -> Any:
    return [] if value is None else value


def _dict_if_none(value: Any) -> Any:
    return {} if value is None else value


def _text_if_none(value: Any) -> Any:
    return "" if value is None else _without_nul(value)


Line = Annotated[str, BeforeValidator(_without_nul)]


class _MessagePart(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore")


class Button(_MessagePart):
    """A button as the dialogue knows it: its title, and the intent and entities that pressing it stands for."""

    title: Line = Field(min_length=1)
    intent: str = Field(min_length=1, max_length=100)
    entities: Annotated[dict[str, Any], BeforeValidator(_dict_if_none)] = Field(default_factory=dict)


class Link(_MessagePart):
    """A link that is shown under a message."""

    title: Line = Field(min_length=1)
    url: str = Field(pattern=r"^(https?://|/|mailto:|tel:)")


class Reply(_MessagePart):
    """A message to the user, before it is in the transcript."""

    text: Annotated[str, BeforeValidator(_text_if_none)] = ""
    buttons: Annotated[tuple[Button, ...], BeforeValidator(_list_if_none)] = ()
    link: Link | None = None
    handover: dict[str, Any] | None = None
    """Set where the dialogue asks for a person: what it knows (`bot.support.records.SupportRequest`)."""
    own_words: Annotated[tuple[str, ...], BeforeValidator(_list_if_none)] = ()
    """Parts of the text that are somebody's own words: who is named there is read before they leave to an external channel."""

    @property
    def blank(self) -> bool:
        """Whether there would be nothing to see."""
        return not (self.text.strip() or self.buttons or self.link)


@dataclass(frozen=True)
class Incoming:
    """What a channel received from a user: a text, the token of a button, or an event (`bot.messaging.commands.EVENTS`)."""

    client_id: str
    """The channel's own id of it; the same one twice is done once."""
    text: str | None = None
    """What was typed. Beside an event: words that are not read, which are looked through for an usager's name and not kept."""
    button: str | None = None
    event: str | None = None
    sent_id: str | None = None
    """Id of the user's message on the channel, where it can be deleted by that id."""


@dataclass(frozen=True)
class Turn:
    """A user's message that this process holds the lease of, to be answered now."""

    id: int
    conversation_id: str
    channel: str
    """The channel that the message came by."""
    home: str
    """The conversation's own channel."""
    text: str | None
    button: str | None
    event: str | None
    sent_id: str | None
    received_at: datetime
    attempts: int
    """How often it was taken, this time included."""
    pressed: RoutedMessage | None = None
    """The button of its own for which a responder returned the turn to the next one: used up when the turn ends."""


@dataclass(frozen=True)
class RoutedMessage:
    """A user's message as the router resolved it: a text to understand, or an intent with its entities."""

    text: str | None = None
    intent: str | None = None
    entities: dict[str, Any] = field(default_factory=dict)
    button_message_id: int | None = None
    """Id of the message whose button was pressed: its buttons are used up when the turn ends."""
    button_token: str | None = None
    """Token of the pressed button, where that one alone is used up (under a message of the system)."""
    button_title: str | None = None
    """Title of the pressed button."""
    transcript_text: str | None = None
    """What the transcript keeps of the user's message, where that is known beforehand: a command without its token, a title."""


@dataclass(frozen=True)
class FixedReply:
    """A reply that the gateway gives itself: to a button that is no longer valid, or to something that is not read."""

    text_name: str
    """Name of the text in texts.yml."""
    transcript_text: str | None = None
    """As in `RoutedMessage`."""
    values: dict[str, str] = field(default_factory=dict)
    """Values of the text's placeholders."""


@dataclass(frozen=True)
class Received:
    """What became of an incoming message: its turn, whether that is over, and the leased turn if it is to be answered now."""

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
    """Whether the turn may have moved the dialogue on."""
    announcements: tuple[Reply, ...] = ()
    """Messages of the system (author `system`) that follow the replies."""
    handover: dict[str, Any] | None = None
    """Set where a person is asked for (`Reply.handover`)."""
    consumed_message: int | None = None
    """Id of the message whose buttons this turn uses up."""
    consumed_button: str | None = None
    """Token of the only button of that message that is used up, where each stands on its own."""
    consumed_title: str | None = None
    """Title of the button that was pressed."""
    error_id: str | None = None
    text: str | None = None
    """What the transcript keeps of the user's message, where that is not what was typed."""
    masked: bool = False
    """Whether what identifies an usager was taken out of it."""
    intent: str | None = None
    """The intent that the assistant understood; None where the turn was not the assistant's."""


Message = dict[str, Any]
"""A message of the transcript as it is shown outside: `docs/reference.md`, Web chat API."""
