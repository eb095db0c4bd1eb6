"""Tables of account requests: the request about a person, everybody who asked for it, and what agents decided."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from bot.core.database import Table

RECEIVED, TO_VERIFY, MORE_INFO, CREATED, REFUSED = "received", "to_verify", "more_info", "created", "refused"
WITHDRAWN = "withdrawn"
"""States of a request: reçue, à vérifier, complément demandé, compte créé, refusée, retirée. The last is an outcome of a requester, too."""
STATES = (RECEIVED, TO_VERIFY, MORE_INFO, CREATED, REFUSED, WITHDRAWN)
OPEN = (RECEIVED, TO_VERIFY, MORE_INFO)
"""States in which a request still waits for the team or for the requester."""

AWAY = "away"
"""Failure of a decision that will pass: it is retried."""


class AccountRequest(Table):
    """A request for an account, about one person."""

    __tablename__ = "account_requests"
    __table_args__ = (Index("ix_account_requests_state", "state", "id"),)

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=True)
    reference: Mapped[str] = mapped_column(String(20), unique=True)
    """DC-<year>-<six digits>."""
    state: Mapped[str] = mapped_column(String(16), default=RECEIVED)
    state_since: Mapped[datetime]
    created_at: Mapped[datetime]
    fiche: Mapped[dict[str, Any]]
    rpps: Mapped[str | None] = mapped_column(String(11), index=True)
    adeli: Mapped[str | None] = mapped_column(String(9), index=True)
    email: Mapped[str | None] = mapped_column(String(254), index=True)
    """Where the codes go; None while nobody has given the address."""
    person: Mapped[str] = mapped_column(String(400), index=True)
    """Folded name and profession, see `bot.accounts.duplicates`."""
    reason: Mapped[str | None] = mapped_column(String(500))
    """Why it was refused, or what was asked for: the requester reads it."""
    agent: Mapped[str | None] = mapped_column(String(80))
    creating_since: Mapped[datetime | None]
    """Set from the start of a creation until it is over; the next attempt resumes it."""
    nonce: Mapped[str | None] = mapped_column(String(32))
    """What the first-use code is derived from, together with the secret."""
    sealed_code: Mapped[str | None] = mapped_column(String(200))
    """The first-use code, encrypted; None where a version before began the creation."""
    account_id: Mapped[str | None] = mapped_column(String(64))
    account_made: Mapped[bool | None]
    """Whether the account was made for this request; False where it existed already."""
    address_picked_by: Mapped[str | None] = mapped_column(String(80))
    """The agent who picked `email` among the addresses that were given, or completed it; None where nobody did since the last one came."""
    lease_token: Mapped[str | None] = mapped_column(String(32))
    lease_until: Mapped[datetime | None]


class AccountRequester(Table):
    """A requester: one time that the account was asked for, by whom, in which chat, for which dossier."""

    __tablename__ = "account_request_askers"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=True)
    request_id: Mapped[int] = mapped_column(ForeignKey("account_requests.id"), index=True)
    key: Mapped[str] = mapped_column(String(200), unique=True)
    """Idempotency key of the submission."""
    at: Mapped[datetime]
    joined: Mapped[bool]
    conversation_id: Mapped[str] = mapped_column(String(32), index=True)
    requester_id: Mapped[str | None] = mapped_column(String(64), index=True)
    """Account of the requester; None for somebody unlinked, who asks for themself."""
    display: Mapped[str] = mapped_column("requester", String(200))
    """Name and e-mail as the team reads them; empty for somebody unlinked."""
    dossier: Mapped[str | None] = mapped_column(String(32))
    basis: Mapped[str | None] = mapped_column(String(32))
    access_from: Mapped[date | None]
    """First day of the access to the dossier, in Paris; None: when the account exists."""
    access_until: Mapped[date | None]
    """Its last day, included."""
    fiche: Mapped[dict[str, Any]]
    """The fiche as this requester gave it: it may differ from the request's."""
    outcome: Mapped[str | None] = mapped_column(String(32))
    """What became of the access to the dossier, once known."""
    settled_at: Mapped[datetime | None]


class AccountRequestNumber(Table):
    """The last number given in a year. Submissions lock its row, so that two at once see each other."""

    __tablename__ = "account_request_numbers"

    year: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    last: Mapped[int] = mapped_column(default=0)


class AccountDecision(Table):
    """What an agent decided about a request, kept until it is carried out: until then it may be taken back."""

    __tablename__ = "account_decisions"

    request_id: Mapped[int] = mapped_column(ForeignKey("account_requests.id"), primary_key=True, autoincrement=False)
    action: Mapped[str] = mapped_column(String(16))
    """create, ask or refuse."""
    text: Mapped[str | None] = mapped_column(String(500))
    """The question or the reason."""
    agent_id: Mapped[str] = mapped_column(String(64))
    agent: Mapped[str] = mapped_column(String(80))
    """The agent's name."""
    decided_at: Mapped[datetime]
    due_at: Mapped[datetime] = mapped_column(index=True)
    lease_until: Mapped[datetime | None]
    """Set while a process carries it out."""
    failure: Mapped[str | None] = mapped_column(String(32))
    """Why it could not be carried out (`bot.accounts.decisions`); somebody has to decide again, unless that will pass (`AWAY`)."""
