"""Access to dossiers: who takes part may open one, which is recorded; everybody else is refused in one and the same way.

Nothing is read before the audit trail could be written: where that fails, nothing is given.
"""

from __future__ import annotations

from sqlalchemy.ext.asyncio import AsyncSession

from bot.core.audit import record
from bot.core.clock import Clock
from bot.core.database import Database
from bot.dossiers.care_teams import CareTeam, CareTeams
from bot.dossiers.errors import LimitReached, NotAMember
from bot.dossiers.probing import CREATED, REFUSED, SEARCHED, Origin, ProbeLimits, count, limited_until, subjects_of
from bot.dossiers.records import normalize_reference

READ, LIST, SEARCH, TEAM = "dossiers.read", "dossiers.list", "dossiers.search", "partners.list"
"""Actions of the audit trail."""
LIMITED = "limited"
"""Outcome of what was refused because it was tried too often."""


class DossierAccess:
    """Opens dossiers for those who take part in them. Every method raises LimitReached and the errors of `bot.fhir.errors`."""

    def __init__(self, teams: CareTeams, database: Database, clock: Clock, limits: ProbeLimits | None = None) -> None:
        self._teams, self._database, self._clock = teams, database, clock
        self.limits = limits or ProbeLimits()

    async def open(self, text: str, account_id: str, action: str, origin: Origin | None) -> CareTeam:
        """Return the care team of the dossier of this reference for one of its members. Raises NotAMember.

        Args:
            text: the reference, as it was given.
            account_id: who asks.
            action: what the audit trail calls it: `READ`, `TEAM`.
            origin: the turn in which they ask; None for the service itself, whose reading is not recorded.
        """
        await self._check_limit(text, account_id, action, origin)
        try:
            team = await self._teams.load(text, account_id)
        except NotAMember:
            await self._refuse(text, account_id, action, origin)
            raise
        if origin is not None:
            await self._record(action, account_id, origin, outcome="read", dossier=team.reference)
        return team

    async def listed(self, account_id: str, origin: Origin | None) -> None:
        """Record that the account's own dossiers are shown."""
        if origin is not None:
            await self._record(LIST, account_id, origin, outcome="read")

    async def searched(self, account_id: str, origin: Origin | None, *, found: bool, counted: bool = True) -> None:
        """Record a search among the account's own dossiers, and count it unless something else limits it; once a turn.

        Raises LimitReached.
        """
        if origin is None:
            return
        outcome = "found" if found else "none"
        until = None
        async with self._database.writing() as session:
            now = self._clock.now()
            if await self._add(session, SEARCH, account_id, origin, outcome, None) and counted:
                until = await count(session, self.limits, SEARCHED, account_id, origin, now)
        if until is not None:
            raise LimitReached(SEARCHED, until)

    async def count_creation(self, account_id: str, origin: Origin | None) -> None:
        """Count a dossier that is about to be created. Raises LimitReached, and records that."""
        async with self._database.writing() as session:
            until = await count(session, self.limits, CREATED, account_id, origin, self._clock.now())
            if until is not None:
                await self._add(session, "dossiers.create", account_id, origin, LIMITED, None)
        if until is not None:
            raise LimitReached(CREATED, until)

    async def _check_limit(self, text: str, account_id: str, action: str, origin: Origin | None) -> None:
        """Raise LimitReached while the limit holds, unless the dossier is the account's own: only its own are asked for."""
        async with self._database.reading() as session:
            subjects = subjects_of(REFUSED, account_id, origin)
            until = await limited_until(session, self.limits, REFUSED, subjects, self._clock.now())
        if until is None or normalize_reference(text) in await self._teams.references_of(account_id):
            return
        await self._record(action, account_id, origin, outcome=LIMITED, dossier=normalize_reference(text))
        raise LimitReached(REFUSED, until)

    async def _refuse(self, text: str, account_id: str, action: str, origin: Origin | None) -> None:
        async with self._database.writing() as session:
            if await self._add(session, action, account_id, origin, NotAMember.code, normalize_reference(text)):
                await count(session, self.limits, REFUSED, account_id, origin, self._clock.now())

    async def _record(self, action: str, account_id: str, origin: Origin | None, *, outcome: str, dossier: str | None = None) -> None:
        async with self._database.writing() as session:
            await self._add(session, action, account_id, origin, outcome, dossier)

    async def _add(
        self, session: AsyncSession, action: str, account_id: str, origin: Origin | None, outcome: str, dossier: str | None
    ) -> bool:
        """Record it, once a turn; return False where that turn did it before."""
        return await record(
            session,
            now=self._clock.now(),
            actor=account_id,
            action=action,
            dossier=dossier,
            channel=origin.channel if origin else None,
            conversation=origin.conversation_id if origin else None,
            outcome=outcome,
            key=f"{action}:{origin.key}:{dossier or '-'}:{outcome}" if origin else None,
        )
