"""How old the directory's index is and how many people it holds, as metrics."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector

from bot.directory.index import read_about


def index_collector(index_dir: Path) -> Callable[[], Awaitable[Collector]]:
    """Return what reads the state of the index of this moment; nothing is told where there is no index."""

    async def read() -> Collector:
        return _IndexCollector(await asyncio.to_thread(read_about, index_dir))

    return read


class _IndexCollector(Collector):
    def __init__(self, about: dict[str, Any]) -> None:
        self._about = about

    def collect(self) -> Iterator[GaugeMetricFamily]:
        try:
            imported, people = datetime.fromisoformat(self._about["imported_at"]).timestamp(), float(self._about["people"])
        except (KeyError, TypeError, ValueError):
            return
        yield GaugeMetricFamily("sphere_directory_imported_timestamp_seconds", "When the directory was imported.", value=imported)
        yield GaugeMetricFamily("sphere_directory_people", "People in the directory.", value=people)
