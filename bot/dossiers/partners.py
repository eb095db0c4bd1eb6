"""Partners of a dossier: listing, adding and removing them in its care team on the platform.

Permission is decided at each attempt by the care team as it is at that moment. A change replaces the version that was read
(`If-Match`); where somebody else was quicker the team is read and decided again, so that both writers' changes are kept.
"""

from __future__ import annotations

import asyncio
import re
import secrets
from collections.abc import Awaitable, Callable
from datetime import datetime
from enum import StrEnum
from typing import Literal

from sqlalchemy.ext.asyncio import AsyncSession

from bot.core.audit import record
from bot.core.clock import Clock
from bot.core.database import Database
from bot.core.mail import render_text
from bot.dossiers import errors
from bot.dossiers.access import TEAM, DossierAccess
from bot.dossiers.care_teams import (
    CareTeam,
    CareTeams,
    Participant,
    new_participant,
    operation_mark,
    was_added_by,
    was_ended_by,
    with_participant,
    with_participants_ended,
)
from bot.dossiers.duplicates import compare_again
from bot.dossiers.errors import AccountClosed, CannotAddSelf, CannotLeave, MissingBasis, NotAllowed, NotAMember
from bot.dossiers.probing import Origin, ProbeLimits
from bot.dossiers.records import Partner, Practitioner, normalize_reference
from bot.fhir.client import FhirClient
from bot.fhir.errors import FhirConflict
from bot.fhir.operations import Attempt, Kind, Operations, Payload, Pending
from bot.fhir.resources import Resource, etag_of

__all__ = [
    "BASES",
    "AccountClosed",
    "Basis",
    "CannotAddSelf",
    "CannotLeave",
    "MissingBasis",
    "NotAMember",
    "NotAllowed",
    "Outcome",
    "Partner",
    "Partners",
    "Pending",
]

Basis = Literal["care_team_informed", "consent_given"]
BASES: tuple[Basis, ...] = ("care_team_informed", "consent_given")
"""Why sharing is lawful (articles L1110-4 and L1110-12 of the Code de la santé publique): same care team and usager informed; consent."""
ADD, REMOVE = "partners.add", "partners.remove"
MAX_TRIES = 40
"""Readings of a care team that others keep changing, before the operation is postponed."""
_MEMBER = re.compile(r"[A-Za-z]{1,20}/[A-Za-z0-9.-]{1,64}")
_jitter = secrets.SystemRandom()


class Outcome(StrEnum):
    """The result of an act."""

    ADDED = "added"
    ALREADY = "already"
    REMOVED = "removed"
    NOT_THERE = "not_there"


