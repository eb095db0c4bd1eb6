"""An account request as it is shown: its status to the requester, all that is needed to verify it to the SPHERE team."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime

from bot.accounts.directory_record import Fiche
from bot.accounts.login_address import GivenAddress, given_addresses, lacks_address, must_be_picked
from bot.accounts.tables import MORE_INFO, REFUSED, AccountRequest, AccountRequester
from bot.dossiers.period import AccessPeriod, paris_day


@dataclass(frozen=True)
class RequestStatus:
    """Where a request stands, for its requester. `reason` says why it was refused, or what is asked for."""

    reference: str
    name: str
    state: str
    since: datetime
    reason: str | None
    created_at: datetime


@dataclass(frozen=True)
class DossierRequest:
    """A request as a member of a dossier sees it that waits for the account: where it stands, and who asked for it there."""

    status: RequestStatus
    dossier: str
    requester: str
    """Name of the requester."""
    requester_id: str | None
    """Their account."""


@dataclass(frozen=True)
class Requester:
    """Somebody who asked, for the team. `display` is name and e-mail, empty for an unlinked person asking for themself."""

    at: datetime
    display: str
    dossier: str | None
    basis: str | None
    outcome: str | None
    differing: tuple[tuple[str, str], ...]
    """Fields (name, value) in which their fiche differs from the request's."""
    conversation_id: str
    """The chat that they asked in."""
    period: str = ""
    """The dates of the access, in words."""


@dataclass(frozen=True)
class RequestDetails:
    """A request as the team sees it. `fiche` holds field names and values as shown."""

    status: RequestStatus
    fiche: tuple[tuple[str, str], ...]
    warnings: tuple[str, ...]
    requesters: tuple[Requester, ...]
    agent: str | None
    account_id: str | None
    person: Fiche
    version: str
    """Changes with every change of the request: an agent who decides says which version they saw."""
    being_created: bool
    addresses: tuple[GivenAddress, ...]
    """The e-mail addresses that the requesters gave, in the order in which they came."""
    address_to_pick: bool
    """Whether an agent has to pick one of them, or complete it where there is none, before the account can be created."""
    address_to_complete: bool
    """Whether no requester gave an address: an agent types it."""
    address_picked_by: str | None
    """The agent who picked the address of `person`."""


def status_of(request: AccountRequest) -> RequestStatus:
    """Return where a request stands."""
    name = Fiche.model_validate(request.fiche).name
    reason = request.reason if request.state in (MORE_INFO, REFUSED) else None
    return RequestStatus(request.reference, name, request.state, request.state_since, reason, request.created_at)


def dossier_request_of(request: AccountRequest, requester: AccountRequester) -> DossierRequest:
    """Return the request as the members of the requester's dossier see it."""
    name, _, _ = requester.display.rpartition(" (")
    return DossierRequest(status_of(request), requester.dossier or "", name or requester.display, requester.requester_id)


def details_of(request: AccountRequest, requesters: list[AccountRequester]) -> RequestDetails:
    """Return all of a request, with everybody who asked."""
    fiche = Fiche.model_validate(request.fiche)
    lines = tuple(fiche.lines())
    return RequestDetails(
        status=status_of(request),
        fiche=lines,
        warnings=fiche.warnings,
        requesters=tuple(_requester(row, lines) for row in requesters),
        agent=request.agent,
        account_id=request.account_id,
        person=fiche,
        version=version_of(request, len(requesters)),
        being_created=request.creating_since is not None,
        addresses=given_addresses(request, requesters),
        address_to_pick=must_be_picked(request, requesters),
        address_to_complete=lacks_address(requesters),
        address_picked_by=request.address_picked_by,
    )


def version_of(request: AccountRequest, requesters: int) -> str:
    """Return what changes whenever the request does: its state, since when, how many asked for it, its address and whose pick that is."""
    address = hashlib.sha256(f"{request.email} {request.address_picked_by}".encode()).hexdigest()[:12]
    return f"{request.state}.{request.state_since.timestamp():.6f}.{requesters}.{address}"


def _requester(row: AccountRequester, lines: tuple[tuple[str, str], ...]) -> Requester:
    return Requester(
        at=row.at,
        display=row.display,
        dossier=row.dossier,
        basis=row.basis,
        outcome=row.outcome,
        differing=tuple(set(Fiche.model_validate(row.fiche).lines()) - {*lines}) if row.fiche else (),
        conversation_id=row.conversation_id,
        period=AccessPeriod(row.access_from, row.access_until).words(paris_day(row.at)),
    )
