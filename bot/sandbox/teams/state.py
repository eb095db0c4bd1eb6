"""What there is in the fake: people, conversations, messages, and what went between Teams and the bot."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import secrets
import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, TypeVar

from bot.sandbox.teams.plain_text import CARD, Kind
from bot.sandbox.teams.problems import no_activity, no_conversation

Json = dict[str, Any]
Found = TypeVar("Found")


@dataclass
class Person:
    """Somebody with an account in the tenant."""

    id: str
    """`29:…`, as the bot sees it."""
    aad_object_id: str
    name: str
    email: str

    def account(self) -> Json:
        """As in activities."""
        return {"id": self.id, "name": self.name, "aadObjectId": self.aad_object_id}


@dataclass
class Message:
    """A message as it is now, and what it was."""

    id: str
    conversation_id: str
    thread: str | None
    """In a channel: id of the thread's first message."""
    author: str
    """`bot`, or a person's id."""
    content: Json
    """The activity as it was sent or posted, or last updated."""
    at: float
    change: int
    """Number of its last change, of all that changed in the fake."""
    history: list[Json] = field(default_factory=list)
    """Contents that were replaced, oldest first."""
    deleted: bool = False
    reactions: list[tuple[str, str]] = field(default_factory=list)
    """Person's id and kind."""
    views: dict[str, Json] = field(default_factory=dict)
    """Cards that a press was answered with, by person: each sees their own until the message is updated."""

    @property
    def from_bot(self) -> bool:
        """Whether the bot wrote it."""
        return self.author == "bot"

    def card(self, person_id: str | None = None) -> Json | None:
        """The Adaptive Card that a person sees."""
        if person_id in self.views:
            return self.views[person_id]
        attached: list[Json] = self.content.get("attachments") or []
        found: Json | None = next((one["content"] for one in attached if one.get("contentType") == CARD), None)
        return found


@dataclass
class Conversation:
    """A chat, or a channel of a team with all its threads."""

    id: str
    kind: Kind
    name: str
    members: list[str]
    installed: bool = False
    closed: str | None = None
    """Code of the 403 that the bot gets, other than for not being installed."""
    hears_all: bool = False
    """Whether the bot was granted all messages of it (resource-specific consent), not only those that mention it."""
    team: Json | None = None
    """Of a channel: id, name and aadGroupId of the team."""
    messages: dict[str, Message] = field(default_factory=dict)
    typing_at: float = 0.0

    @property
    def refusal(self) -> str | None:
        """Code of the 403 for who writes there."""
        if self.closed or self.installed:
            return self.closed
        return "MessageWritesBlocked" if self.kind == "personal" else "BotNotInConversationRoster"


@dataclass
class Call:
    """A request of the bot."""

    number: int
    at: float
    method: str
    operation: str
    conversation_id: str | None
    activity_id: str | None
    status: int | None = None
    """None: it got no answer (yet)."""
    code: str | None = None
    seconds: float | None = None
    body: Any = None


@dataclass
class Post:
    """An activity that was posted to the bot."""

    number: int
    at: float
    activity: Json
    flaw: str | None
    attempts: int = 0
    status: int | None = None
    """None: no answer."""
    body: Any = None
    seconds: float | None = None
    error: str | None = None


