"""What can go wrong with account requests; the command line has a sentence for each."""

from __future__ import annotations


class RequestError(Exception):
    """The account request could not be dealt with."""

    def __init__(self) -> None:
        super().__init__((self.__doc__ or "").splitlines()[0])


class UnknownRequest(RequestError):
    """There is no account request with this reference."""


class WrongState(RequestError):
    """The request is over already; `state` says how."""

    def __init__(self, state: str) -> None:
        super().__init__()
        self.state = state


class BeingCreated(RequestError):
    """Somebody is creating this account, or began to: let it be finished first."""


class UnusableText(RequestError):
    """A reason or a question is empty or too long: the requester is to read it."""


class AccountGone(RequestError):
    """The account made for this request is no longer on the platform."""


class EmailTaken(RequestError):
    """Another person's account has this e-mail: ask for another address."""


class RequestChanged(RequestError):
    """The request has changed since it was looked at: look again before deciding."""


class AlreadyDecided(RequestError):
    """Somebody has decided of this request a moment ago; `agent` is their name."""

    def __init__(self, agent: str) -> None:
        super().__init__()
        self.agent = agent


class TooLate(RequestError):
    """The decision is being carried out, or was: it cannot be taken back."""
