"""What tests use to act as people and to see what the bot did. Works on a fake of this process as on one of another.

Everything here blocks; in an asynchronous test whose own loop runs the bot, use `await asyncio.to_thread(claire.asks, "bonjour")`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import httpx

Json = dict[str, Any]
WAIT_SECONDS = 60.0


@dataclass(frozen=True)
class Seen:
    """A message as it is in the conversation now."""

    id: str
    text: str
    """Of a card all its texts, a line each."""
    from_bot: bool
    deleted: bool
    edited: bool
    titles: tuple[str, ...]
    """Of the card's actions."""
    change: int
    raw: Json = field(repr=False, compare=False)
    """All that the control API says of it: `content`, `card`, `actions`, `history`, `thread`, `reactions`."""

    @classmethod
    def of(cls, raw: Json) -> Seen:
        """From the control API's JSON."""
        text = "\n".join([raw["text"], *_texts(raw["card"])]).strip("\n")
        titles = tuple(action.get("title", "") for action in raw["actions"])
        return cls(raw["id"], text, raw["from_bot"], raw["deleted"], bool(raw["history"]), titles, raw["change"], raw)


def _texts(thing: Any) -> list[str]:
    """Texts of a card as they stand in it, in order; facts as « title : value »."""
    if isinstance(thing, list):
        return [text for part in thing for text in _texts(part)]
    if not isinstance(thing, dict):
        return []
    own = [thing["text"]] if thing.get("type") in {"TextBlock", "TextRun"} else []
    facts = [f"{fact['title']}\u00a0: {fact['value']}" for fact in thing.get("facts", [])]
    return own + facts + [text for key in ("body", "items", "columns", "rows", "cells", "inlines") for text in _texts(thing.get(key))]


class Control:
    """The control API of a running fake. Refused acts raise httpx.HTTPStatusError 409."""

    def __init__(self, url: str) -> None:
        self._http = httpx.Client(base_url=f"{url}/fake", timeout=90, trust_env=False, limits=httpx.Limits(max_connections=None))

    def close(self) -> None:
        """Close the connections."""
        self._http.close()

    def call(self, verb: str, path: str, body: Any = None, **params: Any) -> Any:
        """Any request of the control API; its JSON."""
        params = {name: value for name, value in params.items() if value is not None}
        answer = self._http.request(verb, path, json=body, params=params)
        if answer.is_error:
            raise httpx.HTTPStatusError(f"{answer.status_code}: {answer.text}", request=answer.request, response=answer)
        return answer.json()

    def user(self, name: str = "Claire Moreau", *, installed: bool = False, **more: Any) -> TeamsUser:
        """Somebody new; `installed`: they install the assistant at once. `more`: email, key."""
        made = self.call("POST", "/people", {"name": name, **more})
        user = TeamsUser(self, made["id"], made["chat"], made["aad_object_id"])
        if installed:
            user.installs()
        return user

    def channel(self, name: str, members: Sequence[TeamsUser], team: str | None = None) -> str:
        """The general channel of a new team (whose id is its), or another channel of a team."""
        return str(self.call("POST", "/channels", {"name": name, "members": [one.id for one in members], "team": team})["id"])

    def group(self, name: str, members: Sequence[TeamsUser]) -> str:
        """A new group chat."""
        return str(self.call("POST", "/groups", {"name": name, "members": [one.id for one in members]})["id"])

    def change(self, conversation: str, **what: Any) -> None:
        """`closed`: code of the 403 that the bot gets from now on (empty: none); `hears_all`: as with resource-specific consent."""
        self.call("PATCH", f"/conversations/{conversation}", what)

    def act(self, act: str, **said: Any) -> Json:
        """One act: `posts` with the bot's answers, `message`, `shown`, `replaced`."""
        done: Json = self.call("POST", "/acts", {"act": act, **said})
        return done

    def together(self, acts: Sequence[Json]) -> list[Json]:
        """Several acts at once, each a dict with `act` and what `act()` takes."""
        done: list[Json] = self.call("POST", "/acts/together", list(acts))
        return done

    def replay(self, post: int, flaw: str | None = None) -> Json:
        """Post an activity again as it was; the number is `posts[…]["number"]`. The new post."""
        found: Json = self.act("replay", post=post, flaw=flaw)["posts"][0]
        return found

    def post(self, activity: Json, flaw: str | None = None) -> Json:
        """Post any activity, with a good token or a wrong one. The post: `status`, `body`, `error`."""
        found: Json = self.act("post", activity=activity, flaw=flaw)["posts"][0]
        return found

    def messages(
        self, conversation: str, after: int = 0, *, bot: bool = False, person: str | None = None, count: int = 1, wait: float = 0
    ) -> list[Seen]:
        """Messages that are new or other since change `after` (in the order of the changes), as soon as there are `count`."""
        params = {"after": after, "bot": bot, "person": person, "count": count, "wait": wait}
        return [Seen.of(raw) for raw in self.call("GET", f"/conversations/{conversation}/activities", **params)["activities"]]

    @property
    def now(self) -> int:
        """Number of the last change."""
        return int(self.call("GET", "/state")["change"])

    def calls(self, **which: Any) -> list[Json]:
        """Requests of the bot. `which`: since, operation, conversation, status; count and wait to wait for so many."""
        found: list[Json] = self.call("GET", "/calls", **which)
        return found

    def posts(self, since: int = 0, kind: str | None = None) -> list[Json]:
        """Activities that were posted to the bot."""
        found: list[Json] = self.call("GET", "/posts", since=since, kind=kind)
        return found

    def fault(self, kind: int | str, **more: Any) -> None:
        """The connector misbehaves: a status, or what `Fault` knows; `more`: operation, conversation, count, retry_after, seconds."""
        self.call("POST", "/faults", {"kind": kind, **more})

    def no_faults(self) -> None:
        """It behaves again."""
        self.call("DELETE", "/faults")

    def set(self, **settings: Any) -> None:
        """`limits`: bool; `bot_url`; `retries`: how often a post without an answer is repeated."""
        self.call("PUT", "/settings", settings)


