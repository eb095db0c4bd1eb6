"""Partners of a dossier: listing, adding and removing them in its care team on the platform.

Permission is decided at each attempt by the care team as it is at that moment. A change replaces the version that was read
(`If-Match`); where somebody else was quicker the team is read and decided again, so that both writers' changes are kept.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Awaitable, Callable
from datetime import date, datetime
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
    new_participant,
    operation_mark,
    was_added_by,
    was_dated_by,
    was_ended_by,
    was_planned,
    with_participant,
    with_participant_dated,
    with_participants_ended,
)
from bot.dossiers.dated_accesses import forget_dates, keep_dates
from bot.dossiers.duplicates import compare_again
from bot.dossiers.errors import (
    AccountClosed,
    CannotAddSelf,
    CannotLeave,
    EndBeforeStart,
    MissingBasis,
    NotAllowed,
    NotAMember,
    PeriodOver,
)
from bot.dossiers.period import ALWAYS, AccessPeriod, paris_day
from bot.dossiers.practitioner_roles import NoRole, PractitionerRoles
from bot.dossiers.probing import Origin, ProbeLimits
from bot.dossiers.records import Partner, Practitioner, normalize_reference
from bot.dossiers.team_acts import keep_act
from bot.dossiers.team_changes import Changed, change_team, check_member
from bot.dossiers.team_rights import check_is_ours, check_may_date, check_may_remove, entries_of
from bot.fhir.client import FhirClient
from bot.fhir.mapping import DEFAULT_MAPPING, PlatformMapping
from bot.fhir.operations import Attempt, Kind, Operations, Payload, Pending
from bot.fhir.resources import Resource

__all__ = [
    "BASES",
    "AccountClosed",
    "Basis",
    "CannotAddSelf",
    "CannotLeave",
    "EndBeforeStart",
    "MissingBasis",
    "NotAMember",
    "NotAllowed",
    "Outcome",
    "Partner",
    "Partners",
    "Pending",
    "PeriodOver",
]

Basis = Literal["care_team_informed", "consent_given"]
BASES: tuple[Basis, ...] = ("care_team_informed", "consent_given")
"""Why sharing is lawful (articles L1110-4 and L1110-12 of the Code de la santé publique): same care team and usager informed; consent."""
ADD, REMOVE, DATE = "partners.add", "partners.remove", "partners.date"
_MEMBER = re.compile(r"[A-Za-z]{1,20}/[A-Za-z0-9.-]{1,64}")


class Outcome(StrEnum):
    """The result of an act."""

    ADDED = "added"
    ALREADY = "already"
    REMOVED = "removed"
    NOT_THERE = "not_there"
    DATED = "dated"
    UNCHANGED = "unchanged"
    RESTORED = "restored"


class Partners:
    """Lists, adds and removes partners of a dossier on behalf of a member.

    All methods raise NotAMember, the same where there is no such dossier; those that change something also Pending (kept and retried:
    `conversation_id` is notified of the result) and OperationFailed. `key` names the act: the same key again returns the first outcome.
    """

    def __init__(
        self,
        fhir: FhirClient,
        database: Database,
        clock: Clock,
        operations: Operations,
        limits: ProbeLimits | None = None,
        mapping: PlatformMapping = DEFAULT_MAPPING,
    ) -> None:
        self._fhir = fhir
        self._clock = clock
        self._operations = operations
        self._teams = CareTeams(fhir, clock, mapping)
        self._roles = PractitionerRoles(fhir, clock, mapping)
        self._access = DossierAccess(self._teams, database, clock, limits)
        operations.register(ADD, Kind(self._attempt_add, _settle(ADD), _text("dossiers/partner_added"), errors.ALL))
        operations.register(DATE, Kind(self._attempt_date, _settle(DATE), _text("dossiers/partner_dated"), errors.ALL))
        operations.register(REMOVE, Kind(self._attempt_remove, _settle(REMOVE), _text("dossiers/partner_removed"), errors.ALL))

    async def list(self, reference: str, actor: Practitioner, origin: Origin | None = None) -> list[Partner]:
        """Return who has access now, in the order of joining, the referent first, then who will; recorded for `origin`.

        Raises also LimitReached.
        """
        team = await self._access.open(reference, actor.id, TEAM, origin)
        first: dict[str, str] = {}  # who is in several teams of one usager is shown in one of them
        every = [
            one
            for one in (*team.participants, *team.planned)
            if first.setdefault(one.account_id or one.reference, one.team_id) == one.team_id
        ]
        return [one.partner() for one in sorted(every, key=lambda one: (one.planned, not one.is_referent))]

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
        period: AccessPeriod = ALWAYS,
    ) -> Outcome:
        """Give `account` access for a period; return ADDED, or ALREADY for who has access, or will.

        Raises also CannotAddSelf, MissingBasis, AccountClosed, EndBeforeStart and PeriodOver.
        """
        return await self._add(
            reference, actor.id, account, basis=basis, channel=channel, key=key, conversation_id=conversation_id, period=period
        )

    async def grant_requested_access(
        self, reference: str, requester_account_id: str, account: Practitioner, basis: str, key: str, period: AccessPeriod = ALWAYS
    ) -> Outcome:
        """Do what `add` does for an account that was requested and now exists; the requester must still be a member."""
        return await self._add(
            reference, requester_account_id, account, basis=basis, channel=None, key=key, conversation_id=None, period=period
        )

    async def set_period(
        self,
        reference: str,
        actor: Practitioner,
        member: str,
        period: AccessPeriod,
        *,
        channel: str | None,
        key: str,
        conversation_id: str | None = None,
    ) -> Outcome:
        """Give the access of `member` (a `Partner.reference`) these dates; return DATED, UNCHANGED or NOT_THERE.

        No first day: an access that has begun goes on, one that has not begins now. No last day: it has no end any more. The referent
        may do it, and who added the member. Raises also NotAllowed, Elsewhere, CannotLeave for the only referent, EndBeforeStart and
        PeriodOver.
        """
        if not _MEMBER.fullmatch(member):
            return Outcome.NOT_THERE
        payload = {"reference": _valid_reference(reference), "actor": actor.id, "member": member, "channel": channel}
        payload |= {"conversation": conversation_id} | period.given
        result = await self._operations.run(DATE, key, payload, conversation_id=conversation_id)
        return Outcome(result["outcome"])

    async def remove(
        self, reference: str, actor: Practitioner, member: str, *, channel: str | None, key: str, conversation_id: str | None = None
    ) -> Outcome:
        """End the access of `member` (a `Partner.reference`); return REMOVED or NOT_THERE.

        The referent may remove anyone, a partner may leave. Raises also NotAllowed, Elsewhere, and CannotLeave for the only referent.
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
        period: AccessPeriod,
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
            **period.given,
        }
        result = await self._operations.run(ADD, key, payload, conversation_id=conversation_id)
        return Outcome(result["outcome"])

    async def _attempt_add(self, attempt: Attempt) -> Payload:
        payload, mark = attempt.payload, operation_mark(attempt.key)
        actor_open, member = await asyncio.gather(self._teams.is_active(payload["actor"]), self._roles.member_of(payload["account"]))

        def decide(team: CareTeam) -> tuple[Outcome, Resource | None]:
            if any(was_added_by(each, mark) for each in team.resources):
                return Outcome.ADDED, None
            check_member(team, payload["actor"], actor_open)
            if any(one.account_id == payload["account"] for one in (*team.participants, *team.planned)):
                return Outcome.ALREADY, None
            if not member.is_open:
                raise AccountClosed
            now = self._clock.now()
            period = _period(payload).checked(paris_day(now))
            if member.role_id is None and not asked:
                raise NoRole
            roles = self._roles.roles_of(member, payload["profession"])
            entry = new_participant(member.reference, payload["name"], roles, now, mark=mark, period=period, added_by=payload["actor"])
            return Outcome.ADDED, with_participant(team.resource, entry)

        asked = False
        try:
            outcome = await self._change(payload, decide)
        except NoRole:  # only for who is really added: nothing is created for a refusal
            member, asked = await self._roles.with_role(member, payload["name"], payload["profession"]), True
            outcome = await self._change(payload, decide)
        return {"outcome": outcome, "name": payload["name"]} | self._today()

    async def _attempt_date(self, attempt: Attempt) -> Payload:
        payload, mark = attempt.payload, operation_mark(attempt.key)
        actor_open = await self._teams.is_active(payload["actor"])
        found, planned = None, False

        def decide(team: CareTeam) -> tuple[Outcome, Changed]:
            nonlocal found, planned
            check_member(team, payload["actor"], actor_open)
            meant = entries_of(team, payload["member"])
            check_is_ours(meant)
            found = meant[-1] if meant else None
            if any(was_dated_by(each, mark) for each in team.resources):  # as it is now they are not as they were
                planned = any(was_planned(entry, mark) for _, entry in team.entries)
                return Outcome.DATED, None
            planned = found is not None and found.planned
            if found is None:
                return Outcome.NOT_THERE, None
            now = self._clock.now()
            period = _period(payload).checked(paris_day(now))
            check_may_date(team, payload["actor"], found, period)
            changed: dict[str, Resource] = {}
            for one in (entry for entry in meant if entry.planned == found.planned):
                dated = with_participant_dated(changed.get(one.team_id, team.team_of(one)), one, period, now, mark=mark)
                changed |= {one.team_id: dated} if dated else {}
            return (Outcome.DATED, [*changed.values()]) if changed else (Outcome.UNCHANGED, None)

        outcome = await self._change(payload, decide)
        who: Payload = {"name": found.told_name, "account": found.account_id, "added_by": found.added_by} if found else {"name": ""}
        return {"outcome": outcome, "was_planned": planned} | who | self._today()

    async def _attempt_remove(self, attempt: Attempt) -> Payload:
        payload, mark = attempt.payload, operation_mark(attempt.key)
        actor_open = await self._teams.is_active(payload["actor"])
        removed_name, removed_account, planned = "", None, False

        def decide(team: CareTeam) -> tuple[Outcome, list[Resource]]:
            nonlocal removed_name, removed_account, planned
            leaving = entries_of(team, payload["member"])
            check_is_ours(leaving)
            ended = any(was_ended_by(each, mark) for each in team.resources)
            if ended and not leaving:
                return Outcome.REMOVED, []
            check_member(team, payload["actor"], actor_open)
            if not leaving:
                return Outcome.NOT_THERE, []
            check_may_remove(team, payload["actor"], leaving)
            removed_name, removed_account = leaving[0].told_name, leaving[0].account_id
            planned = all(participant.planned for participant in leaving)
            positions = {one.team_id: [each.position for each in leaving if each.team_id == one.team_id] for one in leaving}
            changed = [each for each in reversed(team.resources) if each.get("id") in positions]  # others' first: they may refuse
            return Outcome.REMOVED, [with_participants_ended(each, positions[each["id"]], self._clock.now(), mark=mark) for each in changed]

        outcome = await self._change(payload, decide)
        if outcome is Outcome.REMOVED and not removed_name:  # the answer was lost: it was done before
            removed_name, removed_account, planned = await self._teams.ended_by(payload["reference"], payload["actor"], mark)
        return {"outcome": outcome, "name": removed_name, "account": removed_account, "was_planned": planned}

    def _today(self) -> Payload:
        """Return the day on which an act was done, by which its dates are worded."""
        return {"on": paris_day(self._clock.now()).isoformat()}

    async def _change(self, payload: Payload, decide: Callable[[CareTeam], tuple[Outcome, Changed]]) -> Outcome:
        """Read the team, decide, write the decision; repeat where somebody else was quicker. Raises FhirConflict."""
        return await change_team(self._fhir, self._teams, payload["reference"], payload["actor"], decide)


