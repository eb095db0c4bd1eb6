"""Who holds a lease: a name that tells other processes of the same machine whether its owner still lives."""

from __future__ import annotations

import os
import secrets
import socket
from functools import cache

import psutil

START_SLACK = 2.0
"""Seconds by which two readings of a process's start may differ: it is reckoned from the machine's start, which drifts."""


@cache
def _host() -> str:
    return socket.gethostname()[:80].replace("|", "-")


def new_holder() -> str:
    """A name for one worker: `host|pid|start of the process|random`."""
    started = psutil.Process().create_time()
    return f"{_host()}|{os.getpid()}|{started:.2f}|{secrets.token_hex(4)}"


def is_dead(holder: str, *, single_host: bool) -> bool:
    """Whether the process of `holder` is known not to live any more; False where that cannot be known from here.

    Args:
        single_host: all processes share this machine (the database is a SQLite file), so that a holder
            with another host name is an earlier container or an earlier name of this machine.
    """
    try:
        host, pid, started, _ = holder.split("|")
    except ValueError:
        return False
    if host != _host():
        return single_host
    try:
        return bool(abs(psutil.Process(int(pid)).create_time() - float(started)) > START_SLACK)
    except (psutil.NoSuchProcess, ValueError):
        return True
    except psutil.AccessDenied:
        return False
