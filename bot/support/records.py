"""The plain values of support: tickets with their states and events, requests, agents, notes, canned replies."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any


class TicketState(StrEnum):
    """The state of a ticket; that of a conversation is its open ticket's (docs/dev/support.md)."""

    WAITING = "waiting"
    """In the queue; the user waits for a person."""
    WRITING = "writing"
    """The user is asked to write the message that is left."""
    LEFT = "left"
    """A message was left: the assistant answers, the team has yet to reply."""
    JOINING = "joining"
    """An agent took it while the assistant still answers a turn; the agent joins as soon as that is over."""
    AGENT = "agent"
    """With an agent."""
    CLOSED = "closed"


HANDED_OVER = frozenset({TicketState.WAITING, TicketState.WRITING, TicketState.AGENT})
"""States in which the assistant is silent."""
OPEN = frozenset(TicketState) - {TicketState.CLOSED}
QUEUED = frozenset({TicketState.WAITING, TicketState.WRITING, TicketState.LEFT})
"""States without an assignee: any agent may take the ticket."""

TRANSITIONS: frozenset[tuple[TicketState | None, TicketState]] = frozenset(
    {
        (None, TicketState.WAITING),
        (None, TicketState.WRITING),
        (TicketState.LEFT, TicketState.WAITING),
        (TicketState.LEFT, TicketState.WRITING),
        (TicketState.LEFT, TicketState.JOINING),
        (TicketState.LEFT, TicketState.AGENT),
        (TicketState.LEFT, TicketState.CLOSED),
        (TicketState.JOINING, TicketState.AGENT),
        (TicketState.JOINING, TicketState.LEFT),
        (TicketState.JOINING, TicketState.CLOSED),
        (TicketState.WAITING, TicketState.AGENT),
        (TicketState.WAITING, TicketState.WRITING),
        (TicketState.WAITING, TicketState.LEFT),
        (TicketState.WAITING, TicketState.CLOSED),
        (TicketState.WRITING, TicketState.LEFT),
        (TicketState.WRITING, TicketState.WAITING),
        (TicketState.WRITING, TicketState.AGENT),
        (TicketState.WRITING, TicketState.CLOSED),
        (TicketState.AGENT, TicketState.WAITING),
        (TicketState.AGENT, TicketState.LEFT),
        (TicketState.AGENT, TicketState.CLOSED),
        (TicketState.CLOSED, TicketState.WAITING),
        (TicketState.CLOSED, TicketState.WRITING),
        (TicketState.CLOSED, TicketState.AGENT),
        (TicketState.CLOSED, TicketState.JOINING),
    }
)
"""Every change of state that there is; `bot.support.tickets.transition` makes no other."""


class Reason(StrEnum):
    """Why a person was asked for."""

    ASKED = "asked"
    NOT_UNDERSTOOD = "not_understood"
    FAILED = "failed"
    COMPLAINT = "complaint"
    PROBLEM = "problem"


class Outcome(StrEnum):
    """What the agent says of a ticket when closing it."""

    SOLVED = "solved"
    EXPLAINED = "explained"
    PASSED_ON = "passed_on"
    UNREACHABLE = "unreachable"
    NOT_FOR_US = "not_for_us"


class TicketEventType(StrEnum):
    """What happened: the cause of a change of state, or something that happened without one."""

    REQUESTED = "requested"
    TAKEN = "taken"
    TRANSFERRED = "transferred"
    RELEASED = "released"
    LEFT_MESSAGE = "left_message"
    TIMED_OUT = "timed_out"
    OFFICE_CLOSED = "office_closed"
    AGENT_SILENT = "agent_silent"
    SILENCE = "silence"
    USER_ENDED = "user_ended"
    AGENT_CLOSED = "agent_closed"
    REOPENED = "reopened"
    SAID = "said"
    REPLIED = "replied"
    NOTED = "noted"
    EDITED = "edited"
    RATED = "rated"


MAX_TRIED = 10
"""Of the last messages that the assistant understood."""


@dataclass(frozen=True)
class SupportRequest:
    """A request for a person, with what the dialogue knows: references, never an identity."""

    reason: Reason = Reason.ASKED
    task: str | None = None
    """What the user was doing, in words: « associer un partenaire »."""
    dossier: str | None = None
    error_ids: tuple[str, ...] = ()
    tried: tuple[str, ...] = ()
    """What the assistant understood of the last messages, oldest first."""
    resumes: bool = False
    """Whether the dialogue put the task aside, to be resumed afterwards."""

    @classmethod
    def parse(cls, values: dict[str, Any]) -> SupportRequest:
        """Read what an action or a button says of it; what is not well formed is left out."""
        reason = str(values.get("reason") or "")
        ids = values.get("error_ids") or ()
        tried = values.get("tried") or ()
        return cls(
            Reason(reason) if reason in set(Reason) else Reason.ASKED,
            str(values["task"])[:100] if values.get("task") else None,
            str(values["dossier"])[:32] if values.get("dossier") else None,
            tuple(str(error_id)[:32] for error_id in ids) if isinstance(ids, list | tuple) else (),
            tuple(str(intent)[:100] for intent in tried)[-MAX_TRIED:] if isinstance(tried, list | tuple) else (),
            values.get("resumes") is True,
        )

    @property
    def values(self) -> dict[str, Any]:
        """The request as a button carries it."""
        values = {"reason": self.reason.value, "task": self.task, "dossier": self.dossier, "error_ids": list(self.error_ids)}
        return values | {"tried": list(self.tried), "resumes": self.resumes}


@dataclass(frozen=True)
class Agent:
    """A member of the team, as the desk has identified them."""

    id: str
    """Stable, at most 64 characters."""
    name: str
    """Shown to users, at most 100 characters."""
    supervisor: bool = False

    @property
    def actor(self) -> str:
        """As ticket events name them."""
        return f"agent:{self.id}"


@dataclass(frozen=True)
class Ticket:
    """One escalation."""

    id: int
    reference: str
    """« SUP-000123 », as the user and the agents call it."""
    conversation_id: str
    state: TicketState
    queue: str
    reason: Reason
    agent: Agent | None
    """The assignee, or the last one if it is closed."""
    channel: str
    """The channel that the user is answered on."""
    trusted: bool
    """Whether an usager may be named there."""
    dossier: str | None
    tags: tuple[str, ...]
    outcome: Outcome | None
    rating: int | None
    """The user's: 3 very useful, 2 useful, 1 not useful."""
    opened_at: datetime
    queued_at: datetime
    taken_at: datetime | None
    first_reply_at: datetime | None
    last_user_at: datetime | None
    last_agent_at: datetime | None
    closed_at: datetime | None
    unanswered: bool
    """Whether the user's last words to the team had no answer."""
    version: int
    """Id of its last event."""


@dataclass(frozen=True)
class Note:
    """An internal note; never shown to the user."""

    id: int
    at: datetime
    agent: Agent
    text: str


@dataclass(frozen=True)
class TicketEvent:
    """Something that happened to a ticket."""

    id: int
    at: datetime
    ticket_id: int
    from_state: TicketState | None
    state: TicketState
    actor: str
    """`user`, `agent:<id>` or `clock`."""
    type: TicketEventType
    detail: str | None
    """The agent or the queue that it was given to."""


@dataclass(frozen=True)
class CannedReply:
    """A canned reply; its variables are those of `bot.support.canned_replies`."""

    id: int
    name: str
    text: str
