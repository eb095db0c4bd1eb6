"""A platform that is frozen, or slow: what a turn waits for it, all its calls together, and what is answered."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator

import pytest

from bot.core.time_budget import TurnBudgets
from bot.fhir.client import FhirClient
from tests.unit.actions.dialogue import WEB, Dialogue, domain, rules
from tests.unit.harness import Harness

DOWN = "SPHERE ne répond pas"
BUDGET = 1.0


@pytest.fixture
async def frozen(harness: Harness) -> AsyncIterator[Harness]:
    """The platform answers nothing any more; a call may take 0.4 s, a turn one second."""
    await harness.fhir.aclose()
    harness.fhir = FhirClient(harness.sandbox.fhir, harness.sandbox.token, timeout=0.4)
    harness.turn_budgets = TurnBudgets(BUDGET)
    for name in ("registry", "identity", "dossiers", "partners", "operations", "account_requests", "partner_history"):
        harness.__dict__.pop(name, None)
    harness.sandbox.fault("slow", seconds=30)
    yield harness
    harness.sandbox.fault("none")


@pytest.mark.parametrize(
    ("words", "intent", "entities"),
    [
        ("mes dossiers", "list_dossiers", {}),
        ("qui suit SPH-2024-000137 ?", "list_partners", {"dossier_ref": "SPH-2024-000137"}),
        ("le dossier SPH-2024-000142", "find_dossier", {"dossier_ref": "SPH-2024-000142"}),
        ("ajoute Leïla Benali à SPH-2024-000137", "add_partner", {"partner_name": "Leïla Benali", "dossier_ref": "SPH-2024-000137"}),
    ],
)
async def test_a_frozen_platform_costs_a_turn_no_more_than_its_time(
    claire: Dialogue, frozen: Harness, words: str, intent: str, entities: dict[str, str]
) -> None:
    domain(), rules()  # reading them takes a while, once
    began = time.monotonic()
    answer = await claire.say(words, intent, WEB, **entities)
    assert DOWN in answer.text
    assert time.monotonic() - began < BUDGET + 2.0
    frozen.sandbox.fault("none")
    again = await claire.say("mes dossiers", "list_dossiers", WEB)  # the next turn has its own time
    assert "SPH-2024-000137" in again.text


async def test_calls_of_a_turn_share_its_time(claire: Dialogue, frozen: Harness) -> None:
    budget = frozen.turn_budgets.of("chat:t1")
    await claire.say("mes dossiers", "list_dossiers", WEB)
    spent = BUDGET - budget.left
    assert 0.3 < spent <= BUDGET
    assert frozen.turn_budgets.of("chat:t2").left == BUDGET


async def test_a_turn_that_is_played_again_has_its_whole_time(claire: Dialogue, frozen: Harness) -> None:
    budgets = []
    for _ in range(2):  # the second time after a crash
        await claire.say("mes dossiers", "list_dossiers", {**WEB, "turn": "t7"})
        budgets.append(frozen.turn_budgets.of("chat:t7"))
    assert budgets[0] is not budgets[1]
    assert all(0 < BUDGET - budget.left < BUDGET for budget in budgets)


def test_only_another_playing_of_a_turn_begins_anew() -> None:
    budgets = TurnBudgets(BUDGET)
    first = budgets.of("chat:t1", (3, 1.0))
    assert budgets.of("chat:t1", (3, 1.0)) is first
    assert budgets.of("chat:t1") is first
    again = budgets.of("chat:t1", (3, 2.0))
    assert (again is first, again.left) == (False, BUDGET)
    assert budgets.of("chat:t1", (3, 2.0)) is again
    assert budgets.of("chat:t2", (3, 2.0)) is not again
