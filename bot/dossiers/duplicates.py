"""Possible duplicates: two dossiers that may be about one person. Whoever creates the second is not told of the first.

A new dossier is compared afterwards, by a worker, with all others. Those who take part in both are told, by the references; support gets
the pair, without a name. On the platform the pair is a `Linkage` that is not in effect, tagged DPOT (*doublon potentiel* of FR Core,
HL7 v2 table 0445): a resource of its own, since a `link`, an extension or a tag of the new Patient would tell its creator.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Protocol, cast

from sqlalchemy import CursorResult, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from bot.core.audit import record
from bot.core.clock import Clock
from bot.core.database import Database
from bot.core.mail import MailCipher, mail_payload, render_text
from bot.core.upsert import insert_or_ignore
from bot.dossiers.care_teams import CareTeam, CareTeams
from bot.dossiers.errors import NotAMember
from bot.dossiers.records import usager_of
from bot.dossiers.similarity import may_be_same
from bot.dossiers.tables import PossibleDuplicateRow
from bot.fhir.client import FhirClient
from bot.fhir.errors import FhirConflict, FhirNotFound, FhirRejected, FhirUnauthorized
from bot.fhir.mapping import DEFAULT_MAPPING, PlatformMapping
from bot.fhir.operations import Attempt, Kind, Operations, Payload, defer
from bot.fhir.resources import Resource
from bot.jobs.outbox import CHAT, MAIL, enqueue
from bot.settings import Settings

COMPARE = "dossiers.compare"
MAX_PAIRS = 20
"""Other dossiers of which a new one may be the duplicate; of more, nothing would be learnt."""
DPOT = {
    "system": "https://hl7.fr/ig/fhir/core/CodeSystem/fr-core-cs-v2-0445",
    "code": "DPOT",
    "display": "Doublon potentiel",
}


class LinkedChats(Protocol):
    """What is needed of identity (`bot.identity.account_chats`)."""

    async def linked(self, session: AsyncSession, account_id: str, now: datetime) -> list[str]:
        """Return the ids of the conversations that are linked to this account now, the last linked first."""


class Duplicates:
    """Finds possible duplicates of new dossiers, and keeps them for support."""

    def __init__(
        self,
        fhir: FhirClient,
        database: Database,
        clock: Clock,
        operations: Operations,
        chats: LinkedChats,
        settings: Settings,
        mapping: PlatformMapping = DEFAULT_MAPPING,
    ) -> None:
        self._fhir, self._database, self._clock, self._mapping = fhir, database, clock, mapping
        self._teams, self._chats, self._settings = CareTeams(fhir, clock, mapping), chats, settings
        operations.register(COMPARE, Kind(self._attempt, self._complete, lambda _payload, _result: None))

    async def open_pairs(self) -> list[PossibleDuplicateRow]:
        """Return the pairs that support has not closed, oldest first."""
        async with self._database.reading() as session:
            wanted = select(PossibleDuplicateRow).where(PossibleDuplicateRow.closed_at.is_(None)).order_by(PossibleDuplicateRow.id)
            return [*await session.scalars(wanted)]

    async def close(self, pair_id: int, agent_id: str) -> bool:
        """Close a pair that support has dealt with; return False where there is none, or it was closed before."""
        now = self._clock.now()
        async with self._database.writing() as session:
            row = await session.get(PossibleDuplicateRow, pair_id, with_for_update=True)
            if row is None or row.closed_at is not None:
                return False
            row.closed_at, row.closed_by = now, agent_id
            await record(
                session,
                now=now,
                actor=f"agent:{agent_id}",
                action="dossiers.close_duplicate",
                dossier=row.created,
                subject=row.existing,
                outcome="closed",
            )
            return True

    async def _attempt(self, attempt: Attempt) -> Payload:
        """Return the older dossiers that may be about the same person, by reference, each with the accounts that take part in both.

        A younger one is compared with this one itself: each pair is found once.
        """
        created = attempt.payload["reference"]
        try:
            team = await self._teams.read(created)
        except NotAMember:  # it is gone: there is nothing to compare
            return {"others": {}}
        usager, reference_of = usager_of(team.patient, self._clock.now()), self._teams.reference_of
        same_day = await self._fhir.search("Patient", {"birthdate": usager.born}) if usager.born else []
        same_name = await self._fhir.search("Patient", [("family", _escape(usager.family)), ("given", _escape(usager.given))])
        candidates = {p["id"]: p for p in (*same_day, *same_name) if p["id"] != team.patient["id"] and reference_of(p)}
        similar = sorted(
            (p for p in candidates.values() if may_be_same(usager, usager_of(p, self._clock.now()))), key=lambda p: str(p["id"])
        )[:MAX_PAIRS]
        members = team.account_ids
        others: dict[str, list[str]] = {}
        for patient in similar:
            reference = reference_of(patient) or ""
            try:
                other = await self._teams.read(reference)
            except NotAMember:
                other = None
            if other is not None and _age(other, reference) > _age(team, created):
                continue
            await self._link(patient, team.patient)
            others[reference] = sorted(members & other.account_ids) if other is not None else []
        return {"others": others}

    async def _link(self, existing: Resource, created: Resource) -> None:
        """Say it on the platform, once. One that has no `Linkage` is told nothing: the pair is kept here all the same."""
        one, other = (f"Patient/{patient['id']}" for patient in (existing, created))
        linkage = {
            "resourceType": "Linkage",
            "meta": {**self._mapping.meta("linkage").get("meta", {}), "tag": [DPOT]},
            "active": False,
            "item": [{"type": "source", "resource": {"reference": one}}, {"type": "alternate", "resource": {"reference": other}}],
        }
        try:
            await self._fhir.create(linkage, if_none_exist=f"source={one}&item={other}")
        except (FhirConflict, FhirNotFound, FhirRejected, FhirUnauthorized):
            return

    async def _complete(self, session: AsyncSession, attempt: Attempt, now: datetime, result: Payload) -> None:
        created = attempt.payload["reference"]
        for existing, members in sorted((result.get("others") or {}).items()):
            pair = {"existing": existing, "created": created, "found_at": now}
            added = await session.execute(insert_or_ignore(session, PossibleDuplicateRow).values(**pair))
            if cast("CursorResult[Any]", added).rowcount:
                await self._tell_support(session, existing, created, now)
            await self._tell_members(session, members, existing, created, now)

    async def _tell_support(self, session: AsyncSession, existing: str, created: str, now: datetime) -> None:
        mail = mail_payload(
            self._settings.support_email,
            "dossiers/possible_duplicate_mail",
            existing=existing,
            created=created,
            url=f"{self._settings.own_url}/desk/duplicates",
        )
        payload = MailCipher(self._settings.required("secret")).seal(mail)
        await enqueue(session, kind=MAIL, key=f"possible-duplicate:{existing}:{created}", payload=payload, now=now)
        await record(session, now=now, actor=None, action="dossiers.flag", dossier=created, subject=existing, outcome="possible_duplicate")

    async def _tell_members(self, session: AsyncSession, members: Sequence[str], existing: str, created: str, now: datetime) -> None:
        text = render_text("dossiers/possible_duplicate", existing=existing, created=created)
        payload: Payload = {"text": text, "buttons": [], "link": None}
        for account_id in members:
            for conversation_id in (await self._chats.linked(session, account_id, now))[:1]:
                key = f"possible-duplicate:{existing}:{created}:{account_id}"
                await enqueue(session, kind=CHAT, key=key, payload=payload, now=now, conversation_id=conversation_id)


def _age(team: CareTeam, reference: str) -> tuple[str, str]:
    """Return what orders dossiers by their beginning, the older first."""
    return str((team.resource.get("period") or {}).get("start", "")), reference


def compare_key(reference: str, key: str) -> str:
    """Return the key of the comparison of a dossier that the operation `key` changed."""
    return f"compare:{reference}:{key}"[:200]


async def compare_again(session: AsyncSession, reference: str, key: str, now: datetime) -> None:
    """Have the open pairs of a dossier compared again, in the caller's transaction, because somebody joined it."""
    pair = PossibleDuplicateRow
    wanted = select(pair.created).where(or_(pair.created == reference, pair.existing == reference), pair.closed_at.is_(None)).distinct()
    for created in [*await session.scalars(wanted)]:
        await defer(session, COMPARE, compare_key(created, key), {"reference": created}, now)


def _escape(text: str) -> str:
    """Escape what separates values in a FHIR search, so that a text is one value."""
    return "".join(f"\\{letter}" if letter in "\\,|$" else letter for letter in text)
