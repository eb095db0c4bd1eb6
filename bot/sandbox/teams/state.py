"""What the fake Teams remembers: people, conversations, messages, and the traffic between Teams and the bot."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import secrets
import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Literal, TypeVar

from bot.sandbox.teams.content_types import ADAPTIVE_CARD
from bot.sandbox.teams.errors import activity_not_found, conversation_not_found

Json = dict[str, Any]
ConversationType = Literal["personal", "groupChat", "channel"]
"""`conversationType` of the Bot Framework."""
Value = TypeVar("Value")


@dataclass
class Person:
    """A user with an account in the tenant."""

    id: str
    """`29:…`, the id that the bot sees."""
    aad_object_id: str
    name: str
    email: str

    def account(self) -> Json:
        """Return the account as activities hold it."""
        return {"id": self.id, "name": self.name, "aadObjectId": self.aad_object_id}


@dataclass
class Message:
    """A message as it is now, with its former contents."""

    id: str
    conversation_id: str
    thread: str | None
    """Id of the thread's first message, in a channel."""
    author: str
    """`bot`, or the id of a person."""
    content: Json
    """The activity as it was sent, posted or last updated."""
    at: float
    change: int
    """Number of its last change, among all changes in the fake."""
    history: list[Json] = field(default_factory=list)
    """Former contents, oldest first."""
    deleted: bool = False
    reactions: list[tuple[str, str]] = field(default_factory=list)
    """Pairs of person id (or `bot`) and kind of reaction."""
    views: dict[str, Json] = field(default_factory=dict)
    """User-specific views: the card that a press was answered with, by person id, until the message is updated."""

    @property
    def from_bot(self) -> bool:
        """Whether the bot wrote it."""
        return self.author == "bot"

    def card(self, person_id: str | None = None) -> Json | None:
        """Return the Adaptive Card that a person sees, if any."""
        if person_id in self.views:
            return self.views[person_id]
        attached: list[Json] = self.content.get("attachments") or []
        found: Json | None = next((one["content"] for one in attached if one.get("contentType") == ADAPTIVE_CARD), None)
        return found


@dataclass
class Conversation:
    """A personal or group chat, or a channel of a team with all its threads."""

    id: str
    kind: ConversationType
    name: str
    members: list[str]
    installed: bool = False
    closed: str | None = None
    """Code of the 403 that the bot gets, for other reasons than not being installed."""
    hears_all: bool = False
    """Whether the bot gets all messages (resource-specific consent), not only those that mention it."""
    team: Json | None = None
    """Id, name and aadGroupId of a channel's team."""
    messages: dict[str, Message] = field(default_factory=dict)
    typing_until: float = 0.0
    """Unix time until which the typing indicator is shown."""

    @property
    def refusal(self) -> str | None:
        """Code of the 403 that the bot gets when it writes there; None: it may."""
        if self.closed or self.installed:
            return self.closed
        return "MessageWritesBlocked" if self.kind == "personal" else "BotNotInConversationRoster"


@dataclass
class Call:
    """A request of the bot to the connector."""

    number: int
    at: float
    method: str
    operation: str
    conversation_id: str | None
    activity_id: str | None
    status: int | None = None
    """HTTP status; None: no answer (yet)."""
    code: str | None = None
    seconds: float | None = None
    body: Any = None


@dataclass
class Post:
    """An activity that was posted to the bot, and its answer."""

    number: int
    at: float
    activity: Json
    flaw: str | None
    attempts: int = 0
    status: int | None = None
    """HTTP status; None: no answer."""
    body: Any = None
    seconds: float | None = None
    error: str | None = None


