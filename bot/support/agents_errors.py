"""What can go wrong with the accounts of the support team."""

from __future__ import annotations

from datetime import datetime


class AgentError(Exception):
    """The agent's account could not be used or changed."""

    def __init__(self) -> None:
        super().__init__((self.__doc__ or "").splitlines()[0])


class LoginTaken(AgentError):
    """Another agent has this login."""


class UnusableLogin(AgentError):
    """A login is 2 to 80 characters without spaces."""


class UnusableName(AgentError):
    """A name is 1 to 80 visible characters: users read it."""


class WeakPassword(AgentError):
    """A password is 12 to 200 characters, and does not hold the login."""


class UnknownAgent(AgentError):
    """There is no such agent."""


class LastSupervisor(AgentError):
    """Somebody must be left who may manage the agents."""


class SignInFailed(AgentError):
    """Login and password do not fit."""


class SignInLocked(AgentError):
    """Too many wrong passwords; `until` says when the next one is looked at."""

    def __init__(self, until: datetime) -> None:
        super().__init__()
        self.until = until
