"""Taking a removal back: who was removed has again the access that they had, in the same role, on the basis that was given for it.

It is an undoing of one's own act, not a new addition: only who removed somebody, in the same chat and within some hours, may do it, and
only as a member of today. The removal is known by its key, which marked the participant that it ended.
"""

from __future__ import annotations

import asyncio
import copy
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from bot.core.audit import AuditEvent, record
from bot.core.clock import Clock
from bot.core.database import Database
from bot.core.mail import render_text
from bot.dossiers import errors
from bot.dossiers.care_teams import ENDED_BY, CareTeam, CareTeams, fhir_period, operation_mark, was_added_by, was_planned, with_participant
from bot.dossiers.dated_accesses import keep_dates
from bot.dossiers.duplicates import compare_again
from bot.dossiers.errors import AccountClosed, NotUndoable
from bot.dossiers.history import ADD, REMOVE, RESTORE
from bot.dossiers.participants import ADDED_BY, account_of, told_name
from bot.dossiers.partners import Outcome
from bot.dossiers.period import ALWAYS, AccessPeriod, paris_day
from bot.dossiers.records import Practitioner
from bot.dossiers.team_acts import keep_act
from bot.dossiers.team_changes import change_team, check_member
from bot.fhir.client import FhirClient
from bot.fhir.mapping import DEFAULT_MAPPING, PlatformMapping
from bot.fhir.operations import Attempt, Kind, Operations, Payload
from bot.fhir.resources import Resource

UNDO_WITHIN = timedelta(hours=8)
"""How long an act may be undone: a working day. What is older was seen and relied on by others."""


class Restorations:
    """Takes removals back. Methods raise the errors of `bot.dossiers.partners.Partners`, and NotUndoable."""

    def __init__(
        self, fhir: FhirClient, database: Database, clock: Clock, operations: Operations, mapping: PlatformMapping = DEFAULT_MAPPING
    ) -> None:
        self._fhir, self._database, self._clock, self._operations = fhir, database, clock, operations
        self._teams = CareTeams(fhir, clock, mapping)
        operations.register(RESTORE, Kind(self._attempt, _settle, _text, errors.ALL))

    async def restore(
        self,
        removal: str,
        actor: Practitioner,
        *,
        channel: str | None,
        key: str,
        conversation_id: str,
        period: AccessPeriod = ALWAYS,
    ) -> Outcome:
        """Take the removal with this key back; return RESTORED, ALREADY for who has access again, or NOT_THERE.

        `period`: the dates that the access had. Raises NotUndoable where the removal is not the actor's own, is not of this chat, or is
        older than `UNDO_WITHIN`; NotAMember and AccountClosed; EndBeforeStart and PeriodOver; Pending and OperationFailed.
        """
        if not await self._operations.exists(key):  # what was begun in time is not too late when it is told again
            await self._check(removal, actor.id, conversation_id)
        act = await self._removal(removal)
        start, end = period.iso
        payload: Payload = {"removal": removal, "reference": act.dossier if act else "", "actor": actor.id, "channel": channel}
        payload |= {"conversation": conversation_id, "from": start, "until": end}
        result = await self._operations.run(RESTORE, key, payload, conversation_id=conversation_id)
        return Outcome(result["outcome"])

    async def _removal(self, key: str) -> AuditEvent | None:
        query = select(AuditEvent).where(AuditEvent.key == f"operation:{key}", AuditEvent.action == REMOVE, AuditEvent.outcome == "removed")
        async with self._database.reading() as session:
            return (await session.scalars(query)).one_or_none()

    async def _check(self, removal: str, actor_id: str, conversation_id: str) -> None:
        act = await self._removal(removal)
        if act is None or act.actor != actor_id or act.conversation != conversation_id:
            raise NotUndoable
        if self._clock.now() - act.at > UNDO_WITHIN:
            raise NotUndoable

    async def _attempt(self, attempt: Attempt) -> Payload:
        payload, mark = attempt.payload, operation_mark(attempt.key)
        ended_by = {"url": ENDED_BY, "valueString": operation_mark(payload["removal"])}
        actor_open, team = await asyncio.gather(
            self._teams.is_active(payload["actor"]), self._teams.of_participant(payload["reference"], payload["actor"])
        )
        gone = [(one, entry) for one, entry in team.entries if ended_by in (entry.get("extension") or [])]
        check_member(team, payload["actor"], actor_open)
        if not gone:
            return {"outcome": Outcome.NOT_THERE, "name": ""}
        members, keys = await self._teams.known_members(gone), [self._teams.key_of(*pair) or "" for pair in gone]
        reference, account_id = keys[-1], next((found for key in keys if (found := account_of(key, members))), None)
        name = told_name(reference, gone[-1][1], members)
        account_open = account_id is None or await self._teams.is_active(account_id)
        lost = self._lost(gone, operation_mark(payload["removal"]))

        def decide(now_team: CareTeam) -> tuple[Outcome, list[Resource]]:
            done = [each for each in now_team.resources if was_added_by(each, mark)]
            check_member(now_team, payload["actor"], actor_open)
            there = (*now_team.participants, *now_team.planned)
            if not done and any(one.account_id == account_id if account_id else one.reference in keys for one in there):
                return Outcome.ALREADY, []
            if not done and not account_open:
                raise AccountClosed
            changed = [
                self._restored(each, entries, payload, mark)
                for each in reversed(now_team.resources)  # others' first: they may refuse
                if each not in done and (entries := lost.get(str(each.get("id"))))
            ]
            return (Outcome.RESTORED if done or changed else Outcome.NOT_THERE), changed

        outcome = await change_team(self._fhir, self._teams, payload["reference"], payload["actor"], decide)
        return {"outcome": outcome, "name": name, "account": account_id, "member": reference}

    @staticmethod
    def _lost(gone: list[tuple[Resource, Resource]], mark: str) -> dict[str, list[Resource]]:
        """Return the entries that the removal `mark` took, by team: of those still to begin one in each, where none had begun."""
        begun = [pair for pair in gone if not was_planned(pair[1], mark)]
        if not begun:
            return {str(team.get("id")): [entry] for team, entry in gone}
        return {str(team.get("id")): [entry for of, entry in begun if of is team] for team, _ in begun}

    def _restored(self, team: Resource, entries: list[Resource], payload: Payload, mark: str) -> Resource:
        """Return the team with who was removed: the first entry in it bears the mark of the operation, the others another id."""
        for number, entry in enumerate(entries):
            team = with_participant(team, self._entry(entry, payload, f"{mark}-{number}" if number else mark))
        return team

    def _entry(self, gone: Resource, payload: Payload, mark: str) -> Resource:
        """Return who was removed as a participant that begins anew, with the role and the dates that they had."""
        now = self._clock.now()
        period = AccessPeriod.read(payload["from"], payload["until"]).checked(paris_day(now))
        kept: Resource = {name: copy.deepcopy(gone[name]) for name in ("member", "onBehalfOf", "role") if name in gone}
        added_by = {"url": ADDED_BY, "valueReference": {"reference": f"Practitioner/{payload['actor']}"}}
        return {"id": mark, **kept, "period": fhir_period(period, now), "extension": [added_by]}


