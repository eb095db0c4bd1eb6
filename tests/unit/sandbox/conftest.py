"""Fixtures of the sandbox's tests."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.unit.sandbox.sandbox_server import Sandbox, running_sandbox


@pytest.fixture(scope="module")
def sandbox(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sandbox]:
    """Run one fresh sandbox for all tests of a module."""
    with running_sandbox(tmp_path_factory.mktemp("sandbox")) as running:
        yield running
