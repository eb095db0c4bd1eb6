"""Figures of security in `/metrics`: codes, wrong ones, locks, limits that were hit. Counts since the installation began, of nobody."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from prometheus_client.core import CounterMetricFamily
from prometheus_client.registry import Collector

from bot.core.database import Database
from bot.core.figures import read_figures

_LIMIT = "limit_"


class SecurityFigures:
    """Reads the figures when they are asked for."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def collector(self) -> Collector:
        """Return the figures of this moment."""
        async with self._database.reading() as session:
            return _FiguresCollector(await read_figures(session))


class _FiguresCollector(Collector):
    def __init__(self, figures: Mapping[str, int]) -> None:
        self._figures = figures

    def collect(self) -> Iterator[CounterMetricFamily]:
        """Yield the events, and the limits that were hit."""
        events = CounterMetricFamily("sphere_security_events", "Codes, links, passwords and locks, by what happened.", labels=["event"])
        limits = CounterMetricFamily(
            "sphere_security_limits_hit", "Windows in which a limit refused something, by limit.", labels=["limit"]
        )
        for name, total in sorted(self._figures.items()):
            family = limits if name.startswith(_LIMIT) else events
            family.add_metric([name.removeprefix(_LIMIT)], total)
        yield events
        yield limits
