"""Names of lease owners, which tell other processes of the same machine whether the owner still lives."""

from __future__ import annotations

import os
import secrets
import socket
from functools import cache

import psutil

START_TOLERANCE_SECONDS = 2.0
"""How far two readings of a process's start may differ: two readings of the clock are in each."""
_SINCE_BOOT = "boot"
_EPOCH_ABOVE = 1e9
"""A start above it was counted from the epoch, by an earlier version that runs beside this one while it is upgraded: only that there is no
such process is known by it."""


@cache
def _host() -> str:
    return socket.gethostname()[:80].replace("|", "-")


def _start_of(pid: int) -> float:
    """Return when a process started, in seconds since the machine did: not by the clock, which may be set meanwhile."""
    return float(psutil.Process(pid).create_time() - psutil.boot_time())


def new_owner() -> str:
    """Return a name for one worker: `host|pid|start of the process|random|boot`.

    The last word says from when the start counts. It also makes the name unreadable to versions that counted from the epoch, which would
    take its process for dead.
    """
    pid = os.getpid()
    return f"{_host()}|{pid}|{_start_of(pid):.2f}|{secrets.token_hex(4)}|{_SINCE_BOOT}"


def is_dead(owner: str, *, single_host: bool) -> bool:
    """Return whether the process of `owner` is known not to live any more; False where that cannot be known from here.

    Args:
        owner: a name of `new_owner`; of anything else nothing is known.
        single_host: all processes share this machine (the database is a SQLite file), so that an owner
            with another host name is an earlier container or an earlier name of this machine.
    """
    try:
        host, pid, started, _, *since = owner.split("|")
    except ValueError:
        return False
    if host != _host():
        return single_host
    try:
        start = _start_of(int(pid))
        if since != [_SINCE_BOOT] and float(started) > _EPOCH_ABOVE:
            return False
        return bool(abs(start - float(started)) > START_TOLERANCE_SECONDS)
    except (psutil.NoSuchProcess, ValueError):
        return True
    except psutil.AccessDenied:
        return False
