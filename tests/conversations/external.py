"""A user of a chat platform, as tests drive one through its stand-in: the same steps as in the web chat (`talk.Talk`)."""

from __future__ import annotations

import re
from abc import abstractmethod
from contextlib import closing
from dataclasses import dataclass, field
from sqlite3 import connect
from typing import ClassVar

from tests.conversations.talk import WAIT_SECONDS, Talk
from tests.stack import Stack, wait_for


@dataclass(frozen=True)
class Shown:
    """A message as its reader sees it in the chat now."""

    id: str
    text: str
    from_bot: bool
    deleted: bool = False
    replaced: bool = False
    buttons: tuple[dict[str, str], ...] = field(default=())
    """Titles and tokens."""
    links: tuple[str, ...] = ()


class ExternalTalk(Talk):
    """One private chat. `last` holds the answer as the web chat API would give it."""

    channel: ClassVar[str]
    address: str
    """How the installation knows the chat."""

    @abstractmethod
    def messages(self) -> list[Shown]:
        """Every message of the chat, deleted ones included."""

    @abstractmethod
    def write(self, text: str) -> None:
        """Type a text, without waiting for the answer."""

    @abstractmethod
    def push(self, message: Shown, token: str) -> None:
        """Press a button of a message, without waiting for the answer."""

    @abstractmethod
    def block(self) -> None:
        """Block or uninstall the assistant."""

    @abstractmethod
    def unblock(self) -> None:
        """Take that back."""

    @abstractmethod
    def replay(self) -> None:
        """Let the platform hand over once more what it handed over last."""

    @abstractmethod
    def hold_next_answer(self) -> None:
        """Let the platform do what it is asked next for this chat, but not answer."""

    @classmethod
    @abstractmethod
    def everything_sent(cls, stack: Stack) -> list[str]:
        """All that the assistant ever handed to the platform, as it was handed over."""

    def _post(self, content: dict[str, str], message_id: str | None) -> str:
        before, asked = self.mark()
        if "text" in content:
            self.write(content["text"])
        else:
            token = content["button"]
            self.push(next(m for m in reversed(self.messages()) if any(b["token"] == token for b in m.buttons)), token)
        return self.answer(before, asked)

    def mark(self) -> tuple[set[str], int]:
        """Where the chat stands, for `answer`."""
        return {m.id for m in self.messages()}, self.turns()

    def turns(self) -> int:
        """How many turns the chat had."""
        return len(self.stack.turns_of(self.channel, self.address))

    def answer(self, before: set[str], asked: int) -> str:
        """Wait until the turn is over and everything that it said has arrived."""

        def over() -> bool:
            turns = self.stack.turns_of(self.channel, self.address)
            return len(turns) > asked and all(turns) and not self.stack.to_be_pushed(self.channel, self.address)

        wait_for(f"the answer in {self.channel}", over, WAIT_SECONDS)
        new = [m for m in self.messages() if m.id not in before and m.from_bot and not m.deleted]
        self.last = [{"text": m.text, "buttons": list(m.buttons), "author": "assistant", "links": m.links} for m in new]
        assert self.last or self.may_be_silent, "an empty turn"
        Talk.everything += [m.text for m in new]
        return "\n".join(m.text for m in new)

    def history(self) -> list[dict[str, object]]:
        """Every message of the chat."""
        return [{"author": "assistant" if m.from_bot else "user", "text": m.text, "buttons": list(m.buttons)} for m in self.messages()]

    def linked(self) -> bool:
        """Whether the chat is linked to an account."""
        with closing(connect(self.stack.data / "sphere.db", timeout=60)) as database:
            query = "SELECT 1 FROM chat_links l JOIN conversations c ON c.id = l.conversation_id WHERE c.channel = ? AND c.address = ?"
            return database.execute(query, (self.channel, self.address)).fetchone() is not None

    def closed(self) -> bool:
        """Whether the installation knows that nothing reaches the chat any more."""
        with closing(connect(self.stack.data / "sphere.db", timeout=60)) as database:
            query = "SELECT closed_at FROM conversations WHERE channel = ? AND address = ?"
            return database.execute(query, (self.channel, self.address)).fetchone()[0] is not None


def followed(talk: ExternalTalk) -> Talk:
    """The web chat that the last link goes on in; a second use of the link is refused."""
    links = [link for m in talk.messages() for link in m.links]
    link = next(found for url in reversed(links) if (found := re.search(r"/chat#continue=(\S+)", url)))
    web = Talk.__new__(Talk)
    web.stack, web.last = talk.stack, []
    opened = talk.stack.http.post(f"{talk.stack.api}/chat/sessions", json={"continue": link[1]})
    assert opened.status_code == 200, opened.text
    web.token = opened.json()["token"]
    again = talk.stack.http.post(f"{talk.stack.api}/chat/sessions", json={"continue": link[1]})
    assert again.status_code == 401
    return web


def kept(stack: Stack, channel: str, address: str | None = None) -> str:
    """All that is kept of a channel's conversations, or of one of them: transcript, inbox, buttons, outbox, tracker.

    Conversations that went on in the trusted web chat, where usagers are named, count only if asked for by address.
    """
    rows: list[str] = []
    with closing(connect(stack.data / "sphere.db", timeout=60)) as database:
        query = "SELECT id FROM conversations WHERE channel = ? AND "
        if address is not None:
            found = database.execute(query + "address = ?", (channel, address))
        else:
            gone_on = "SELECT conversation_id FROM continuations WHERE session IS NOT NULL"
            found = database.execute(query + f"id NOT IN ({gone_on})", (channel,))
        chats = [row[0] for row in found]
        among = f"IN ({','.join('?' * len(chats))})"
        for table in ("messages", "inbox", "buttons", "outbox"):
            rows += [str(row) for row in database.execute(f"SELECT * FROM {table} WHERE conversation_id {among}", chats)]
    with closing(connect(stack.data / "rasa.db", timeout=60)) as trackers:
        rows += [str(row) for row in trackers.execute(f"SELECT * FROM trackers WHERE conversation {among}", chats)]
    return "\n".join(rows)


def logs(stack: Stack) -> str:
    """Every log of an installation."""
    files = [*sorted((stack.data / "logs").iterdir()), stack.output]
    return "\n".join(path.read_text(errors="replace") for path in files)
