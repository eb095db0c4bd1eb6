"""Notices being told by bots that are killed again and again, until all has come to rest; then what became of each is judged."""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from tests.notification_load.bots import Bot
from tests.notification_load.installation import Installation, in_batches, installation
from tests.notification_load.outcome import Evidence, Verdict, left, progress, reading
from tests.notification_load.passing import pass_a_minute
from tests.notification_load.people import Json, Population
from tests.notification_load.quiet_hours import Windows

LOOK_SECONDS = 0.2


@dataclass(frozen=True)
class Plan:
    """How large a crash test is. Two bots are killed `kills` times each."""

    population: Population
    events: int
    """Of each dossier."""
    kills: int
    patience: float
    """Seconds that the next kill waits for its moment: where work stands still (leases), killing goes on."""
    rest_seconds: float
    """How long it may last until all is told, after the last kill."""
    hurried: bool = False
    """Both are killed at once, and before they start again a minute is made to have passed: leases run out, notices fall due."""
    seed: int = 2026


@dataclass(frozen=True)
class Outcome:
    """What was seen."""

    evidence: Evidence
    verdict: Verdict
    seconds: float
    """From the first event to the last message."""


def crash(plan: Plan, folder: Path, database_url: str, say: Callable[[str], None] = lambda line: None) -> Outcome:
    """Run it. Raises AssertionError where it does not come to rest in time."""
    windows = Windows(datetime.now(UTC))
    with installation(plan.population, folder, database_url, windows.said) as found:
        for bot in found.bots:
            bot.start()
        for bot in found.bots:
            bot.wait()
        run = _Run(plan, found, say)
        run.go()
        kills = sorted(kill for bot in found.bots for kill in bot.kills)
        evidence = Evidence(plan.population, found.calls(), run.posted, windows, kills)
    last = max((call["at"] for call in evidence.calls if call["method"] == "sendMessage"), default=run.began)
    return Outcome(evidence, evidence.judged(database_url), last - run.began)


class _Run:
    def __init__(self, plan: Plan, found: Installation, say: Callable[[str], None]) -> None:
        self._plan, self._found, self._say = plan, found, say
        self._random = random.Random(plan.seed)
        self.began = time.time()
        population = plan.population
        order = [(dossier, number) for number in range(plan.events) for dossier in range(population.dossiers)]
        start = datetime.now(UTC) - timedelta(milliseconds=len(order))
        self._events: list[Json] = [
            population.event(dossier, number, start + timedelta(milliseconds=place)) for place, (dossier, number) in enumerate(order)
        ]
        self.posted = {str(event["id"]): where for event, where in zip(self._events, order, strict=True)}

    def go(self) -> None:
        """Post, kill, wait. Moments are spread over the work, not over time: each part of it is cut short somewhere."""
        plan, found = self._plan, self._found
        batches = list(in_batches(self._events, max(1, len(self._events) // 20)))
        notices = len(self._events) * (plan.population.members - 1)
        rounds = self._rounds()
        moments = sorted(self._random.uniform(0.0, 2.5) * notices for _ in rounds)  # 2.6 when all is done: some are quiet
        last_kill, next_post = time.monotonic(), time.monotonic()
        with reading(found.database_url) as session:
            while moments or batches:
                done = progress(session)
                session.rollback()
                if batches and time.monotonic() >= next_post and found.post(batches[0], self._random.choice(found.bots)):
                    batches.pop(0)
                    next_post = time.monotonic() + (0.2 if plan.hurried else 3.0)
                if moments and (done >= moments[0] or time.monotonic() - last_kill > plan.patience):
                    self._kill(rounds.pop())
                    moments.pop(0)
                    last_kill = time.monotonic()
                    self._say(f"{len(rounds)} rounds of kills left, {done / notices / 2.6:.0%} done, {time.time() - self.began:.0f} s")
                time.sleep(LOOK_SECONDS)
        self._rest()

    def _rounds(self) -> list[list[Bot]]:
        """Who is killed at once, each bot `kills` times, in a random order."""
        bots, kills = self._found.bots, self._plan.kills
        if self._plan.hurried:
            return [list(bots) for _ in range(kills)]
        rounds = [[bot] for bot in bots for _ in range(kills)]
        self._random.shuffle(rounds)
        return rounds

    def _kill(self, victims: list[Bot]) -> None:
        for bot in victims:
            bot.wait()  # one that is only starting holds nothing
        time.sleep(self._random.uniform(0.0, 1.5))
        for bot in victims:
            bot.kill()
        if self._plan.hurried:
            pass_a_minute(self._found.database_url)
        for bot in victims:
            bot.start()
        if self._plan.hurried:
            for bot in victims:
                bot.wait()

    def _rest(self) -> None:
        deadline = time.monotonic() + self._plan.rest_seconds
        with reading(self._found.database_url) as session:
            while (remaining := left(session, len(self.posted))) > 0:
                session.rollback()
                assert time.monotonic() < deadline, f"{remaining} things are still to be done"
                self._say(f"{remaining} to be done, {time.time() - self.began:.0f} s")
                time.sleep(1)
