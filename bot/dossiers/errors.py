"""Refusals of acts on a dossier. Each has a short code; the texts that users read are in the domain."""

from __future__ import annotations

from datetime import datetime

from bot.fhir.operations import Refusal


class NotAMember(Refusal):
    """The account does not take part in this dossier (any more), or there is no such dossier: nobody outside is told which."""

    code = "not_a_member"


class CannotAddSelf(Refusal):
    """Nobody adds themself to a dossier."""

    code = "cannot_add_self"


class MissingBasis(Refusal):
    """Nobody is added without a legal basis for sharing."""

    code = "missing_basis"


class AccountClosed(Refusal):
    """The partner has no open account on the platform (any more)."""

    code = "account_closed"


class NotAllowed(Refusal):
    """Only the referent may remove somebody else."""

    code = "not_allowed"


class Elsewhere(NotAllowed):
    """The member is one of another server: only those who manage that can tell who it is, and change it."""

    code = "elsewhere"


class CannotLeave(Refusal):
    """The only referent cannot leave: nobody would answer for the dossier."""

    code = "cannot_leave"


class PeriodOver(Refusal):
    """The last day of an access is past."""

    code = "period_over"


class EndBeforeStart(Refusal):
    """The last day of an access is before its first."""

    code = "end_before_start"


class NotUndoable(Refusal):
    """The act to undo is not one of this account in this chat, or is too old."""

    code = "not_undoable"


ALL: tuple[type[Refusal], ...] = (
    NotAMember,
    CannotAddSelf,
    MissingBasis,
    AccountClosed,
    NotAllowed,
    Elsewhere,
    CannotLeave,
    PeriodOver,
    EndBeforeStart,
    NotUndoable,
)


class LimitReached(Exception):
    """An account or a chat did something too often.

    Attributes:
        what: one of `bot.dossiers.probing`: REFUSED, CREATED, SEARCHED.
        until: when it may go on.
    """

    def __init__(self, what: str, until: datetime) -> None:
        super().__init__(f"too many: {what}")
        self.what, self.until = what, until
