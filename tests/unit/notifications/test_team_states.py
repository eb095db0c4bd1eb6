"""Care teams compared, without any platform."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.notifications.watch.team_states import Access, Difference, accesses_of, compare, infer, is_readable
from tests.unit.notifications.test_event_intake import JSON

NOW = datetime(2026, 11, 23, 10, tzinfo=UTC)
SEEN = NOW - timedelta(hours=1)


def access(starts: str | None = "2026-01-01", ends: str | None = None, who: str = "a") -> Access:
    return Access(f"Practitioner/{who}", who, starts, ends)


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        ([], [access()], [Difference.JOINED]),
        ([], [access(None)], [Difference.JOINED]),
        ([access()], [access("2020")], []),  # its start was corrected
        ([access()], [], [Difference.LEFT]),
        ([access(ends="2026-11-23T09:30:00Z")], [], []),  # its end came by itself
        ([access("2026-12-01")], [], []),  # it never began
        ([], [access("2026-12-01")], [Difference.DATED]),
        ([access("2026-11-23T09:30:00Z")], [access("2026-11-23T09:30:00Z")], []),  # it began by itself
        ([access("2026-12-01")], [access()], [Difference.JOINED]),
        ([access("2026-12-01")], [access("2026-12-01")], []),
        ([access("2026-12-01")], [access("2026-12-02")], [Difference.DATED]),
        ([access()], [access("2026-12-01")], [Difference.LEFT, Difference.DATED]),
        ([access(ends="2026-12-31")], [access(ends="2027-01-31")], [Difference.DATED]),
        ([access(ends="2026-12-31")], [access()], [Difference.DATED]),
        ([access(ends="2026-12-31")], [access(ends="2027-01-01T00:00:00+01:00")], []),  # the same end, written as an instant
        ([access(), access(who="b")], [access(), access(who="c")], [Difference.JOINED, Difference.LEFT]),
    ],
)
def test_differences(before: list[Access], after: list[Access], expected: list[Difference]) -> None:
    assert [difference for difference, _ in compare(before, after, SEEN, NOW)] == expected


def team(*participants: Any, **changes: Any) -> dict[str, Any]:
    return {"resourceType": "CareTeam", "id": "t", "status": "active", "participant": list(participants)} | changes


def one(member: str, **period: str) -> dict[str, Any]:
    return {"member": {"reference": member}, "period": period}


def test_what_is_usual_is_readable() -> None:
    assert is_readable(team(one("Practitioner/a", start="2026"), {"member": {"display": "x"}}, {}), NOW)
    assert not is_readable(team(None), NOW)


def test_who_came_back_is_there_once() -> None:
    found = accesses_of(team(one("Practitioner/a", start="2025", end="2025"), one("Practitioner/a", start="2026-01")), {}, NOW)
    assert [(each.key, each.starts) for each in found] == [("a", "2026-01")]
    both = accesses_of(
        team(one("Practitioner/a", start="2027"), one("PractitionerRole/r", start="2026-01")), {"PractitionerRole/r": "a"}, NOW
    )
    assert [(each.key, each.planned(NOW)) for each in both] == [("a", False)]


def test_a_team_that_was_never_seen_is_judged_by_periods() -> None:
    seen = team(
        one("Practitioner/old", start="2026-11-22"), one("Practitioner/new", start="2026-11-23"),
        one("RelatedPerson/r", start="2026-11-23"),
        one("Practitioner/gone", start="2026-01-01", end="2026-11-23T09:59:00Z"),
        one("Practitioner/gone-before", start="2026-01-01", end="2026-11-23T08:00:00Z"),
        one("Practitioner/back", start="2026-01-01", end="2026-11-23T09:59:00Z"), one("Practitioner/back", start="2026-01-01"),
    )  # fmt: skip
    found = infer(seen, accesses_of(seen, {}, NOW), {}, SEEN, NOW)
    assert [(difference, each.key) for difference, each in found] == [(Difference.JOINED, "new"), (Difference.LEFT, "gone")]


@given(name=st.sampled_from(["participant", "meta", "period", "subject", "id"]), value=JSON)
def test_any_form_of_a_team_is_read_or_left_out(name: str, value: Any) -> None:
    body = team(one("Practitioner/a", start="2026")) | {name: value}
    if is_readable(body, NOW):
        infer(body, accesses_of(body, {}, NOW), {}, SEEN, NOW)


@given(name=st.sampled_from(["member", "period", "role", "extension"]), value=JSON)
def test_any_form_of_a_participant_is_read_or_left_out(name: str, value: Any) -> None:
    body = team(one("Practitioner/a", start="2026") | {name: value})
    if is_readable(body, NOW):
        infer(body, accesses_of(body, {}, NOW), {}, SEEN, NOW)