@dataclass
class TeamsUser:
    """Somebody who uses Teams. Acts without a conversation are in their own chat with the bot."""

    control: Control
    id: str
    chat: str
    aad_object_id: str
    seen: int = 0
    """Change up to which `hears` told what happened."""

    def _act(self, act: str, **said: Any) -> Json:
        return self.control.act(act, person=self.id, **said)

    def installs(self, conversation: str | None = None) -> Json:
        """Installs the assistant."""
        return self._act("install", conversation=conversation)

    def uninstalls(self, conversation: str | None = None) -> Json:
        """Uninstalls it."""
        return self._act("uninstall", conversation=conversation)

    def blocks(self, code: str = "MessageWritesBlocked") -> None:
        """Blocks the bot, which is not told."""
        self.control.change(self.chat, closed=code)

    def unblocks(self) -> None:
        """Takes it back."""
        self.control.change(self.chat, closed="")

    def sends(self, text: str = "", conversation: str | None = None, **more: Any) -> Json:
        """Writes. `more`: mention, attachments, formatted, flaw."""
        return self._act("send", text=text, conversation=conversation, **more)

    def sends_image(self, conversation: str | None = None) -> Json:
        """Pastes a picture."""
        url = "https://smba.trafficmanager.net/emea/v3/attachments/0-frca-d1/views/original"
        return self.sends(conversation=conversation, attachments=[{"contentType": "image/*", "contentUrl": url}])

    def sends_file(self, name: str = "ordonnance.pdf", conversation: str | None = None) -> Json:
        """Attaches a file."""
        content = {"downloadUrl": "https://sphere-my.sharepoint.com/download.aspx", "uniqueId": "0a1b", "fileType": name.rpartition(".")[2]}
        kind = "application/vnd.microsoft.teams.file.download.info"
        url = f"https://sphere-my.sharepoint.com/personal/claire/Documents/{name}"
        return self.sends(
            conversation=conversation, attachments=[{"contentType": kind, "contentUrl": url, "name": name, "content": content}]
        )

    def edits(self, message: str, text: str) -> Json:
        """Writes a message of theirs otherwise."""
        return self._act("edit", message=message, text=text)

    def deletes(self, message: str) -> Json:
        """Deletes a message of theirs."""
        return self._act("delete", message=message)

    def reacts(self, message: str, kind: str = "like", added: bool = True) -> Json:
        """Puts a smiley under a message."""
        return self._act("react", message=message, kind=kind, added=added)

    def presses(self, message: Seen | str, title: str | None = None, **more: Any) -> Json:
        """Presses a card's button. `more`: verb, data, inputs, fallback, stale, flaw."""
        return self._act("press", message=message.id if isinstance(message, Seen) else message, title=title, **more)

    def hears(self, count: int = 1, wait: float = WAIT_SECONDS, conversation: str | None = None) -> list[Seen]:
        """What the bot wrote or changed since they last looked, at least `count`. Raises AssertionError."""
        found = self.control.messages(conversation or self.chat, self.seen, bot=True, person=self.id, count=count, wait=wait)
        assert len(found) >= count, f"{len(found)} messages of the bot in {wait} s instead of {count}"
        self.seen = max([self.seen, *(one.change for one in found)])
        return found

    def asks(self, text: str, count: int = 1, wait: float = WAIT_SECONDS) -> list[Seen]:
        """Writes in their chat and waits for what comes after it."""
        self.seen = self.control.now
        self.sends(text)
        return self.hears(count, wait)
