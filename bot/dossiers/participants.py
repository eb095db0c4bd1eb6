"""Participants of a care team, read: who has access now or will, what they are called and what they are in it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from bot.core.mail import render_text
from bot.directory.concepts import PROFESSION_LISTS, list_of, words_of
from bot.dossiers.members import Member, display_of, member_of
from bot.dossiers.period import AccessPeriod, first_day, has_begun, is_over, last_day
from bot.dossiers.records import Partner, kind_of
from bot.fhir.mapping import DEFAULT_MAPPING, Code
from bot.fhir.references import RELATIVE, References
from bot.fhir.resources import Resource

ADDED_BY = "urn:sphere:added-by"
"""Extension of a participant: the account that added it, who may change its dates."""
_VAGUE = frozenset({"PROV", "AGNT"})
"""Roles of TRE_R260 that every professional has: what somebody is said to be elsewhere says more."""


@dataclass(frozen=True)
class Participant:
    """A participant who has access now, or will (`planned`).

    `position` is the index in `CareTeam.participant` of the team `team_id`; `account_id` is the Practitioner, directly or behind the
    PractitionerRole; `since` and `until` are the bounds of the FHIR Period, as they are written.
    """

    position: int
    reference: str
    account_id: str | None
    display: str
    profession: str
    since: str | None
    is_referent: bool
    until: str | None = None
    planned: bool = False
    added_by: str | None = None
    """Account of who added them, where that is known."""
    team_id: str = ""

    @property
    def period(self) -> AccessPeriod:
        """First and last day; the first only where it is still to come."""
        return AccessPeriod(first_day(self.since) if self.planned else None, last_day(self.until))

    @property
    def told_name(self) -> str:
        """What they are called in messages that may go to any channel."""
        return self.partner().unnamed.display

    def partner(self) -> Partner:
        """Return the participant as others see them."""
        return Partner(
            self.account_id,
            self.reference,
            self.display,
            self.profession,
            first_day(self.since),
            self.is_referent,
            last_day(self.until),
            self.planned,
            self.added_by,
        )


def participants_of(
    team: Resource,
    members: Mapping[str, Member],
    now: datetime,
    referent: Code = DEFAULT_MAPPING.referent,
    references: References = RELATIVE,
) -> list[Participant]:
    """Return who has access now, or will: the participants whose period is not over.

    Args:
        team: a CareTeam resource.
        members: what is known of members, by reference.
        now: the instant.
        referent: the role of the referent.
        references: those of the server that the team is on.
    """
    found, team_id = [], str(team.get("id", ""))
    for position, participant in enumerate(team.get("participant") or []):
        reference, period = member_of(participant, references, team_id), participant.get("period") or {}
        if reference is None or is_over(period, now):
            continue
        member, roles = members.get(reference, Member()), participant.get("role") or []
        found.append(
            Participant(
                position=position,
                reference=reference,
                account_id=account_of(reference, members),
                display=display_of(participant) or member.name,
                profession=role_words(roles, member.profession, referent),
                since=period.get("start"),
                is_referent=any(referent.is_in(role) for role in roles),
                until=period.get("end"),
                planned=not has_begun(period, now),
                added_by=added_by_of(participant, references),
                team_id=team_id,
            )
        )
    return found


def account_of(reference: str, members: Mapping[str, Member]) -> str | None:
    """Return the account id of a member: itself, or behind its role; None for an organisation, somebody close and the like."""
    kind, _, key = reference.partition("/")
    return key if kind == "Practitioner" else members.get(reference, Member()).account_id


def role_words(roles: list[Mapping[str, Any]], profession: str = "", referent: Code = DEFAULT_MAPPING.referent) -> str:
    """Return what a participant is, in words: the profession that the team gives, another role of theirs, the profession known elsewhere.

    Args:
        roles: `CareTeam.participant.role`.
        profession: that is known of the member elsewhere; "" where none is.
        referent: the role of the referent, which says nothing about what somebody is unless it is one of the ANS's.
    """
    others = [role for role in roles if not referent.is_in(role)]
    said = [words_of(role) for role in others if role.get("text") or _lists(role) & PROFESSION_LISTS]
    coded = [words_of(role) for role in others if not _is_vague(role)]
    referents = [words_of(role) for role in roles if referent.is_in(role) and any(_lists(role))]
    candidates = (*said, *coded, *referents, profession, *(words_of(role) for role in others))
    return next((words for words in candidates if words), "")


def with_labels(participants: Iterable[Participant]) -> list[Participant]:
    """Return the participants each with something to be called by: without a name it is what they are, numbered where several are that."""
    shown = list(participants)
    labels = [one.display or unnamed_label(one.reference, one.profession) for one in shown]
    nameless = Counter(label for one, label in zip(shown, labels, strict=True) if not one.display)
    seen: Counter[str] = Counter()
    labelled = []
    for one, label in zip(shown, labels, strict=True):
        if not one.display and nameless[label] > 1:
            seen[label] += 1
            label = f"{label} ({seen[label]})"
        labelled.append(replace(one, display=label))
    return labelled


def unnamed_label(reference: str, profession: str) -> str:
    """Return what a member without a name is called: their role in words, else « Membre sans nom » with the kind of member."""
    return profession or render_text("dossiers/member", kind=kind_of(reference), hidden=False)


def told_name(reference: str, entry: Mapping[str, Any], members: Mapping[str, Member]) -> str:
    """Return what a member, with its entry, is called in messages that may go to any channel: of somebody close to the usager no name."""
    member = members.get(reference, Member())
    label = display_of(entry) or member.name or unnamed_label(reference, role_words(entry.get("role") or [], member.profession))
    return Partner(None, reference, label, "", None, is_referent=False).unnamed.display


def added_by_of(participant: Mapping[str, Any], references: References = RELATIVE) -> str | None:
    """Return the account that added a participant."""
    found = (each.get("valueReference") or {} for each in participant.get("extension") or [] if each.get("url") == ADDED_BY)
    return next((references.id_of(reference, "Practitioner") for reference in found), None)


def _lists(concept: Mapping[str, Any]) -> set[str]:
    return {list_of(str(coding.get("system") or "")) for coding in concept.get("coding") or []}


def _is_vague(concept: Mapping[str, Any]) -> bool:
    codes = {str(coding.get("code")) for coding in concept.get("coding") or []}
    return not concept.get("text") and bool(codes) and codes <= _VAGUE
