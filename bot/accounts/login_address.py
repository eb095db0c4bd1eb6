"""The e-mail address that the codes of a new account go to, where it is in doubt whose it is, or missing: an agent picks or completes it.

Everybody can ask for an account for anybody, with a mailbox of their own in the fiche; others then join that request. What the first
one gave proves nothing, so nothing is created before an agent said which of the addresses is the person's.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from bot.accounts.directory_record_fields import FieldError, validate_field
from bot.accounts.errors import UnusableAddress
from bot.accounts.tables import AccountRequest, AccountRequester


@dataclass(frozen=True)
class GivenAddress:
    """An address, and who gave it: name and e-mail of each, empty for somebody whom nobody knows. Nobody gave what the team completed."""

    email: str
    givers: tuple[str, ...]
    known: bool
    """Whether somebody who has an account gave it, or the team."""


def identity_of(requester: AccountRequester) -> str:
    """Return who asked: the same text for the same account, or for the same chat that is nobody's."""
    return requester.requester_id or f"chat:{requester.conversation_id}"


def given_addresses(request: AccountRequest, requesters: Sequence[AccountRequester]) -> tuple[GivenAddress, ...]:
    """Return the addresses that are in question, in the order in which they came: what each requester gave last, and the request's."""
    told = [row for row in requesters if row.fiche]  # nothing is left of the fiche of a requester who was erased
    last = {identity_of(row): row for row in told}
    counting = [row for row in told if last[identity_of(row)] is row or row.fiche.get("email") == request.email]
    emails = dict.fromkeys(email for row in counting if (email := row.fiche.get("email")))
    rows = {email: [row for row in told if row.fiche.get("email") == email] for email in emails}
    completed = (GivenAddress(request.email, (), known=True),) if request.email is not None and request.email not in emails else ()
    return completed + tuple(
        GivenAddress(email, tuple(dict.fromkeys(row.display for row in gave)), any(row.requester_id for row in gave))
        for email, gave in rows.items()
    )


def must_be_picked(request: AccountRequest, requesters: Sequence[AccountRequester]) -> bool:
    """Tell whether an agent has to give an address first: none was given, several were, or one, by several people whom nobody knows."""
    if request.email is None:
        return True
    if request.address_picked_by is not None:
        return False
    given = given_addresses(request, requesters)
    return len(given) > 1 or (len({identity_of(row) for row in requesters}) > 1 and not any(address.known for address in given))


def lacks_address(requesters: Sequence[AccountRequester]) -> bool:
    """Tell whether no requester gave an address: an agent completes it."""
    return not any(row.fiche.get("email") for row in requesters if row.fiche)


def usable_address(email: str) -> str:
    """Return an address as it is stored. Raises UnusableAddress."""
    try:
        return validate_field("email", email)
    except FieldError:
        raise UnusableAddress from None
