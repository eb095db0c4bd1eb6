"""A member of the SPHERE team who answers a chat, at the desk or from the group of its channel: the same steps either way."""

from __future__ import annotations

import threading
from abc import ABC, abstractmethod
from collections.abc import Iterator
from contextlib import contextmanager

from bot.fake_channels import TEAMS_CHANNEL
from tests.conversations.colleague import Colleague, colleague
from tests.conversations.team_groups import Channel, Forum
from tests.stack import Stack


class TeamMember(ABC):
    """Somebody who takes a ticket, writes to its user, and closes it."""

    @abstractmethod
    def take(self, ticket: int) -> None:
        """Take the ticket."""

    @abstractmethod
    def write(self, ticket: int, text: str) -> None:
        """Write to the user, whatever is replaced in it."""

    @abstractmethod
    def note(self, ticket: int, text: str) -> None:
        """Write an internal note."""

    @abstractmethod
    def close(self, ticket: int) -> None:
        """Close the ticket."""


class AtTheDesk(TeamMember):
    """In a browser at the desk; what would be replaced is read, and sent so."""

    def __init__(self, agent: Colleague) -> None:
        self._agent, self._written = agent, 0

    def take(self, ticket: int) -> None:
        """See `TeamMember`."""
        self._agent.act(ticket, "take", over="1")

    def write(self, ticket: int, text: str) -> None:
        """See `TeamMember`."""
        self._written += 1
        self._agent.reply(ticket, text, key=f"{ticket}-{self._written}")

    def note(self, ticket: int, text: str) -> None:
        """See `TeamMember`."""
        self._agent.act(ticket, "note", text=text)

    def close(self, ticket: int) -> None:
        """See `TeamMember`."""
        self._agent.act(ticket, "close", outcome="solved", tags="")


class InTheForum(TeamMember):
    """In the forum of Telegram."""

    def __init__(self, forum: Forum) -> None:
        self._forum = forum

    def take(self, ticket: int) -> None:
        """See `TeamMember`."""
        self._forum.write(ticket, "/prendre")

    def write(self, ticket: int, text: str) -> None:
        """See `TeamMember`."""
        self._forum.write(ticket, text)

    def note(self, ticket: int, text: str) -> None:
        """See `TeamMember`."""
        self._forum.write(ticket, f"/note {text}")

    def close(self, ticket: int) -> None:
        """See `TeamMember`."""
        self._forum.write(ticket, "/fermer")


class InTheChannel(TeamMember):
    """In the channel of Teams."""

    def __init__(self, channel: Channel) -> None:
        self._channel = channel

    def take(self, ticket: int) -> None:
        """See `TeamMember`."""
        self._channel.agent.press(self._channel.card(ticket, "Je prends"), "Je prends")

    def write(self, ticket: int, text: str) -> None:
        """See `TeamMember`."""
        thread = f"{TEAMS_CHANNEL};messageid={self._channel.card(ticket).id}"
        self._channel.agent.send(text, thread, mention=True)

    def note(self, ticket: int, text: str) -> None:
        """See `TeamMember`."""
        self._channel.agent.press(self._channel.card(ticket, "Répondre"), "Note interne", inputs={"text": text, "outcome": "solved"})

    def close(self, ticket: int) -> None:
        """See `TeamMember`."""
        self._channel.agent.press(self._channel.card(ticket, "Répondre"), "Clore", inputs={"text": "", "outcome": "solved"})


class Team:
    """The members of the team in one installation; the one in the group is linked when first asked for."""

    def __init__(self, stack: Stack, channel: str) -> None:
        self._stack, self._is_teams = stack, channel == "teams"
        self._lock = threading.Lock()
        self._in_group: TeamMember | None = None

    def in_group(self) -> TeamMember:
        """The member in the group."""
        with self._lock:
            if self._in_group is None:
                self._in_group = InTheChannel(Channel(self._stack)) if self._is_teams else InTheForum(Forum(self._stack))
        return self._in_group

    @contextmanager
    def at_desk(self) -> Iterator[TeamMember]:
        """A member at the desk."""
        with colleague(self._stack) as agent:
            yield AtTheDesk(agent)