class State:
    """All of it. Everything that is waited for goes through `changed` and `wait`."""

    def __init__(self, app_id: str, tenant_id: str, bot_name: str) -> None:
        self.app_id, self.tenant_id, self.bot_name = app_id, tenant_id, bot_name
        self.people: dict[str, Person] = {}
        self.conversations: dict[str, Conversation] = {}
        self.calls: list[Call] = []
        self.posts: list[Post] = []
        self.change = 0
        self._last_id = 0
        self._waiting: set[asyncio.Event] = set()
        self._over = False

    @property
    def bot(self) -> Json:
        """The bot's account, as in activities."""
        return {"id": f"28:{self.app_id}", "name": self.bot_name}

    def new_id(self) -> str:
        """Id of a message: its time in milliseconds, never twice."""
        self._last_id = max(self._last_id + 1, int(time.time() * 1000))
        return str(self._last_id)

    def changed(self) -> int:
        """Something is other than before: its number."""
        self.change += 1
        for event in self._waiting:
            event.set()
        return self.change

    def release(self) -> None:
        """Let go of those who wait: the fake stops."""
        self._over = True
        self.changed()

    async def wait(self, look: Callable[[], Found], enough: Callable[[Found], bool], seconds: float) -> Found:
        """What `look` finds, as soon as it is enough or the time is over."""
        deadline = time.monotonic() + seconds
        event = asyncio.Event()
        self._waiting.add(event)
        try:
            while not enough(found := look()) and not self._over and (left := deadline - time.monotonic()) > 0:
                event.clear()
                try:
                    await asyncio.wait_for(event.wait(), left)
                except TimeoutError:
                    return look()
            return found
        finally:
            self._waiting.discard(event)

    # --- who and where ---

    def add_person(self, name: str, email: str | None = None, key: str | None = None) -> Person:
        """Somebody new, with their (not installed) chat with the bot. With the same `key` the ids are the same after a restart."""
        seed = key or secrets.token_hex(16)
        person = Person(f"29:{_opaque(seed)}", str(_uuid(seed)), name, email or f"{_uuid(seed).hex[:8]}@sphere.example")
        self.people[person.id] = person
        chat = Conversation(f"a:{_opaque(f'{seed} chat')}", "personal", name, [person.id])
        self.conversations[chat.id] = chat
        self.changed()
        return person

    def add_group(self, name: str, members: list[str], key: str | None = None) -> Conversation:
        """A group chat."""
        group = Conversation(f"19:{_hex(key)}@thread.v2", "groupChat", name, list(members))
        self.conversations[group.id] = group
        self.changed()
        return group

    def add_channel(
        self, name: str, members: list[str], team: str | None = None, key: str | None = None, own_id: str | None = None
    ) -> Conversation:
        """A channel: the general one of a new team, which has the team's id, or another one of the team with that id."""
        new_id = own_id or f"19:{_hex(key)}@thread.tacv2"
        of_team = next((one.team for one in self.conversations.values() if one.team and one.team["id"] == team), None)
        about = of_team or {"id": new_id, "name": name, "aadGroupId": str(_uuid(new_id))}
        channel = Conversation(new_id, "channel", name, list(members), team=about)
        channel.installed = any(one.installed for one in self.conversations.values() if one.team == about)
        self.conversations[new_id] = channel
        self.changed()
        return channel

    def personal(self, person_id: str) -> Conversation:
        """Somebody's chat with the bot."""
        return next(one for one in self.conversations.values() if one.kind == "personal" and one.members == [person_id])

    def find(self, conversation_id: str) -> tuple[Conversation, str | None]:
        """A conversation and, of a channel, the thread. Raises ConnectorProblem."""
        main, _, thread = conversation_id.partition(";messageid=")
        found = self.conversations.get(main)
        if found is None or (";" in conversation_id and (found.kind != "channel" or not thread)):
            raise no_conversation()
        if thread and thread not in found.messages:
            raise no_activity()
        return found, thread or None

    # --- messages ---

    def add_message(
        self, conversation: Conversation, author: str, content: Json, thread: str | None, message_id: str | None = None
    ) -> Message:
        """Put a message there; in a channel without a thread it begins one."""
        own = message_id or self.new_id()
        root = (thread or own) if conversation.kind == "channel" else None
        message = Message(own, conversation.id, root, author, content, time.time(), self.changed())
        conversation.messages[own] = message
        conversation.typing_at = 0.0
        return message

    def replace(self, message: Message, content: Json) -> None:
        """Another content in its place."""
        message.history.append(message.content)
        message.content, message.views = content, {}
        message.change = self.changed()

    def delete(self, message: Message) -> None:
        """It is gone for who looks; the fake remembers it."""
        message.deleted = True
        message.change = self.changed()


def _uuid(seed: str) -> uuid.UUID:
    return uuid.UUID(bytes=hashlib.sha256(seed.encode()).digest()[:16], version=4)


def _opaque(seed: str) -> str:
    """As the service's own ids look: some 80 characters, of which only itself knows the meaning."""
    return base64.urlsafe_b64encode(hashlib.sha512(seed.encode()).digest()).decode().rstrip("=")


def _hex(key: str | None) -> str:
    return _uuid(key).hex if key else secrets.token_hex(16)
