"""Client of the control API: act as users and read what the bot did, on a fake of this process or of another one.

Everything here blocks; in an asynchronous test whose own loop runs the bot, use `await asyncio.to_thread(claire.ask, "bonjour")`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import httpx

Json = dict[str, Any]
WAIT_SECONDS = 60.0


@dataclass(frozen=True)
class ChatMessage:
    """A message as the conversation shows it now."""

    id: str
    text: str
    """Of a card: all its texts, one per line."""
    from_bot: bool
    deleted: bool
    edited: bool
    action_titles: tuple[str, ...]
    """Titles of the card's actions."""
    change: int
    """Number of its last change."""
    raw: Json = field(repr=False, compare=False)
    """The control API's JSON: `content`, `card`, `actions`, `history`, `thread`, `reactions`."""

    @classmethod
    def from_json(cls, raw: Json) -> ChatMessage:
        """Build a message from the control API's JSON."""
        text = "\n".join([raw["text"], *_texts(raw["card"])]).strip("\n")
        titles = tuple(action.get("title", "") for action in raw["actions"])
        return cls(raw["id"], text, raw["from_bot"], raw["deleted"], bool(raw["history"]), titles, raw["change"], raw)


def _texts(thing: Any) -> list[str]:
    """Return the texts of a card in their order; facts as « title : value »."""
    if isinstance(thing, list):
        return [text for part in thing for text in _texts(part)]
    if not isinstance(thing, dict):
        return []
    own = [thing["text"]] if thing.get("type") in {"TextBlock", "TextRun"} else []
    facts = [f"{fact['title']}\u00a0: {fact['value']}" for fact in thing.get("facts", [])]
    return own + facts + [text for key in ("body", "items", "columns", "rows", "cells", "inlines") for text in _texts(thing.get(key))]


class ControlClient:
    """Client of the control API of a running fake. A refused user action raises httpx.HTTPStatusError 409."""

    def __init__(self, url: str) -> None:
        self._http = httpx.Client(base_url=f"{url}/fake", timeout=90, trust_env=False, limits=httpx.Limits(max_connections=None))

    def close(self) -> None:
        """Close the connections."""
        self._http.close()

    def request(self, method: str, path: str, body: Any = None, **params: Any) -> Any:
        """Send a request to the control API and return its JSON."""
        params = {name: value for name, value in params.items() if value is not None}
        answer = self._http.request(method, path, json=body, params=params)
        if answer.is_error:
            raise httpx.HTTPStatusError(f"{answer.status_code}: {answer.text}", request=answer.request, response=answer)
        return answer.json()

    def add_user(self, name: str = "Claire Moreau", *, installed: bool = False, **more: Any) -> TeamsUser:
        """Add a user; with `installed`, they install the bot at once. `more`: email, key."""
        created = self.request("POST", "/people", {"name": name, **more})
        user = TeamsUser(self, created["id"], created["chat"], created["aad_object_id"])
        if installed:
            user.install()
        return user

    def add_channel(self, name: str, members: Sequence[TeamsUser], team: str | None = None) -> str:
        """Add the general channel of a new team (the team has the same id), or another channel of `team`; return its id."""
        return str(self.request("POST", "/channels", {"name": name, "members": [one.id for one in members], "team": team})["id"])

    def add_group_chat(self, name: str, members: Sequence[TeamsUser]) -> str:
        """Add a group chat and return its id."""
        return str(self.request("POST", "/groups", {"name": name, "members": [one.id for one in members]})["id"])

    def update_conversation(self, conversation: str, **changes: Any) -> None:
        """Change a conversation.

        Args:
            conversation: its id.
            changes: `closed`: code of the 403 that the bot gets from now on (empty: none); `hears_all`: whether the bot gets all
                messages, as with resource-specific consent.
        """
        self.request("PATCH", f"/conversations/{conversation}", changes)

    def perform(self, action: str, **arguments: Any) -> Json:
        """Perform one user action; return `posts` with the bot's answers, `message`, `shown`, `replaced`."""
        result: Json = self.request("POST", "/acts", {"act": action, **arguments})
        return result

    def perform_together(self, actions: Sequence[Json]) -> list[Json]:
        """Perform several user actions at once, each a dict with `act` and the arguments of `perform`."""
        results: list[Json] = self.request("POST", "/acts/together", list(actions))
        return results

    def replay(self, post: int, flaw: str | None = None) -> Json:
        """Post an activity again as it was, by `posts[…]["number"]`; return the new post."""
        found: Json = self.perform("replay", post=post, flaw=flaw)["posts"][0]
        return found

    def post_activity(self, activity: Json, flaw: str | None = None) -> Json:
        """Post any activity, with a good token or a flawed one; return the post: `status`, `body`, `error`."""
        found: Json = self.perform("post", activity=activity, flaw=flaw)["posts"][0]
        return found

    def messages(
        self, conversation: str, after: int = 0, *, bot: bool = False, person: str | None = None, count: int = 1, wait: float = 0
    ) -> list[ChatMessage]:
        """Return messages that are new or changed since change `after`, in the order of the changes, as soon as there are `count`.

        With `bot`, only the bot's; cards are those that `person` sees. `wait` is in seconds.
        """
        params = {"after": after, "bot": bot, "person": person, "count": count, "wait": wait}
        return [
            ChatMessage.from_json(raw) for raw in self.request("GET", f"/conversations/{conversation}/activities", **params)["activities"]
        ]

    @property
    def last_change(self) -> int:
        """Number of the last change of all."""
        return int(self.request("GET", "/state")["change"])

    def calls(self, **filters: Any) -> list[Json]:
        """Return the bot's requests. `filters`: since, operation, conversation, status; count and wait, to wait for so many."""
        found: list[Json] = self.request("GET", "/calls", **filters)
        return found

    def posts(self, since: int = 0, kind: str | None = None) -> list[Json]:
        """Return the activities that were posted to the bot."""
        found: list[Json] = self.request("GET", "/posts", since=since, kind=kind)
        return found

    def inject_fault(self, kind: int | str, **more: Any) -> None:
        """Make the connector misbehave.

        Args:
            kind: an HTTP status, or a kind that `Fault` knows.
            more: operation, conversation, count, retry_after, seconds.
        """
        self.request("POST", "/faults", {"kind": kind, **more})

    def clear_faults(self) -> None:
        """Make the connector behave again."""
        self.request("DELETE", "/faults")

    def configure(self, **settings: Any) -> None:
        """Change settings: `limits` (whether they are enforced), `bot_url`, `retries` (of a post without an answer)."""
        self.request("PUT", "/settings", settings)


