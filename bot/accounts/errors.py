"""Errors of account requests; the command line has a sentence for each."""

from __future__ import annotations

from datetime import datetime


class RequestError(Exception):
    """The account request could not be processed."""

    def __init__(self) -> None:
        super().__init__((self.__doc__ or "").splitlines()[0])


class UnknownRequest(RequestError):
    """There is no account request with this reference."""


class WrongState(RequestError):
    """The request is closed already; `state` says how."""

    def __init__(self, state: str) -> None:
        super().__init__()
        self.state = state


class NoCodes(RequestError):
    """No account was created for this request here, so there are no codes to mail."""


class CodesUnreadable(RequestError):
    """The code of this account was made with another SECRET than those that are known: one mailed now would never work."""


class BeingCreated(RequestError):
    """The account is being created: wait until that is finished."""


class UnusableText(RequestError):
    """A reason or a question, which the requester reads, is empty or too long."""


class AccountGone(RequestError):
    """The account made for this request is no longer on the platform."""


class TooManyRequests(RequestError):
    """As many requests were made as may be, in this chat or from where it is used, or for this address: wait until `until`."""

    def __init__(self, until: datetime) -> None:
        super().__init__()
        self.until = until


class EmailTaken(RequestError):
    """Another person's account has this e-mail: ask for another address."""


class AddressToPick(RequestError):
    """The requesters gave no e-mail address, or several, or nobody known gave it: somebody has to say where the codes go."""


class AddressNotGiven(RequestError):
    """None of the requesters gave this e-mail address."""


class UnusableAddress(RequestError):
    """The text is no e-mail address."""


class RequestChanged(RequestError):
    """The request has changed since it was read: read it again before deciding."""


class AlreadyDecided(RequestError):
    """An agent decided about this request a moment ago; `agent` is their name."""

    def __init__(self, agent: str) -> None:
        super().__init__()
        self.agent = agent


class NotARequester(RequestError):
    """Only who asked for the account may withdraw the request."""


class TooLate(RequestError):
    """The decision is being carried out or has been: it cannot be taken back."""
