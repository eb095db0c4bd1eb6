"""Names of lease owners while an installation is upgraded: versions that count a process's start otherwise run side by side."""

from __future__ import annotations

import psutil
import pytest

from bot.jobs.lease_owner import is_dead, new_owner

HOST, PID, START, REST = new_owner().split("|", 3)
NOBODY = max(psutil.pids()) + 100_000


@pytest.mark.parametrize("single_host", [True, False])
def test_a_process_whose_start_counts_from_the_epoch_is_not_dead_by_it(single_host: bool) -> None:
    assert not is_dead(f"{HOST}|{PID}|1764565200.00|c0ffee00", single_host=single_host)
    assert is_dead(f"{HOST}|{NOBODY}|1764565200.00|c0ffee00", single_host=single_host)


def test_a_start_since_the_boot_tells_an_earlier_process_of_the_same_number() -> None:
    assert not is_dead(f"{HOST}|{PID}|{START}|c0ffee00", single_host=False)  # a name without the word
    assert is_dead(f"{HOST}|{PID}|{float(START) + 100}|c0ffee00", single_host=False)
    assert is_dead(f"{HOST}|{PID}|{float(START) + 100}|{REST}", single_host=False)


def test_an_earlier_version_cannot_read_the_name_and_leaves_it_alone() -> None:
    with pytest.raises(ValueError, match="too many values"):
        _host, _pid, _start, _random = new_owner().split("|")  # as it does, which takes that for unknown