@dataclass
class TeamsUser:
    """Somebody who uses Teams. UserActions without a conversation are in their own chat with the bot."""

    control: ControlClient
    id: str
    chat: str
    aad_object_id: str
    last_seen_change: int = 0
    """Number of the last change that `receive` returned."""

    def _perform(self, action: str, **arguments: Any) -> Json:
        return self.control.perform(action, person=self.id, **arguments)

    def install(self, conversation: str | None = None) -> Json:
        """Install the bot."""
        return self._perform("install", conversation=conversation)

    def uninstall(self, conversation: str | None = None) -> Json:
        """Uninstall the bot."""
        return self._perform("uninstall", conversation=conversation)

    def block(self, code: str = "MessageWritesBlocked") -> None:
        """Block the bot, which is not notified; `code` is that of the 403 that it gets."""
        self.control.update_conversation(self.chat, closed=code)

    def unblock(self) -> None:
        """Unblock the bot."""
        self.control.update_conversation(self.chat, closed="")

    def send(self, text: str = "", conversation: str | None = None, **more: Any) -> Json:
        """Send a message. `more`: mention, attachments, formatted, flaw."""
        return self._perform("send", text=text, conversation=conversation, **more)

    def send_image(self, conversation: str | None = None) -> Json:
        """Send an image, as one pasted."""
        url = "https://smba.trafficmanager.net/emea/v3/attachments/0-frca-d1/views/original"
        return self.send(conversation=conversation, attachments=[{"contentType": "image/*", "contentUrl": url}])

    def send_file(self, name: str = "ordonnance.pdf", conversation: str | None = None) -> Json:
        """Send a file."""
        content = {"downloadUrl": "https://sphere-my.sharepoint.com/download.aspx", "uniqueId": "0a1b", "fileType": name.rpartition(".")[2]}
        kind = "application/vnd.microsoft.teams.file.download.info"
        url = f"https://sphere-my.sharepoint.com/personal/claire/Documents/{name}"
        return self.send(
            conversation=conversation, attachments=[{"contentType": kind, "contentUrl": url, "name": name, "content": content}]
        )

    def edit(self, message: str, text: str) -> Json:
        """Edit a message of theirs."""
        return self._perform("edit", message=message, text=text)

    def delete(self, message: str) -> Json:
        """Delete a message of theirs."""
        return self._perform("delete", message=message)

    def react(self, message: str, kind: str = "like", added: bool = True) -> Json:
        """Add a reaction to a message, or remove it."""
        return self._perform("react", message=message, kind=kind, added=added)

    def press(self, message: ChatMessage | str, title: str | None = None, **more: Any) -> Json:
        """Press a button of a card. `more`: verb, data, inputs, fallback, stale, flaw."""
        return self._perform("press", message=message.id if isinstance(message, ChatMessage) else message, title=title, **more)

    def receive(self, count: int = 1, wait: float = WAIT_SECONDS, conversation: str | None = None) -> list[ChatMessage]:
        """Return what the bot sent or changed since the last call, at least `count` messages.

        Raises AssertionError if there are fewer after `wait` seconds.
        """
        found = self.control.messages(conversation or self.chat, self.last_seen_change, bot=True, person=self.id, count=count, wait=wait)
        assert len(found) >= count, f"{len(found)} messages of the bot in {wait} s instead of {count}"
        self.last_seen_change = max([self.last_seen_change, *(one.change for one in found)])
        return found

    def ask(self, text: str, count: int = 1, wait: float = WAIT_SECONDS) -> list[ChatMessage]:
        """Send a message in their chat, and return what the bot sends after it."""
        self.last_seen_change = self.control.last_change
        self.send(text)
        return self.receive(count, wait)
