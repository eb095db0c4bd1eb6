"""Whatever happens: the assistant never speaks in the agents' time, no message is lost or answered by nobody, each state can be left."""

from __future__ import annotations

import asyncio
import os
from contextlib import AsyncExitStack
from pathlib import Path

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from tests.unit.support.random_conversations import Event, Installation, live

LIVES = int(os.environ.get("LIVES", "200"))
"""How many lives, in parts that run beside one another; `.ci/run` lives through 400."""
PARTS = 4
KINDS = ("say", "hurry", "press", "pause", "take", "reply", "close", "release", "transfer", "reopen", "note", "both", "let go", "kill")
NUMBERS = st.integers(0, 11)
ASKED = (Event("say", 1),)
LEFT = (*ASKED, Event("pause", 1), Event("say", 7))
TALKED = (*ASKED, Event("take", 0), Event("reply", 0))
ANSWERING = Event("say", 9)
"""The assistant begins to answer, and does not come to an end."""
OPENINGS = st.sampled_from((ASKED, TALKED, LEFT, (*LEFT, ANSWERING), (*TALKED, Event("close", 0), ANSWERING)))
EVENTS = st.builds(Event, st.sampled_from(KINDS), NUMBERS)
EVENTFUL = st.tuples(OPENINGS, st.lists(EVENTS, min_size=1, max_size=10)).map(lambda life: [*life[0], *life[1]])


@pytest.mark.timeout(180 + LIVES * 4)
@pytest.mark.parametrize("part", range(PARTS))
def test_whatever_happens(tmp_path: Path, part: int) -> None:
    each = LIVES // PARTS
    with asyncio.Runner() as runner:
        stack = AsyncExitStack()
        installation = runner.run(Installation.open(stack, tmp_path))

        @settings(
            max_examples=each,
            deadline=None,
            database=None,
            phases=[Phase.generate, Phase.shrink],
            suppress_health_check=list(HealthCheck),
        )
        @given(EVENTFUL, NUMBERS)
        def whatever(events: list[Event], way: int) -> None:
            runner.run(live(installation, events, way))

        try:
            whatever()
        finally:
            runner.run(stack.aclose())
        assert installation.lives >= each
