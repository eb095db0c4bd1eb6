"""Two machines of a bot, a deliverer, an action server and a Rasa each, behind the delivered proxy, while everybody uses them."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager

import httpx
import pytest
from sqlalchemy import text

from bench.figures import Figure
from tests.conversations.telegram import TelegramTalk
from tests.machines.conftest import LONG
from tests.machines.installation import Machines
from tests.machines.program import Program
from tests.machines.roles import DELIVERING_BOT, RASA_SERVER, ROLES, SERVING_BOT
from tests.machines.traffic import Crowd, Traffic
from tests.stack import wait_for

pytestmark = pytest.mark.timeout(2400 if LONG else 1200)
OUTAGE_SECONDS = 10.0
AMONG_THE_REST = 3
"""Answers to messages of after a fault that are waited for before it is mended: the installation goes on meanwhile."""


Use = Callable[[str], AbstractContextManager[Traffic]]


@pytest.fixture
def used(machines: Machines, crowd: Crowd, claire: TelegramTalk, figures: list[Figure]) -> Use:
    """Has everybody use the installation during a block; then that is judged, and the figures noted under the scenario's name."""

    @contextmanager
    def use(scenario: str) -> Iterator[Traffic]:
        traffic = Traffic(machines, crowd, claire)
        with traffic.running():
            yield traffic
        figures.extend(traffic.figures(scenario, traffic.judged()))

    return use


def start_again(machines: Machines, program: Program) -> None:
    """Start a process and wait until it is used again."""
    program.start()
    program.wait_ready()
    machines.wait_proxied(program)


def victims(machines: Machines) -> list[Program]:
    """Every process; in the short form one of each kind, from both machines."""
    if LONG:
        return machines.programs()
    return [machines.machines[place % 2].programs[role.name] for place, role in enumerate(ROLES)]


def test_in_steady_use_each_message_is_answered_once(used: Use) -> None:
    with used("steady") as traffic:
        traffic.wait_all(20 if LONG else 6)
    assert not traffic.ledger.errors


def test_each_process_may_be_killed(machines: Machines, used: Use) -> None:
    with used("killed") as traffic:
        for program in victims(machines):
            with traffic.ledger.fault(f"{program.name} killed"):
                program.kill()
                traffic.wait_answers_from_now(AMONG_THE_REST)
                start_again(machines, program)


def test_a_rolling_restart_is_noticed_by_nobody(machines: Machines, used: Use) -> None:
    roles = ROLES if LONG else [role for role in ROLES if role is not RASA_SERVER]
    with used("rolling restart") as traffic:
        for role in roles:
            for machine in machines.machines:
                program = machine.programs[role.name]
                with traffic.ledger.fault(f"{program.name} restarted"):
                    program.ask_to_stop()
                    program.wait_stopped()
                    start_again(machines, program)
    assert not traffic.ledger.errors


_ANNOUNCED = """
INSERT INTO outbox (kind, key, conversation_id, payload, priority, created_at, not_before, attempts)
SELECT 'chat', 'machines:' || id, id, CAST('{"text": "Une annonce attend."}' AS json), 1, now(), now(), 0 FROM conversations
WHERE channel IN ('telegram', 'teams') AND address <> :claire RETURNING id
"""


def test_answers_wait_for_no_deliverer(machines: Machines, claire: TelegramTalk, used: Use) -> None:
    deliverers = [machine.programs[DELIVERING_BOT.name] for machine in machines.machines]
    with used("no deliverer") as traffic:
        with traffic.ledger.fault("both deliverers killed"):
            for program in deliverers:
                program.kill()
            assert machines.engine is not None
            with machines.engine.begin() as connection:  # before the answers to come, which must not overtake it
                announced = connection.execute(text(_ANNOUNCED), {"claire": claire.address}).all()
            traffic.wait_each_from_now(AMONG_THE_REST)
            for program in deliverers:
                program.start()
            for program in deliverers:
                program.wait_ready()
        traffic.wait_answers_from_now(AMONG_THE_REST)
    assert announced
    assert not traffic.ledger.errors


def outage(seconds: float) -> None:
    """Let an outage last as long as it does: its length is what is tested."""
    threading.Event().wait(seconds)


def test_redis_may_be_away(machines: Machines, used: Use) -> None:
    with used("Redis away") as traffic:
        with traffic.ledger.fault("Redis stopped for 10 s"):
            machines.redis.kill()
            outage(OUTAGE_SECONDS)
            machines.redis.start()
            machines.redis.wait_ready()
        traffic.wait_answers_from_now(AMONG_THE_REST)
    assert not traffic.ledger.errors


def test_the_database_may_be_away(machines: Machines, used: Use) -> None:
    pids = [program.pid for program in machines.programs()]
    refused: list[httpx.Response] = []
    with used("PostgreSQL away") as traffic:
        with traffic.ledger.fault("PostgreSQL stopped for 10 s"):
            machines.postgres.halt()
            began = time.monotonic()
            while time.monotonic() - began < OUTAGE_SECONDS:
                refused.append(httpx.post(f"{machines.api}/chat/sessions", timeout=60, trust_env=False))
                outage(0.5)
            machines.postgres.start()
        traffic.wait_answers_from_now(AMONG_THE_REST)
        for program in machines.programs():
            machines.wait_proxied(program)
    assert {answer.status_code for answer in refused} == {503}
    assert [answer.headers.get("retry-after") for answer in refused if "retry-after" not in answer.headers] == []
    assert traffic.ledger.without_retry_after == 0
    assert [program.pid for program in machines.programs()] == pids, "nobody had to start anything again"


def test_a_machine_may_be_cut_off(machines: Machines, used: Use) -> None:
    machine = machines.machines[0]
    with used(f"cut off ({machines.network})") as traffic:
        with traffic.ledger.fault("machine 1 cut off"):
            machine.cut_off()
            try:
                traffic.wait_answers_from_now(2 * AMONG_THE_REST)
                wait_for("the proxy to know", lambda: not machines.is_proxied(machine.programs[SERVING_BOT.name]))
                traffic.wait_answers_from_now(2 * AMONG_THE_REST)
            finally:
                machine.reconnect()
            for program in machine.programs.values():
                program.wait_ready()
                machines.wait_proxied(program)
        traffic.wait_answers_from_now(AMONG_THE_REST)
