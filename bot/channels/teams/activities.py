"""Activities as Teams posts them; only the fields that are needed are read.

The SDK's models refuse a whole activity for one value that they do not know (a null text, a new kind of event), and what is refused is
lost. So what is understood is read here, and the rest ignored.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from bot.channels.teams.plain_text import to_plain_text

PERSONAL = "personal"
_MAX_ID_LENGTH = 126
"""With the prefix that says what it is of, 128 characters: what the inbox stores of a client id."""


class MalformedActivity(Exception):
    """The body is no activity."""

    def __init__(self) -> None:
        super().__init__(self.__doc__)


@dataclass(frozen=True)
class Activity:
    """An activity. Making one from something without a type raises MalformedActivity."""

    body: Mapping[str, Any]

    def __post_init__(self) -> None:
        if not self.type:
            raise MalformedActivity

    def check_complete(self) -> None:
        """Raise MalformedActivity unless it says in which conversation and from whom it is."""
        if not (self.conversation_id and self.text_of("from", "id")):
            raise MalformedActivity

    def text_of(self, *path: str) -> str:
        """Return the text at `path`, or an empty one."""
        value = self._at(*path)
        return value.replace("\0", "") if isinstance(value, str) else ""

    def _at(self, *path: str) -> Any:
        value: Any = self.body
        for key in path:
            value = value.get(key) if isinstance(value, dict) else None
        return value

    def _dicts(self, key: str) -> Iterator[Mapping[str, Any]]:
        values = self.body.get(key)
        yield from (value for value in values if isinstance(value, dict)) if isinstance(values, list) else ()

    @property
    def type(self) -> str:
        """Kind of activity: `message`, `invoke`, `installationUpdate`, …."""
        return self.text_of("type")

    @property
    def conversation_id(self) -> str:
        """Id of the conversation; of a thread in a team, with its first message's."""
        return self.text_of("conversation", "id")

    @property
    def address(self) -> str:
        """What the gateway knows the chat by: a hash, since ids of conversations have no maximum length."""
        return hashlib.sha256(self.conversation_id.encode()).hexdigest()

    @property
    def personal(self) -> bool:
        """Whether it is of a personal chat, of one user with the bot."""
        kind = self.text_of("conversation", "conversationType")
        return kind == PERSONAL or (not kind and self._at("conversation", "isGroup") is not True)

    @property
    def tenants(self) -> frozenset[str]:
        """The tenant, as each of the places that name one gives it."""
        named = (self.text_of("channelData", "tenant", "id"), self.text_of("conversation", "tenantId"))
        return frozenset(tenant for tenant in named if tenant)

    @property
    def reference(self) -> dict[str, str]:
        """What is needed to send to the conversation later (a conversation reference)."""
        fields = {
            "conversation": self.conversation_id,
            "service_url": self.text_of("serviceUrl"),
            "tenant": self.text_of("conversation", "tenantId") or self.text_of("channelData", "tenant", "id"),
            "bot": self.text_of("recipient", "id"),
            "user": self.text_of("from", "id"),
            "aad_object_id": self.text_of("from", "aadObjectId"),
            "channel_id": self.text_of("channelId"),
            "conversation_type": self.text_of("conversation", "conversationType"),
            "locale": self.text_of("locale"),
        }
        return {key: value for key, value in fields.items() if value}

    def client_id(self, kind: str = "a") -> str:
        """Return the activity's own id, prefixed with its `kind`; for one without an id a hash of all that it holds."""
        own = self.text_of("id") or _digest(repr(self.body))
        return f"{kind}:{own if len(own) <= _MAX_ID_LENGTH else _digest(own)}"

    @property
    def edit_id(self) -> str:
        """Client id of an edit, which has the id of the message that it changes: a hash of id, instant and text."""
        return f"e:{_digest(repr((self.text_of('id'), self.text_of('timestamp'), self.text_of('text'))))}"

    @property
    def from_bot(self) -> bool:
        """Whether the bot itself sent it."""
        return self.text_of("from", "id") == self.text_of("recipient", "id") or self.text_of("from", "role") == "bot"

    @property
    def mentioned(self) -> bool:
        """Whether the bot is mentioned."""
        return any(True for _ in self._mentions_of_bot())

    def _mentions_of_bot(self) -> Iterator[Mapping[str, Any]]:
        bot = self.text_of("recipient", "id")
        for entity in self._dicts("entities"):
            mentioned = entity.get("mentioned")
            if entity.get("type") == "mention" and isinstance(mentioned, dict) and bot and mentioned.get("id") == bot:
                yield entity

    @property
    def text(self) -> str:
        """What the user wrote, as plain text, without mentions of the bot."""
        text = self.text_of("text")
        for mention in self._mentions_of_bot():
            if isinstance(name := mention.get("text"), str) and name:
                text = text.replace(name, " ")
        return to_plain_text(text, markup=self.text_of("textFormat") in {"xml", "html"})

    @property
    def words(self) -> str | None:
        """All words of a message that is not read: its text, what files are called, and text that is attached."""
        found = [self.text]
        for attachment in self._dicts("attachments"):
            content = attachment.get("content")
            found += [to_plain_text(content, markup=True) if isinstance(content, str) else "", str(attachment.get("name") or "")]
        return "\n".join(word for word in found if word.strip()) or None

    @property
    def data(self) -> dict[str, Any]:
        """The data of the pressed button, with what was entered in the card; empty where nothing was pressed."""
        data = self._at("value", "action", "data") if self.type == "invoke" else self.body.get("value")
        return data if isinstance(data, dict) else {}

    @property
    def token(self) -> str:
        """The token of the button that was pressed: of a card's `Action.Execute`, or of the `Action.Submit` of a client without it."""
        token = self.data.get("token")
        return token if isinstance(token, str) and 0 < len(token) <= 100 and token.isprintable() else ""

    @property
    def bot_was_added(self) -> bool:
        """Whether the bot was installed in this chat."""
        return self._members("membersAdded") if self.type == "conversationUpdate" else self.text_of("action") == "add"

    @property
    def bot_was_removed(self) -> bool:
        """Whether the bot was uninstalled from this chat."""
        return self._members("membersRemoved") if self.type == "conversationUpdate" else self.text_of("action") == "remove"

    def _members(self, key: str) -> bool:
        bot = self.text_of("recipient", "id")
        return bool(bot) and any(member.get("id") == bot for member in self._dicts(key))


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
