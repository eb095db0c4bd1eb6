"""The installation that the tests of several machines share, and the figures that they print."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest

from bench.figures import Figure, describe_machine, machine, show
from tests.conversations.telegram import TelegramTalk
from tests.machines.companions import claire_in_telegram
from tests.machines.installation import Machines
from tests.machines.traffic import Crowd

LONG = os.environ.get("MACHINES") == "long"
"""Every process is killed, by more users; else one of each kind, in two or three minutes on a quiet machine."""
_figures: list[Figure] = []


@pytest.fixture(scope="session")
def machines(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Machines]:
    """Everything, started once; each test leaves all of it running and at rest."""
    installation = Machines(tmp_path_factory.mktemp("machines"))
    try:
        installation.start()
        yield installation
    finally:
        installation.stop()


@pytest.fixture(scope="session")
def claire(machines: Machines) -> TelegramTalk:
    """Claire's chat in Telegram, linked to her account."""
    return claire_in_telegram(machines)


@pytest.fixture
def crowd() -> Crowd:
    """How many use it at the same time."""
    return Crowd(3, 2, 2) if LONG else Crowd(1, 1, 1)


@pytest.fixture(scope="session")
def figures() -> list[Figure]:
    """What is printed at the end."""
    return _figures


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Print the figures."""
    if _figures:
        terminalreporter.write_line(describe_machine(machine()))
        show("machines", _figures)
