"""Everybody who uses an installation at the same time, for as long as something is done to it."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from bench.figures import Figure
from tests.conversations.telegram import TelegramTalk
from tests.machines.companions import Notified, Supported
from tests.machines.evidence import Verdict, judge, wait_rest
from tests.machines.installation import Machines
from tests.machines.ledger import Fault, Ledger
from tests.machines.users import PATIENCE_SECONDS, TeamsUser, TelegramUser, User, WebUser
from tests.stack import wait_for

END_SECONDS = PATIENCE_SECONDS * 1.5


@dataclass(frozen=True)
class Crowd:
    """How many use each channel."""

    web: int
    telegram: int
    teams: int


class Traffic:
    """A run: its users, what they saw, and what is to be said of it."""

    _numbers = iter(range(1, 100))

    def __init__(self, machines: Machines, crowd: Crowd, claire: TelegramTalk) -> None:
        self.machines, self.ledger = machines, Ledger()
        kinds = ((WebUser, crowd.web), (TelegramUser, crowd.telegram), (TeamsUser, crowd.teams), (Supported, 1))
        self.users: list[User] = [kind(machines, self.ledger, next(self._numbers)) for kind, many in kinds for _ in range(many)]
        self.notified = Notified(machines, self.ledger, claire)
        self.began = time.monotonic()

    @contextmanager
    def running(self) -> Iterator[Traffic]:
        """Let them come, talk during the block, and finish."""
        threads: list[User | Notified] = [*self.users, self.notified]
        for thread in threads:
            thread.start()
        try:
            self.wait_all(2)
            yield self
        finally:
            for thread in threads:
                thread.ending.set()
            for thread in threads:
                thread.join(END_SECONDS)
        assert not [thread.name for thread in threads if thread.is_alive()]
        self.seconds = time.monotonic() - self.began

    def wait_all(self, many: int) -> None:
        """Wait until everybody has so many answers."""
        wait_for(f"{many} answers for each user", lambda: self._fewest() >= many, PATIENCE_SECONDS)

    def wait_each_from_now(self, many: int) -> None:
        """Wait until everybody has so many answers to messages that are sent from now on."""
        now = time.monotonic()
        wait_for(f"{many} more answers for each user", lambda: self._fewest(now) >= many, PATIENCE_SECONDS)

    def _fewest(self, since: float = 0.0) -> int:
        """Return how many answers to messages of since then that user has who has the fewest."""
        assert not self.ledger.broken, self.ledger.broken
        counts = {user.name: 0 for user in self.users}
        for said in list(self.ledger.said):
            counts[said.user] += said.answered_at is not None and said.at >= since
        return min(counts.values())

    def wait_answers_from_now(self, many: int) -> None:
        """Wait until so many messages that are sent from now on are answered."""
        now = time.monotonic()

        def look() -> bool:
            assert not self.ledger.broken, self.ledger.broken
            return self.ledger.answered_since(now) >= many

        wait_for(f"{many} answers", look, PATIENCE_SECONDS)

    def judged(self) -> Verdict:
        """Wait until all has come to rest, and judge it. Raises AssertionError where anything is not as it must be."""
        wait_rest(self.machines)
        verdict = judge(self.machines, self.ledger, self.users, self.notified)
        for user in self.users:
            user.close()
        assert not verdict.faults, verdict.faults
        return verdict

    def figures(self, scenario: str, verdict: Verdict) -> list[Figure]:
        """What is printed of the run."""
        ledger = self.ledger
        errors = ", ".join(f"{what} × {many}" for what, many in sorted(ledger.errors.items())) or "none"
        people = f"by {len(self.users)} users, and {len(ledger.events)} events"
        meaning = "the longest that anybody waited for an answer; {:.0f} s until all was as before"
        figures = [
            Figure(
                f"{scenario}: turns",
                ledger.answered,
                "",
                f"{people}, in {self.seconds:.0f} s",
            ),
            Figure(f"{scenario}: lost, crossed, disordered, told twice", len(verdict.faults), "", "", 0),
            Figure(f"{scenario}: told twice, in flight", verdict.in_flight, "", f"{len(ledger.faults)} things were done to the machines"),
            Figure(f"{scenario}: errors that clients saw", sum(ledger.errors.values()), "", errors),
        ]
        return figures + [
            Figure(
                f"{scenario}: {fault.what}",
                self._longest_wait(fault),
                "s",
                meaning.format(fault.ended - fault.began),
            )
            for fault in ledger.faults
        ]

    def _longest_wait(self, fault: Fault) -> float:
        """Return the longest wait for an answer, counted from when it was asked or, if later, from when the fault began."""
        answered = [said for said in self.ledger.said if said.answered_at is not None]
        during = [said for said in answered if said.at <= fault.ended and (said.answered_at or 0) >= fault.began]
        return max(((said.answered_at or 0) - max(said.at, fault.began) for said in during), default=0.0)
