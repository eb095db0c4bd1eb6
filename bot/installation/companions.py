"""Processes that run beside the product on one machine, described in plain values, so that the installation need not know what they are."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from bot.settings import Settings

PrintLine = Callable[[str], None]
"""Show one line to whoever started the installation."""


@dataclass(frozen=True)
class Companion:
    """One process that runs beside the product, such as a stand-in for an outside system."""

    name: str
    """Name of its log file and its key among the `pids` of `run.json`."""
    command: list[str]
    ready_url: str
    """Address that answers below 500 once the process is ready."""
    environment: Mapping[str, str] = field(default_factory=dict)
    """Environment variables that let the other processes find it; of the secrets among them, each gets those that it needs."""
    run_entries: Mapping[str, Any] = field(default_factory=dict)
    """What `run.json` says of it (see docs/reference.md)."""
    prepare: Callable[[PrintLine], None] | None = None
    """Blocking work to do while the processes start."""
    secrets: frozenset[str] = frozenset()
    """The settings' secrets that it needs itself."""
    own_environment: Mapping[str, str] = field(default_factory=dict)
    """Environment variables for it alone."""


@dataclass(frozen=True)
class Site:
    """What a companion is made from: the settings, secrets and ports of the installation that it belongs to."""

    settings: Settings
    data: Path
    """Absolute path of the data folder."""
    secrets: Mapping[str, str]
    """Content of `secrets.json`: secret, tokens between the processes, password of the desk and of the mailbox."""
    reserve_port: Callable[[], int]
    """Return a free TCP port of loopback, another one at each call."""


CompanionFactory = Callable[[Site], list[Companion]]


def no_companions(_site: Site) -> list[Companion]:
    """Return no companion: the product runs alone."""
    return []
