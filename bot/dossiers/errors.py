"""Refusals of acts on a dossier. Each has a short code; the texts that users read are in the domain."""

from __future__ import annotations

from bot.fhir.operations import Refusal


class UnknownDossier(Refusal):
    """No dossier has this reference."""

    code = "unknown_dossier"


class NotAMember(Refusal):
    """The account does not take part in this dossier (any more)."""

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


class CannotLeave(Refusal):
    """The only referent cannot leave: nobody would answer for the dossier."""

    code = "cannot_leave"


ALL: tuple[type[Refusal], ...] = (UnknownDossier, NotAMember, CannotAddSelf, MissingBasis, AccountClosed, NotAllowed, CannotLeave)
