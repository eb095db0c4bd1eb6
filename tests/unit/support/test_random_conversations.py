"""Whatever happens: the assistant never speaks in the agents' time, no message is lost or answered by nobody, each state can be left."""

from __future__ import annotations

import asyncio
import os
from contextlib import AsyncExitStack
from pathlib import Path

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from tests.unit.support.random_conversations import Action, Installation, run_conversation

pytestmark = pytest.mark.thorough

LIVES = int(os.environ.get("LIVES", "120"))
"""How many conversations, in parts that run beside one another."""
PARTS = 4
KINDS = ("say", "hurry", "press", "pause", "take", "reply", "close", "release", "transfer", "reopen", "note", "both", "let go", "kill")
NUMBERS = st.integers(0, 11)
REQUESTED = (Action("say", 1),)
MESSAGE_LEFT = (*REQUESTED, Action("pause", 1), Action("say", 7))
WITH_AGENT = (*REQUESTED, Action("take", 0), Action("reply", 0))
ANSWERING = Action("say", 9)
"""The assistant begins to answer, and does not come to an end."""
OPENINGS = st.sampled_from((REQUESTED, WITH_AGENT, MESSAGE_LEFT, (*MESSAGE_LEFT, ANSWERING), (*WITH_AGENT, Action("close", 0), ANSWERING)))
ACTIONS = st.builds(Action, st.sampled_from(KINDS), NUMBERS)
CONVERSATIONS = st.tuples(OPENINGS, st.lists(ACTIONS, min_size=1, max_size=10)).map(lambda parts: [*parts[0], *parts[1]])


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
        @given(CONVERSATIONS, NUMBERS)
        def whatever(actions: list[Action], way: int) -> None:
            runner.run(run_conversation(installation, actions, way))

        try:
            whatever()
        finally:
            runner.run(stack.aclose())
        assert installation.conversations >= each