def _valid_reference(text: str) -> str:
    reference = normalize_reference(text)
    if reference is None:
        raise NotAMember
    return reference


def _period(payload: Payload) -> AccessPeriod:
    return AccessPeriod.read(payload.get("from"), payload.get("until"))


def _settle(action: str) -> Callable[[AsyncSession, Attempt, datetime, Payload], Awaitable[None]]:
    async def settle(session: AsyncSession, attempt: Attempt, now: datetime, result: Payload) -> None:
        payload, outcome = attempt.payload, result.get("outcome")
        account = payload.get("account") or result.get("account")
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
            period=_period(payload).code,
        )
        if outcome == Outcome.ADDED:
            await keep_dates(session, payload["reference"], payload["account"], payload["actor"], _period(payload), now)
            await compare_again(session, payload["reference"], attempt.key, now)  # who came may see both of a pair now
        elif outcome == Outcome.DATED and result.get("account"):
            added_by = result.get("added_by") or payload["actor"]
            await keep_dates(session, payload["reference"], result["account"], added_by, _period(payload), now)
        elif outcome == Outcome.REMOVED and result.get("account"):
            await forget_dates(session, payload["reference"], result["account"])
        await keep_act(session, attempt.key, payload, result, _period(payload), now)

    return settle


def _text(template: str) -> Callable[[Payload, Payload], str]:
    def text(payload: Payload, result: Payload) -> str:
        outcome = result.get("outcome") or result["refused"]
        name = result.get("name") or payload.get("name") or ""
        period, today = _period(payload), date.fromisoformat(result["on"]) if "on" in result else date.min
        return render_text(
            template,
            outcome=outcome,
            name=name,
            reference=payload["reference"],
            error_id=result.get("error_id"),
            period=period.words(today),
            later=period.begins_later(today),
        )

    return text
