"""Ports that processes are given: theirs again after a crash."""

from __future__ import annotations

import socket
from pathlib import Path

import pytest

from bot.installation import supervisor
from bot.installation.supervisor import free_ports

OUTGOING = Path("/proc/sys/net/ipv4/ip_local_port_range")


def test_no_outgoing_connection_takes_the_port_of_a_process_that_is_down() -> None:
    first = int(OUTGOING.read_text().split()[0])
    assert all(port < first for port in free_ports(50))


def test_all_are_different_and_nobody_listens_there(monkeypatch: pytest.MonkeyPatch) -> None:
    taken, *others = free_ports(3)
    monkeypatch.setattr(supervisor, "_OWN_PORTS", [taken, *others])
    with socket.create_server(("127.0.0.1", taken)):
        assert sorted(free_ports(2)) == sorted(others)