async def _settle(session: AsyncSession, attempt: Attempt, now: datetime, result: Payload) -> None:
    payload, account = attempt.payload, result.get("account")
    subject = f"Practitioner/{account}" if account else result.get("member")
    period = AccessPeriod.read(payload["from"], payload["until"])
    restored = result.get("outcome") == Outcome.RESTORED
    await record(
        session,
        now=now,
        actor=payload["actor"],
        action=RESTORE,
        dossier=payload["reference"],
        subject=subject,
        basis=await _former_basis(session, payload["reference"], subject) if restored and subject else None,
        channel=payload["channel"],
        conversation=payload["conversation"],
        outcome=result.get("outcome") or result["refused"],
        key=f"operation:{attempt.key}",
        period=period.code,
    )
    if restored:
        if account:
            await keep_dates(session, payload["reference"], account, payload["actor"], period, now)
        await compare_again(session, payload["reference"], attempt.key, now)
    await keep_act(session, attempt.key, payload, result, period, now)


async def _former_basis(session: AsyncSession, dossier: str, subject: str) -> str | None:
    """Return the basis on which the person had the access that was ended; None where the trail has none."""
    query = select(AuditEvent.basis).where(
        AuditEvent.dossier == dossier,
        AuditEvent.subject == subject,
        AuditEvent.action.in_((ADD, RESTORE)),
        AuditEvent.outcome.in_(("added", "restored")),
    )
    return (await session.scalars(query.order_by(AuditEvent.id.desc()).limit(1))).first()


def _text(payload: Payload, result: Payload) -> str:
    outcome = result.get("outcome") or result["refused"]
    return render_text(
        "dossiers/partner_restored",
        outcome=outcome,
        name=result.get("name") or "",
        reference=payload["reference"],
        error_id=result.get("error_id"),
    )
