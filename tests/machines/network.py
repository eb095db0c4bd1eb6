"""The machines of the tests: network namespaces with a cable each where that is allowed, else loopback alone.

The processes of a machine find what they need (database, Redis, proxy, platform, chat platforms) on their own loopback: a relay (haproxy)
leads over the cable to the other end. A cut cable loses packets, and tells nobody.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path

from bot.installation.supervisor import port_is_free
from tests.machines.program import Program

LOOPBACK = "127.0.0.1"
PREFIX = "198.18"
"""Addresses that are set aside for such tests (RFC 2544)."""
_RELAY = """
defaults
    mode tcp
    timeout connect 2s
    timeout client 1h
    timeout server 1h
"""


class Loopback:
    """A machine that is nothing but its processes."""

    kind = "loopback"
    address = LOOPBACK
    within: Sequence[str] = ()

    def relay(self, ports: Sequence[int], folder: Path) -> list[Program]:
        """Return the programs that lead to `ports` of the hub; none: it is the same loopback."""
        return []

    def cut(self) -> bool:
        """Cut the machine off; False where only its processes can be frozen."""
        return False

    def mend(self) -> None:
        """Take that back."""

    def remove(self) -> None:
        """Remove what was made."""


class Namespace(Loopback):
    """A network namespace with a cable to the one that the tests run in. Raises CalledProcessError where it may not be made."""

    kind = "network namespaces"

    def __init__(self, number: int) -> None:
        self._name = f"sphere{number}-{os.getpid()}"
        self._cable, far = f"sph{number}h{os.getpid() % 100000}", f"sph{number}m{os.getpid() % 100000}"
        subnet = os.getpid() % 120 * 2 + number
        self._hub, self.address = f"{PREFIX}.{subnet}.1", f"{PREFIX}.{subnet}.2"
        self.within = ("ip", "netns", "exec", self._name)
        _ip("netns", "add", self._name)
        try:
            _ip("link", "add", self._cable, "type", "veth", "peer", "name", far, "netns", self._name)
            _ip("addr", "add", f"{self._hub}/30", "dev", self._cable)
            _ip("link", "set", self._cable, "up")
            for rest in (("addr", "add", f"{self.address}/30", "dev", far), ("link", "set", far, "up"), ("link", "set", "lo", "up")):
                _ip("-n", self._name, *rest)
            subprocess.run([*self.within, "true"], check=True, capture_output=True)
        except (OSError, subprocess.CalledProcessError):
            self.remove()
            raise

    def relay(self, ports: Sequence[int], folder: Path) -> list[Program]:
        """See `Loopback`."""
        ends = {"machine": (LOOPBACK, self._hub, self.within), "hub": (self._hub, LOOPBACK, ())}
        programs = []
        for end, (here, there, within) in ends.items():
            name = f"relay-{self._name}-{end}"
            file = folder / f"{name}.cfg"
            pairs = (f"listen p{port}\n    bind {here}:{port}\n    server s {there}:{port}\n" for port in ports)
            file.write_text(_RELAY + "".join(pairs))
            ready = (lambda: True) if within else (lambda: not port_is_free(self._hub, ports[0]))
            programs.append(
                Program(name, ["haproxy", "-db", "-f", str(file)], dict(os.environ), folder / f"{name}.log", ready, within=within)
            )
        return programs

    def cut(self) -> bool:
        """See `Loopback`."""
        _ip("link", "set", self._cable, "down")
        return True

    def mend(self) -> None:
        """See `Loopback`."""
        _ip("link", "set", self._cable, "up")

    def remove(self) -> None:
        """See `Loopback`; the cable goes with the namespace."""
        subprocess.run(["ip", "netns", "del", self._name], check=False, capture_output=True)
        subprocess.run(["ip", "link", "del", self._cable], check=False, capture_output=True)


def two_machines() -> list[Loopback]:
    """Two machines, the better kind that is allowed here."""
    if os.environ.get("MACHINES_NETWORK") != "loopback" and shutil.which("ip"):
        made: list[Loopback] = []
        try:
            for number in (1, 2):
                made.append(Namespace(number))
            return made
        except (OSError, subprocess.CalledProcessError):
            for machine in made:
                machine.remove()
    return [Loopback(), Loopback()]


def _ip(*arguments: str) -> None:
    subprocess.run(["ip", *arguments], check=True, capture_output=True)
