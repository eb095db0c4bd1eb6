"""Errors of linking a chat to an account; the dialogue has a text for each."""

from __future__ import annotations

from datetime import datetime


class IdentityError(Exception):
    """The chat could not be linked."""

    def __init__(self) -> None:
        super().__init__((self.__doc__ or "").splitlines()[0])


class NoCode(IdentityError):
    """No code is awaited from this chat."""


class AccountClosed(NoCode):
    """The account was closed between the sending of the code and its use."""


class CodeExpired(IdentityError):
    """The code is no longer valid: ask for another."""


class WrongCode(IdentityError):
    """The code is wrong; `tries_left` more may be tried."""

    def __init__(self, tries_left: int) -> None:
        super().__init__()
        self.tries_left = tries_left


class Locked(IdentityError):
    """Too many tries, or too many codes asked for: wait until `until` (aware, UTC)."""

    def __init__(self, until: datetime) -> None:
        super().__init__()
        self.until = until


class TooManyCodes(Locked):
    """As many codes were sent as may be, to this address, in this chat, or to where it is used from: wait until `until`."""


class LinkTokenInvalid(IdentityError):
    """The link is unknown, too old, or was used by another chat."""


class OtherAccountLinked(IdentityError):
    """The chat is linked to another account: nothing was changed."""
