"""Errors of the desk and of the agents' accounts: each error's docstring is its message."""

from __future__ import annotations

from datetime import datetime

from bot.support.records import Agent


class DeskError(Exception):
    """The desk could not do it."""

    def __init__(self) -> None:
        super().__init__((self.__doc__ or "").strip())


class UnknownTicket(DeskError):
    """There is no such ticket."""


class TicketOver(DeskError):
    """The ticket is closed: nothing was said or changed."""


class NotOver(DeskError):
    """The ticket is not closed."""


class AlreadyTaken(DeskError):
    """Another agent has the ticket."""

    def __init__(self, agent: Agent) -> None:
        super().__init__()
        self.agent = agent


class NotYours(DeskError):
    """The ticket is not this agent's: nothing was said or changed."""

    def __init__(self, agent: Agent | None) -> None:
        super().__init__()
        self.agent = agent
        """Who has it; None where nobody has."""


class StillJoining(DeskError):
    """The assistant is still answering an earlier message: nothing was said, to be tried again in a moment."""


class ConversationBusy(DeskError):
    """The conversation has another open ticket."""


class WrongReference(DeskError):
    """The text is not the reference of a dossier."""


class WrongQueue(DeskError):
    """There is no such queue."""


class EmptyText(DeskError):
    """There is nothing to read in this text."""


class TextTooLong(DeskError):
    """The text is too long."""


class NamesUnreadable(DeskError):
    """Nobody can say now whether the text names an usager: nothing was said."""


class TooManyDossiers(DeskError):
    """The agent named as many dossiers as may be that the conversation is not about: nothing was said; `until` says for how long."""

    def __init__(self, until: datetime) -> None:
        super().__init__()
        self.until = until


class UnknownVariable(DeskError):
    """The text has an unknown variable."""


class NameTaken(DeskError):
    """Another one has this name."""


class IllegalTransition(DeskError):
    """The ticket cannot change to this state from the one that it is in."""


class AgentError(Exception):
    """The agent's account could not be used or changed."""

    def __init__(self) -> None:
        super().__init__((self.__doc__ or "").splitlines()[0])


class LoginTaken(AgentError):
    """Another agent has this login."""


class UnusableLogin(AgentError):
    """A login is 2 to 80 characters without spaces."""


class UnusableName(AgentError):
    """A name is 1 to 80 visible characters."""


class WeakPassword(AgentError):
    """A password is 12 to 200 characters, and does not hold the login."""


class UnknownAgent(AgentError):
    """There is no such agent."""


class LastSupervisor(AgentError):
    """At least one supervisor must remain."""


class SignInFailed(AgentError):
    """Login and password do not match."""


class SignInLocked(AgentError):
    """Too many wrong passwords; `until` says when the next one is looked at."""

    def __init__(self, until: datetime) -> None:
        super().__init__()
        self.until = until


class SecondFactorNeeded(DeskError):
    """The password is right, and a code of the second factor is asked for."""

    def __init__(self, agent_id: str) -> None:
        super().__init__()
        self.agent_id = agent_id


class SecondFactorUnreadable(DeskError):
    """The key of the second factor was encrypted with another SECRET: it has to be reset."""


class NoSecondFactor(DeskError):
    """There is no second factor, or none that waits for its first code."""
