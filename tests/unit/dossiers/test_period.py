"""Accesses with dates: who is a member today by both bounds, in Paris; adding, changing and removing them on the real sandbox."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from bot.core import audit_chain
from bot.dossiers.errors import CannotLeave, EndBeforeStart, NotAllowed, NotAMember, PeriodOver
from bot.dossiers.partners import Outcome, Pending
from bot.dossiers.period import AccessPeriod, has_begun, is_over
from bot.dossiers.records import Partner
from bot.dossiers.tables import DatedAccess
from tests.unit.harness import START, Harness
from tests.unit.sandbox.sandbox_server import Sandbox

REF, BASIS = "SPH-2024-000137", "consent_given"
TODAY = date(2026, 11, 23)
STAY = AccessPeriod(date(2026, 12, 15), date(2027, 1, 2))


async def add(harness: Harness, key: str, period: AccessPeriod, who: str = "paul.martin", actor: str = "claire.moreau") -> Outcome:
    doing, added = await harness.account(actor), await harness.account(who)
    return await harness.partners.add(REF, doing, added, basis=BASIS, channel="web", key=key, period=period)


async def date_access(harness: Harness, key: str, period: AccessPeriod, who: str = "paul.martin", actor: str = "claire.moreau") -> Outcome:
    doing, member = await harness.account(actor), await harness.account(who)
    return await harness.partners.set_period(REF, doing, member.reference, period, channel="web", key=key)


async def listed(harness: Harness, who: str = "paul.martin") -> list[Partner]:
    account = await harness.account(who)
    partners = await harness.partners.list(REF, await harness.account("claire.moreau"))
    return [partner for partner in partners if partner.account_id == account.id]


async def is_member(harness: Harness, who: str = "paul.martin") -> bool:
    account = await harness.account(who)
    try:
        await harness.dossiers.get(REF, account)
    except NotAMember:
        assert REF not in {dossier.reference for dossier in await harness.dossiers.of_member(account)}
        return False
    return True


def entries(sandbox: Sandbox) -> list[dict[str, Any]]:
    return [participant["period"] for participant in sandbox.team_of(REF)["participant"][3:]]


@pytest.mark.parametrize(
    ("period", "at", "present"),
    [
        ({}, "2026-11-23T09:00Z", True),
        ({"start": "2026-12-15"}, "2026-12-14T22:59:59Z", False),
        ({"start": "2026-12-15"}, "2026-12-14T23:00Z", True),
        ({"end": "2027-01-02"}, "2027-01-02T22:59:59Z", True),
        ({"end": "2027-01-02"}, "2027-01-02T23:00Z", False),
        ({"end": "2026-07-02"}, "2026-07-02T21:59:59Z", True),
        ({"end": "2026-07-02"}, "2026-07-02T22:00Z", False),
        ({"start": "2026-12-15T10:00:00+01:00"}, "2026-12-15T08:59:59Z", False),
        ({"start": "2026-12-15T10:00:00+01:00"}, "2026-12-15T09:00Z", True),
        ({"end": "2026-12-15T09:00:00Z"}, "2026-12-15T09:00Z", False),
        ({"start": "2026-12", "end": "2026-12"}, "2026-12-31T22:59:59Z", True),
        ({"start": "2026", "end": "2026"}, "2026-12-31T23:00Z", False),
        ({"end": "never"}, "2026-11-23T09:00Z", False),
        ({"start": "soon"}, "2026-11-23T09:00Z", False),
    ],
)
def test_both_bounds_decide_at_their_precision(period: dict[str, object], at: str, present: bool) -> None:
    now = datetime.fromisoformat(at).astimezone(UTC)
    assert (has_begun(period, now) and not is_over(period, now)) is present


@pytest.mark.parametrize(
    ("period", "words"),
    [
        (STAY, "à partir du 15 décembre, jusqu’au 2 janvier 2027 inclus"),
        (AccessPeriod(None, date(2026, 12, 1)), "jusqu’au 1er décembre inclus"),
        (AccessPeriod(date(2026, 11, 2), None), ""),
        (AccessPeriod(None, date(2028, 3, 4)), "jusqu’au 4 mars 2028 inclus"),
    ],
)
def test_dates_are_worded(period: AccessPeriod, words: str) -> None:
    assert period.words(TODAY) == words


async def test_a_stay_to_come_is_listed_and_sees_nothing_until_its_first_day_and_after_its_last(harness: Harness, sandbox: Sandbox) -> None:
    assert await add(harness, "k1", STAY) is Outcome.ADDED
    assert entries(sandbox) == [{"start": "2026-12-15", "end": "2027-01-02"}]
    assert not await is_member(harness)
    (partner,) = await listed(harness)
    assert (partner.since, partner.until, partner.planned) == (STAY.start, STAY.end, True)
    assert await add(harness, "k2", AccessPeriod()) is Outcome.ALREADY
    harness.clock.advance(datetime(2026, 12, 14, 23, 0, tzinfo=UTC) - START)
    assert await is_member(harness)
    harness.clock.advance(timedelta(days=19) - timedelta(seconds=1))  # 2 January, 23:59:59 in Paris
    assert await is_member(harness)
    harness.clock.advance(timedelta(seconds=1))
    assert not await is_member(harness)
    assert await listed(harness) == []
    assert await add(harness, "k3", AccessPeriod()) is Outcome.ADDED  # coming back is another entry
    assert len(entries(sandbox)) == 2


async def test_dates_that_contradict_each_other_or_are_past_are_refused(harness: Harness, sandbox: Sandbox) -> None:
    with pytest.raises(EndBeforeStart):
        await add(harness, "k1", AccessPeriod(date(2026, 12, 15), date(2026, 12, 14)))
    with pytest.raises(PeriodOver):
        await add(harness, "k2", AccessPeriod(None, date(2026, 11, 22)))
    with pytest.raises(PeriodOver):
        await add(harness, "k2", AccessPeriod(None, date(2026, 11, 22)))
    assert entries(sandbox) == []
    assert await add(harness, "k3", AccessPeriod(None, TODAY)) is Outcome.ADDED
    assert await is_member(harness)
    assert [(event.outcome, event.period) for event in await harness.trail("partners.add")] == [
        ("end_before_start", "2026-12-15/2026-12-14"),
        ("period_over", "../2026-11-22"),
        ("added", "../2026-11-23"),
    ]
    assert (await audit_chain.verify(harness.database)).intact


async def test_a_first_day_that_has_come_begins_now(harness: Harness, sandbox: Sandbox) -> None:
    await add(harness, "k1", AccessPeriod(TODAY, None))
    assert entries(sandbox) == [{"start": "2026-11-23T09:00:00Z"}]


async def test_the_dates_of_a_member_are_changed_once(harness: Harness, sandbox: Sandbox) -> None:
    await add(harness, "k1", AccessPeriod())
    end = AccessPeriod(None, date(2026, 12, 1))
    assert await date_access(harness, "d1", end) is Outcome.DATED
    assert await date_access(harness, "d1", end) is Outcome.DATED
    version = sandbox.team_of(REF)["meta"]["versionId"]
    assert await date_access(harness, "d2", end) is Outcome.UNCHANGED
    assert sandbox.team_of(REF)["meta"]["versionId"] == version
    assert entries(sandbox) == [{"start": "2026-11-23T09:00:00Z", "end": "2026-12-01"}]
    assert await date_access(harness, "d3", AccessPeriod()) is Outcome.DATED
    assert entries(sandbox) == [{"start": "2026-11-23T09:00:00Z"}]
    assert await harness.rows(DatedAccess) == []
    with pytest.raises(PeriodOver):
        await date_access(harness, "d4", AccessPeriod(None, date(2026, 11, 1)))
    assert await date_access(harness, "d5", end, who="karim.benali") is Outcome.NOT_THERE
    assert [(event.outcome, event.period) for event in await harness.trail("partners.date")] == [
        ("dated", "../2026-12-01"), ("unchanged", "../2026-12-01"), ("dated", None), ("period_over", "../2026-11-01"),
        ("not_there", "../2026-12-01"),
    ]  # fmt: skip


async def test_a_start_put_off_ends_the_access_and_keeps_what_was(harness: Harness, sandbox: Sandbox) -> None:
    await add(harness, "k1", AccessPeriod())
    harness.clock.advance(timedelta(hours=1))
    assert await date_access(harness, "d1", STAY) is Outcome.DATED
    assert entries(sandbox) == [
        {"start": "2026-11-23T09:00:00Z", "end": "2026-11-23T10:00:00Z"},
        {"start": "2026-12-15", "end": "2027-01-02"},
    ]
    assert not await is_member(harness)
    assert await date_access(harness, "d2", AccessPeriod(None, STAY.end)) is Outcome.DATED  # it begins now after all
    assert entries(sandbox)[1] == {"start": "2026-11-23T10:00:00Z", "end": "2027-01-02"}
    assert await is_member(harness)


async def test_the_referent_and_who_added_may_change_dates_and_nobody_else(harness: Harness, sandbox: Sandbox) -> None:
    await add(harness, "k1", AccessPeriod(), who="sophie.leroux")
    await add(harness, "k2", AccessPeriod(), who="karim.benali")
    await add(harness, "k3", AccessPeriod(), actor="sophie.leroux")
    end = AccessPeriod(None, date(2026, 12, 1))
    with pytest.raises(NotAllowed):
        await date_access(harness, "d1", end, actor="karim.benali")
    with pytest.raises(NotAllowed):
        await date_access(harness, "d2", end, actor="paul.martin")
    assert await date_access(harness, "d3", end, actor="sophie.leroux") is Outcome.DATED
    assert await date_access(harness, "d4", AccessPeriod(), actor="claire.moreau") is Outcome.DATED
    with pytest.raises(CannotLeave):
        await date_access(harness, "d5", end, who="claire.moreau")


async def test_whoever_is_removed_before_the_first_day_never_comes(harness: Harness, sandbox: Sandbox) -> None:
    await add(harness, "k1", STAY)
    paul, claire = await harness.account("paul.martin"), await harness.account("claire.moreau")
    for _ in range(2):
        assert await harness.partners.remove(REF, claire, paul.reference, channel="web", key="r1") is Outcome.REMOVED
    assert entries(sandbox) == [{"start": "2026-11-23T09:00:00Z", "end": "2026-11-23T09:00:00Z"}]
    assert await harness.rows(DatedAccess) == []
    harness.clock.advance(timedelta(days=30))
    assert not await is_member(harness)


async def test_who_is_not_a_member_yet_may_do_nothing(harness: Harness) -> None:
    await add(harness, "k1", STAY, who="sophie.leroux")
    with pytest.raises(NotAMember):
        await add(harness, "k2", AccessPeriod(), actor="sophie.leroux")
    with pytest.raises(NotAMember):
        await harness.partners.list(REF, await harness.account("sophie.leroux"))
    assert REF not in await harness.partners._teams.references_of((await harness.account("sophie.leroux")).id)


async def test_dates_written_by_the_platform_are_kept_as_they_are(harness: Harness, sandbox: Sandbox) -> None:
    await add(harness, "k1", AccessPeriod())
    team = sandbox.team_of(REF)
    team["participant"][3]["period"] = {"start": "2026-12", "end": "2027-01-02T18:00:00+01:00"}
    sandbox.put(team).raise_for_status()
    (partner,) = await listed(harness)
    assert (partner.since, partner.until, partner.planned) == (date(2026, 12, 1), date(2027, 1, 2), True)
    assert await date_access(harness, "d1", AccessPeriod(date(2026, 12, 20), date(2027, 1, 2))) is Outcome.DATED
    assert entries(sandbox) == [{"start": "2026-12-20", "end": "2027-01-02T18:00:00+01:00"}]


async def test_a_lost_answer_is_found_again(harness: Harness, sandbox: Sandbox) -> None:
    await add(harness, "k1", AccessPeriod())
    harness.network.cut_after(100, losing=False)
    before = harness.network.sent
    await date_access(harness, "d1", AccessPeriod(None, date(2026, 12, 1)))
    calls = harness.network.sent - before
    harness.network.cut_after(calls - 1, losing=True)
    with pytest.raises(Pending):
        await date_access(harness, "d2", AccessPeriod(None, date(2026, 12, 5)))
    harness.network.restore()
    harness.clock.advance(timedelta(minutes=2))
    await harness.operations.run_due()
    assert await date_access(harness, "d2", AccessPeriod(None, date(2026, 12, 5))) is Outcome.DATED
    assert entries(sandbox)[0]["end"] == "2026-12-05"
