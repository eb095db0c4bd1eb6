"""Changing a care team: the version that was read is replaced (`If-Match`); where somebody else was quicker it is decided again."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Callable
from typing import TypeVar

from bot.dossiers.care_teams import CareTeam, CareTeams
from bot.dossiers.errors import NotAMember
from bot.fhir.client import FhirClient
from bot.fhir.errors import FhirConflict
from bot.fhir.resources import Resource

MAX_TRIES = 40
"""Readings of a care team that others keep changing, before the operation is postponed."""
Changed = Resource | list[Resource] | None
"""The teams that an act changes: one, several where a dossier has them, none."""
T = TypeVar("T")
_jitter = secrets.SystemRandom()


async def change_team(
    fhir: FhirClient, teams: CareTeams, reference: str, actor_id: str, decide: Callable[[CareTeam], tuple[T, Changed]]
) -> T:
    """Read the team, decide, write the decision; repeat where somebody else was quicker. Raises FhirConflict after MAX_TRIES."""
    for attempt in range(MAX_TRIES):
        team = await teams.of_participant(reference, actor_id)
        outcome, decided = decide(team)
        before = {each.get("id"): each for each in team.resources}
        try:
            for changed in [decided] if isinstance(decided, dict) else decided or []:
                await fhir.replace(before[changed["id"]], changed, author=f"Practitioner/{actor_id}")
        except FhirConflict:
            await asyncio.sleep(_jitter.uniform(0, min(0.02 * (attempt + 1), 0.3)))
            continue
        return outcome
    raise FhirConflict


def check_member(team: CareTeam, account_id: str, account_open: bool) -> None:
    """Raise NotAMember unless the account is open and takes part today."""
    if not account_open or team.participant_of(account_id) is None:
        raise NotAMember
