"""Bots that are killed lose nothing, tell nothing twice but what was in flight, and keep order and quiet. At large: `bench/crash.py`."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from tests.databases import every_database
from tests.notification_load.crash import Plan, crash
from tests.notification_load.outcome import Evidence
from tests.notification_load.people import Population

pytestmark = pytest.mark.thorough

__all__ = ["every_database"]

SMALL = Plan(Population(people=40, dossiers=20, members=11), events=2, kills=3, patience=5, rest_seconds=300, hurried=True)


@pytest.mark.timeout(900)
def test_killed_bots_lose_nothing_and_repeat_only_what_was_in_flight(every_database: str, tmp_path: Path) -> None:
    outcome = crash(SMALL, tmp_path, every_database)
    verdict = outcome.verdict
    assert len(outcome.evidence.kills) == 6
    assert verdict.notices == 400
    assert verdict.lost == []
    assert verdict.delivered + verdict.waiting == 400
    assert verdict.delivered > 280
    assert verdict.waiting >= 40  # a tenth of the people is in a quiet window throughout
    assert (verdict.unexplained, verdict.unknown, verdict.disordered) == ([], 0, [])
    assert verdict.inside == []
    _the_verdict_sees(outcome.evidence, every_database)


def _the_verdict_sees(evidence: Evidence, url: str) -> None:
    """What it did not find, it would have found."""
    sent = [call for call in evidence.calls if call["method"] == "sendMessage" and call["status"] == 200]
    last = max(sent, key=lambda call: call["at"])
    missing = replace(evidence, calls=[call for call in sent if call["arguments"] != last["arguments"]]).judged(url)
    assert missing.lost != []
    again = replace(evidence, calls=[*sent, last | {"at": last["at"] + 1}]).judged(url)
    assert len(again.unexplained) == 1
    strange = replace(evidence, calls=[*sent, last | {"arguments": {}}]).judged(url)
    assert strange.unknown == 1
    backwards = replace(evidence, calls=[call | {"at": -call["at"]} for call in sent]).judged(url)
    assert backwards.disordered != []
    quiet = evidence.population.chat(10)  # of those who are in a quiet window throughout
    disturbed = replace(evidence, calls=[*sent, last | {"chat": quiet}]).judged(url)
    assert len(disturbed.inside) == 1
