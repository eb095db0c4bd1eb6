"""Names of lease owners, which tell other processes of the same machine whether the owner still lives."""

from __future__ import annotations

import os
import secrets
import socket
from functools import cache

import psutil

START_TOLERANCE_SECONDS = 2.0
"""How far two readings of a process's start may differ: it is computed from the machine's start, which drifts."""


@cache
def _host() -> str:
    return socket.gethostname()[:80].replace("|", "-")


def new_owner() -> str:
    """Return a name for one worker: `host|pid|start of the process|random`."""
    started = psutil.Process().create_time()
    return f"{_host()}|{os.getpid()}|{started:.2f}|{secrets.token_hex(4)}"


def is_dead(owner: str, *, single_host: bool) -> bool:
    """Return whether the process of `owner` is known not to live any more; False where that cannot be known from here.

    Args:
        owner: a name of `new_owner`; of anything else nothing is known.
        single_host: all processes share this machine (the database is a SQLite file), so that an owner
            with another host name is an earlier container or an earlier name of this machine.
    """
    try:
        host, pid, started, _ = owner.split("|")
    except ValueError:
        return False
    if host != _host():
        return single_host
    try:
        return bool(abs(psutil.Process(int(pid)).create_time() - float(started)) > START_TOLERANCE_SECONDS)
    except (psutil.NoSuchProcess, ValueError):
        return True
    except psutil.AccessDenied:
        return False
