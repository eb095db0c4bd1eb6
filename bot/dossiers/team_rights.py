"""Who may remove whom, or change the dates of an access; and every entry by which somebody stands in a dossier."""

from __future__ import annotations

from bot.dossiers.care_teams import CareTeam
from bot.dossiers.errors import CannotLeave, Elsewhere, NotAllowed
from bot.dossiers.participants import Participant
from bot.dossiers.period import ALWAYS, AccessPeriod


def entries_of(team: CareTeam, member: str) -> list[Participant]:
    """Return the open entries of whoever this member is: a person may stand there by several roles, and in several teams."""
    entries = [*team.participants, *team.planned]
    named = [one for one in entries if member in (one.reference, f"Practitioner/{one.account_id}")]
    accounts = {one.account_id for one in named} - {None}
    return [one for one in entries if one in named or one.account_id in accounts]


def check_is_ours(entries: list[Participant]) -> None:
    """Raise Elsewhere for a member whom another server has: who that is, only that server knows."""
    if any(one.partner().elsewhere for one in entries):
        raise Elsewhere


def check_may_remove(team: CareTeam, actor_id: str, leaving: list[Participant]) -> None:
    """Raise NotAllowed unless the actor is a referent or leaves alone; CannotLeave where the dossier would lose its referent."""
    leaves_alone = all(participant.account_id == actor_id for participant in leaving)
    if not leaves_alone and not _is_referent(team, actor_id):
        raise NotAllowed
    staying = [participant for participant in team.participants if participant not in leaving]
    if any(one.is_referent for one in leaving) and not any(one.is_referent for one in staying):
        raise CannotLeave


def check_may_date(team: CareTeam, actor_id: str, member: Participant, period: AccessPeriod) -> None:
    """Raise NotAllowed unless the actor is a referent or added the member; CannotLeave where the dossier would lose its referent."""
    if not _is_referent(team, actor_id) and member.added_by != actor_id:
        raise NotAllowed
    staying = [one for one in team.participants if one.is_referent and one.account_id != member.account_id and one.until is None]
    if member.is_referent and period != ALWAYS and not staying:
        raise CannotLeave


def _is_referent(team: CareTeam, account_id: str) -> bool:
    return any(one.is_referent and one.account_id == account_id for one in team.participants)
