"""Queues: what is due, who holds it, and what becomes of it when its worker dies."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import timedelta

import psutil
from sqlalchemy import select, update

from bot.core.database import Database
from bot.jobs.lease_owner import new_owner
from tests.unit.jobs.conftest import LEASE, NOW, QUEUE, JobRow, Jobs

SECOND = timedelta(seconds=1)


async def test_a_job_is_claimed_once_until_its_lease_runs_out(jobs: Jobs) -> None:
    await jobs.add(JobRow(id=1))
    (job,) = await jobs.claim()
    assert (job.lease_until, job.attempts, job.owner) == (NOW + LEASE, 1, "me")
    assert await jobs.claim("other") == []
    jobs.clock.advance(LEASE)
    (job,) = await jobs.claim("other")
    assert (job.attempts, job.owner) == (2, "other")
    row = await jobs.row(1)
    assert (row.lease_until, row.attempts, row.owner) == (job.lease_until, 2, "other")


async def test_what_is_done_or_not_due_yet_is_not_claimed(jobs: Jobs) -> None:
    await jobs.add(JobRow(id=1, done=True), JobRow(id=2, not_before=NOW + SECOND), JobRow(id=3, not_before=NOW), JobRow(id=4))
    assert [job.id for job in await jobs.claim(limit=10)] == [3, 4]
    jobs.clock.advance(SECOND)
    assert [job.id for job in await jobs.claim(limit=10)] == [2]


async def test_workers_that_claim_at_once_share_the_jobs(jobs: Jobs) -> None:
    await jobs.add(*(JobRow(id=number) for number in range(1, 21)))
    claimed = await asyncio.gather(*(jobs.claim(f"worker {number}", limit=5) for number in range(8)))
    ids = [job.id for some in claimed for job in some]
    assert len(ids) == len(set(ids))
    assert all(len(some) <= 5 for some in claimed)
    while more := await jobs.claim(limit=5):
        ids += [job.id for job in more]
    assert sorted(ids) == list(range(1, 21))


async def test_an_owner_that_is_known_to_be_dead_holds_nothing(jobs: Jobs) -> None:
    host, _, started, rest = new_owner().split("|", 3)
    nobody = max(psutil.pids()) + 100_000
    await jobs.add(
        JobRow(id=1, owner=new_owner(), lease_until=NOW + LEASE),
        JobRow(id=2, owner=f"{host}|{nobody}|{started}|{rest}", lease_until=NOW + LEASE),
        JobRow(id=3, owner="some token", lease_until=NOW + LEASE),
    )
    assert [job.id for job in await jobs.claim(limit=10)] == [2]


async def test_a_lease_is_renewed_and_released_by_its_owner_alone(jobs: Jobs) -> None:
    await jobs.add(JobRow(id=1))
    await jobs.claim("first")
    jobs.clock.advance(LEASE)
    await jobs.claim("second")
    async with jobs.database.writing() as session:
        assert await QUEUE.renew(session, [1], NOW + 9 * LEASE, owner="first") == 0
        assert await QUEUE.release(session, [1], owner="first") == 0
        assert await QUEUE.renew(session, [1], NOW + 2 * LEASE, owner="second") == 1
    assert (await jobs.row(1)).lease_until == NOW + 3 * LEASE
    async with jobs.database.writing() as session:
        assert await QUEUE.release(session, [1], not_before=NOW + 9 * LEASE, owner="second") == 1
    row = await jobs.row(1)
    assert (row.lease_until, row.owner, row.not_before, row.attempts) == (None, None, NOW + 9 * LEASE, 2)


async def test_what_is_done_keeps_no_lease_alive(jobs: Jobs) -> None:
    await jobs.add(JobRow(id=1))
    await jobs.claim()
    async with jobs.database.writing() as session:
        await session.execute(update(JobRow).values(done=True))
        assert await QUEUE.renew(session, [1], NOW, owner="me") == 0


async def test_an_orderly_stop_gives_everything_back_and_is_no_attempt(jobs: Jobs) -> None:
    await jobs.add(JobRow(id=1), JobRow(id=2), JobRow(id=3))
    await jobs.claim("me", limit=2)
    await jobs.claim("other")
    async with jobs.database.writing() as session:
        await QUEUE.release_owned(session, "me")
    assert [(job.id, job.attempts) for job in await jobs.claim("next", limit=10)] == [(1, 1), (2, 1)]


async def test_the_next_due_job_is_the_one_whose_time_or_whose_lease_ends_first(jobs: Jobs) -> None:
    assert await jobs.next_due() is None
    await jobs.add(JobRow(id=1, done=True, not_before=NOW + SECOND), JobRow(id=2))
    assert await jobs.next_due() is None  # the one that is open is due already
    await jobs.add(JobRow(id=3, not_before=NOW + 60 * SECOND))
    assert await jobs.next_due() == NOW + 60 * SECOND
    await jobs.claim()
    assert await jobs.next_due() == NOW + LEASE
    await jobs.add(JobRow(id=4, not_before=NOW + 40 * SECOND, lease_until=NOW + 5 * SECOND))
    jobs.clock.advance(LEASE)
    assert await jobs.next_due() == NOW + 40 * SECOND


async def test_a_release_wakes_the_workers_of_the_queue(jobs: Jobs) -> None:
    woken: list[str] = []
    jobs.database.on_announced(QUEUE.name, lambda: woken.append(QUEUE.name))
    await jobs.add(JobRow(id=1))
    await jobs.claim()
    assert woken == []
    async with jobs.database.writing() as session:
        await QUEUE.release(session, [1])
        assert woken == []  # not before the commit
    assert woken == [QUEUE.name]


async def test_a_row_that_is_written_or_locked_can_be_claimed_with_it(jobs: Jobs) -> None:
    await jobs.add(JobRow(id=1, **QUEUE.first_claim(NOW, "writer")), JobRow(id=2, not_before=NOW + LEASE))
    async with jobs.database.writing() as session:
        early = await session.get_one(JobRow, 2, with_for_update=True)
        QUEUE.hold_row(early, NOW, owner="early")
    first, second = await jobs.row(1), await jobs.row(2)
    assert (first.owner, first.lease_until, first.attempts) == ("writer", NOW + LEASE, 1)
    assert (second.owner, second.lease_until, second.attempts) == ("early", NOW + LEASE, 1)


WATCHED = replace(QUEUE, name="test_watched_jobs", clock_grace=LEASE)


async def claim_watched(jobs: Jobs) -> list[int]:
    claimed = await WATCHED.claim(jobs.database, jobs.clock, select(JobRow).order_by(JobRow.id), limit=10, owner="me")
    return [job.id for job in claimed]


async def test_a_clock_that_is_ahead_takes_no_job_whose_worker_is_watched(jobs: Jobs) -> None:
    await jobs.add(JobRow(id=1, owner="elsewhere", lease_until=NOW + LEASE))
    jobs.clock.advance(2 * LEASE - SECOND)
    assert await claim_watched(jobs) == []
    jobs.clock.advance(SECOND)
    assert await claim_watched(jobs) == [1]  # the net


async def test_a_dead_owner_is_told_whatever_the_clock_says_of_its_lease(jobs: Jobs) -> None:
    host, _, started, rest = new_owner().split("|", 3)
    dead = f"{host}|{max(psutil.pids()) + 100_000}|{started}|{rest}"
    await jobs.add(JobRow(id=1, owner=dead, lease_until=NOW - SECOND), JobRow(id=2, owner=new_owner(), lease_until=NOW - SECOND))
    assert await claim_watched(jobs) == [1]


async def test_a_job_that_is_locked_keeps_no_other_from_being_renewed(jobs: Jobs) -> None:
    await jobs.add(*(JobRow(id=number, owner="me", lease_until=NOW) for number in (1, 2)), JobRow(id=3, owner="other", lease_until=NOW))
    locking = Database(jobs.database.url.render_as_string(hide_password=False))
    try:
        async with locking.reading(transaction=True) as busy:
            await busy.execute(select(JobRow.id).where(JobRow.id == 1).with_for_update())
            async with jobs.database.single() as session:
                await QUEUE.renew_unlocked(session, [1, 2, 3], NOW, owner="me")
            await busy.rollback()
    finally:
        await locking.close()
    renewed = [number for number in (1, 2, 3) if (await jobs.row(number)).lease_until == NOW + LEASE]
    assert renewed == ([1, 2] if jobs.database.is_sqlite else [2])