class State:
    """Everything that the fake knows. All that can be waited for goes through `mark_changed` and `wait`."""

    def __init__(self, app_id: str, tenant_id: str, bot_name: str) -> None:
        self.app_id, self.tenant_id, self.bot_name = app_id, tenant_id, bot_name
        self.people: dict[str, Person] = {}
        self.conversations: dict[str, Conversation] = {}
        self.calls: list[Call] = []
        self.posts: list[Post] = []
        self.change = 0
        self._last_id = 0
        self._waiting: set[asyncio.Event] = set()
        self._released = False

    @property
    def bot(self) -> Json:
        """The bot's account, as activities hold it."""
        return {"id": f"28:{self.app_id}", "name": self.bot_name}

    def new_id(self) -> str:
        """Return a new message id: the time in milliseconds, never twice the same."""
        self._last_id = max(self._last_id + 1, int(time.time() * 1000))
        return str(self._last_id)

    def mark_changed(self) -> int:
        """Count a change, wake all that wait, and return the number of the change."""
        self.change += 1
        for event in self._waiting:
            event.set()
        return self.change

    def release(self) -> None:
        """Wake all that wait, for good: the fake stops."""
        self._released = True
        self.mark_changed()

    async def wait(self, read: Callable[[], Value], is_enough: Callable[[Value], bool], seconds: float) -> Value:
        """Return what `read` returns, as soon as it is enough or `seconds` have passed."""
        deadline = time.monotonic() + seconds
        event = asyncio.Event()
        self._waiting.add(event)
        try:
            while not is_enough(found := read()) and not self._released and (left := deadline - time.monotonic()) > 0:
                event.clear()
                try:
                    await asyncio.wait_for(event.wait(), left)
                except TimeoutError:
                    return read()
            return found
        finally:
            self._waiting.discard(event)

    def add_person(self, name: str, email: str | None = None, key: str | None = None) -> Person:
        """Add a user, and their personal chat in which the bot is not installed. With the same `key` the ids survive a restart."""
        seed = key or secrets.token_hex(16)
        person = Person(f"29:{_opaque(seed)}", str(_uuid(seed)), name, email or f"{_uuid(seed).hex[:8]}@sphere.example")
        self.people[person.id] = person
        chat = Conversation(f"a:{_opaque(f'{seed} chat')}", "personal", name, [person.id])
        self.conversations[chat.id] = chat
        self.mark_changed()
        return person

    def add_group(self, name: str, members: list[str], key: str | None = None) -> Conversation:
        """Add a group chat."""
        group = Conversation(f"19:{_hex(key)}@thread.v2", "groupChat", name, list(members))
        self.conversations[group.id] = group
        self.mark_changed()
        return group

    def add_channel(
        self, name: str, members: list[str], team: str | None = None, key: str | None = None, own_id: str | None = None
    ) -> Conversation:
        """Add a channel: the general one of a new team, which has the team's id, or another one of the team with id `team`."""
        new_id = own_id or f"19:{_hex(key)}@thread.tacv2"
        of_team = next((one.team for one in self.conversations.values() if one.team and one.team["id"] == team), None)
        about = of_team or {"id": new_id, "name": name, "aadGroupId": str(_uuid(new_id))}
        channel = Conversation(new_id, "channel", name, list(members), team=about)
        channel.installed = any(one.installed for one in self.conversations.values() if one.team == about)
        self.conversations[new_id] = channel
        self.mark_changed()
        return channel

    def personal(self, person_id: str) -> Conversation:
        """Return a user's personal chat with the bot."""
        return next(one for one in self.conversations.values() if one.kind == "personal" and one.members == [person_id])

    def find(self, conversation_id: str) -> tuple[Conversation, str | None]:
        """Return a conversation and, in a channel, the id of the thread. Raises ConnectorError 404."""
        main, _, thread = conversation_id.partition(";messageid=")
        found = self.conversations.get(main)
        if found is None or (";" in conversation_id and (found.kind != "channel" or not thread)):
            raise conversation_not_found()
        if thread and thread not in found.messages:
            raise activity_not_found()
        return found, thread or None

    def add_message(
        self, conversation: Conversation, author: str, content: Json, thread: str | None, message_id: str | None = None
    ) -> Message:
        """Add a message; in a channel without a thread it starts one."""
        own = message_id or self.new_id()
        root = (thread or own) if conversation.kind == "channel" else None
        message = Message(own, conversation.id, root, author, content, time.time(), self.mark_changed())
        conversation.messages[own] = message
        conversation.typing_until = 0.0
        return message

    def replace(self, message: Message, content: Json) -> None:
        """Replace the content of a message, and end its user-specific views."""
        message.history.append(message.content)
        message.content, message.views = content, {}
        message.change = self.mark_changed()

    def delete(self, message: Message) -> None:
        """Mark a message as deleted; the fake remembers it."""
        message.deleted = True
        message.change = self.mark_changed()


def _uuid(seed: str) -> uuid.UUID:
    return uuid.UUID(bytes=hashlib.sha256(seed.encode()).digest()[:16], version=4)


def _opaque(seed: str) -> str:
    """Return an opaque id of some 80 characters, like the ids of the service."""
    return base64.urlsafe_b64encode(hashlib.sha512(seed.encode()).digest()).decode().rstrip("=")


def _hex(key: str | None) -> str:
    return _uuid(key).hex if key else secrets.token_hex(16)