class Partners:
    """Lists, adds and removes partners of a dossier on behalf of a member.

    All methods raise NotAMember, the same where there is no such dossier; those that change something also Pending (kept and retried:
    `conversation_id` is notified of the result) and OperationFailed. `key` names the act: the same key again returns the first outcome.
    """

    def __init__(
        self, fhir: FhirClient, database: Database, clock: Clock, operations: Operations, limits: ProbeLimits | None = None
    ) -> None:
        self._fhir = fhir
        self._clock = clock
        self._operations = operations
        self._teams = CareTeams(fhir)
        self._access = DossierAccess(self._teams, database, clock, limits)
        operations.register(ADD, Kind(self._attempt_add, _settle(ADD), _text("dossiers/partner_added"), errors.ALL))
        operations.register(REMOVE, Kind(self._attempt_remove, _settle(REMOVE), _text("dossiers/partner_removed"), errors.ALL))

    async def list(self, reference: str, actor: Practitioner, origin: Origin | None = None) -> list[Partner]:
        """Return who has access now, in the order of joining, the referent first; recorded for `origin`. Raises also LimitReached."""
        team = await self._access.open(reference, actor.id, TEAM, origin)
        return [participant.partner() for participant in sorted(team.participants, key=lambda participant: not participant.is_referent)]

    async def add(
        self,
        reference: str,
        actor: Practitioner,
        account: Practitioner,
        *,
        basis: str,
        channel: str | None,
        key: str,
        conversation_id: str | None = None,
    ) -> Outcome:
        """Give `account` access; return ADDED or ALREADY. Raises also CannotAddSelf, MissingBasis and AccountClosed."""
        return await self._add(reference, actor.id, account, basis=basis, channel=channel, key=key, conversation_id=conversation_id)

    async def grant_requested_access(
        self, reference: str, requester_account_id: str, account: Practitioner, basis: str, key: str
    ) -> Outcome:
        """Do what `add` does for an account that was requested and now exists; the requester must still be a member."""
        return await self._add(reference, requester_account_id, account, basis=basis, channel=None, key=key, conversation_id=None)

    async def remove(
        self, reference: str, actor: Practitioner, member: str, *, channel: str | None, key: str, conversation_id: str | None = None
    ) -> Outcome:
        """End the access of `member` (a `Partner.reference`); return REMOVED or NOT_THERE.

        The referent may remove anyone, a partner may leave. Raises also NotAllowed, and CannotLeave for the only referent.
        """
        if not _MEMBER.fullmatch(member):
            return Outcome.NOT_THERE
        payload = {"reference": _valid_reference(reference), "actor": actor.id, "member": member, "channel": channel}
        payload["conversation"] = conversation_id
        result = await self._operations.run(REMOVE, key, payload, conversation_id=conversation_id)
        return Outcome(result["outcome"])

    async def _add(
        self,
        reference: str,
        actor_id: str,
        account: Practitioner,
        *,
        basis: str,
        channel: str | None,
        key: str,
        conversation_id: str | None,
    ) -> Outcome:
        if basis not in BASES:
            raise MissingBasis
        if account.id == actor_id:
            raise CannotAddSelf
        payload = {
            "reference": _valid_reference(reference),
            "actor": actor_id,
            "account": account.id,
            "name": account.name,
            "profession": account.profession,
            "basis": basis,
            "channel": channel,
            "conversation": conversation_id,
        }
        result = await self._operations.run(ADD, key, payload, conversation_id=conversation_id)
        return Outcome(result["outcome"])

    async def _attempt_add(self, attempt: Attempt) -> Payload:
        payload, mark = attempt.payload, operation_mark(attempt.key)
        actor_open, account_open = await asyncio.gather(self._teams.is_active(payload["actor"]), self._teams.is_active(payload["account"]))

        def decide(team: CareTeam) -> tuple[Outcome, Resource | None]:
            if was_added_by(team.resource, mark):
                return Outcome.ADDED, None
            _check_member(team, payload["actor"], actor_open)
            if team.participant_of(payload["account"]):
                return Outcome.ALREADY, None
            if not account_open:
                raise AccountClosed
            member = f"Practitioner/{payload['account']}"
            entry = new_participant(member, payload["name"], payload["profession"], self._clock.now(), mark=mark)
            return Outcome.ADDED, with_participant(team.resource, entry)

        return {"outcome": await self._change(payload, decide), "name": payload["name"]}

    async def _attempt_remove(self, attempt: Attempt) -> Payload:
        payload, mark = attempt.payload, operation_mark(attempt.key)
        actor_open = await self._teams.is_active(payload["actor"])
        removed_name = ""

        def decide(team: CareTeam) -> tuple[Outcome, Resource | None]:
            nonlocal removed_name
            if was_ended_by(team.resource, mark):
                return Outcome.REMOVED, None
            _check_member(team, payload["actor"], actor_open)
            leaving = [one for one in team.participants if payload["member"] in (one.reference, f"Practitioner/{one.account_id}")]
            if not leaving:
                return Outcome.NOT_THERE, None
            _check_may_remove(team, payload["actor"], leaving)
            removed_name = leaving[0].display
            return Outcome.REMOVED, with_participants_ended(
                team.resource, [participant.position for participant in leaving], self._clock.now(), mark=mark
            )

        return {"outcome": await self._change(payload, decide), "name": removed_name}

    async def _change(self, payload: Payload, decide: Callable[[CareTeam], tuple[Outcome, Resource | None]]) -> Outcome:
        """Read the team, decide, write the decision; repeat where somebody else was quicker. Raises FhirConflict after MAX_TRIES."""
        for attempt in range(MAX_TRIES):
            team = await self._teams.of_participant(payload["reference"], payload["actor"])
            outcome, changed = decide(team)
            if changed is None:
                return outcome
            try:
                await self._fhir.update(changed, if_match=etag_of(team.resource), author=f"Practitioner/{payload['actor']}")
            except FhirConflict:
                await asyncio.sleep(_jitter.uniform(0, min(0.02 * (attempt + 1), 0.3)))
                continue
            return outcome
        raise FhirConflict


def _valid_reference(text: str) -> str:
    reference = normalize_reference(text)
    if reference is None:
        raise NotAMember
    return reference


def _check_member(team: CareTeam, account_id: str, account_open: bool) -> None:
    if not account_open or team.participant_of(account_id) is None:
        raise NotAMember


def _check_may_remove(team: CareTeam, actor_id: str, leaving: list[Participant]) -> None:
    actor = team.participant_of(actor_id)
    leaves_alone = all(participant.account_id == actor_id for participant in leaving)
    if not leaves_alone and not (actor and actor.is_referent):
        raise NotAllowed
    staying = [participant for participant in team.participants if participant not in leaving]
    if any(one.is_referent for one in leaving) and not any(one.is_referent for one in staying):
        raise CannotLeave


def _settle(action: str) -> Callable[[AsyncSession, Attempt, datetime, Payload], Awaitable[None]]:
    async def settle(session: AsyncSession, attempt: Attempt, now: datetime, result: Payload) -> None:
        payload = attempt.payload
        account = payload.get("account")
        await record(
            session,
            now=now,
            actor=payload["actor"],
            action=action,
            dossier=payload["reference"],
            subject=f"Practitioner/{account}" if account else payload["member"],
            basis=payload.get("basis"),
            channel=payload["channel"],
            conversation=payload.get("conversation"),
            outcome=result.get("outcome") or result["refused"],
            key=f"operation:{attempt.key}",
        )
        if action == ADD and result.get("outcome") == Outcome.ADDED:  # who came may see both of a pair now
            await compare_again(session, payload["reference"], attempt.key, now)

    return settle


def _text(template: str) -> Callable[[Payload, Payload], str]:
    def text(payload: Payload, result: Payload) -> str:
        outcome = result.get("outcome") or result["refused"]
        name = result.get("name") or payload.get("name") or ""
        return render_text(template, outcome=outcome, name=name, reference=payload["reference"], error_id=result.get("error_id"))

    return text
