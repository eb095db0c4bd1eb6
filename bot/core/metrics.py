"""Metrics that a process counts by itself, in Prometheus' words, with labels whose values are known beforehand.

A label says which of a few things it was, never whom or what it was about: every value is declared with its metric, or allowed later by
code that has a fixed list (`allow`); anything else is counted as `other`. So nothing that a user types, no reference and no id can
become a label, and the number of series has a bound. Names, units and meanings: docs/dev/observability.md.
"""

from __future__ import annotations

import itertools
import time
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, ProcessCollector, disable_created_metrics

OTHER = "other"
"""What a value that nobody declared is counted as."""
SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 25.0, 60.0)
"""Bounds of the buckets of times: from a turn's fastest part to what nobody waits for."""
MAX_BORN_SERIES = 200
"""So many series of a metric are there from the start, at zero, so that an increase is seen from the first time on."""

disable_created_metrics()  # type: ignore[no-untyped-call]  # its series, one more for each that counts, are asked for by nobody
PROCESS = CollectorRegistry()
"""The metrics of this process."""
ProcessCollector(registry=PROCESS)  # processor time, memory, open files
Labels = Mapping[str, Collection[str]]


class _Bounded:
    """What the kinds of metrics share: labels and the values that these may have."""

    def __init__(self, metric: Counter | Gauge | Histogram, labels: Labels) -> None:
        self._metric = metric
        self.name: str = metric._name
        self.values = {label: {*values, OTHER} for label, values in labels.items()}
        """By label, every value that it may have."""
        combinations = list(itertools.product(*(sorted(values) for values in labels.values())))
        if labels and all(labels.values()) and len(combinations) <= MAX_BORN_SERIES:
            for combination in combinations:
                metric.labels(*combination)
        BOUNDED[self.name] = self

    def allow(self, label: str, *values: str) -> None:
        """Take these values of a label as they are: fixed words of the code."""
        self.values[label].update(values)

    def _series(self, given: Mapping[str, str]) -> Counter | Gauge | Histogram:
        if not self.values:
            return self._metric
        known = [given[label] if given[label] in allowed else OTHER for label, allowed in self.values.items()]
        return self._metric.labels(*known)


BOUNDED: dict[str, _Bounded] = {}
"""Every metric of `PROCESS` but the process's own, by name."""
_NO_LABELS: Labels = {}


class Count(_Bounded):
    """How often something happened since the process began; its name in Prometheus ends with `_total`."""

    def __init__(self, name: str, meaning: str, labels: Labels = _NO_LABELS) -> None:
        super().__init__(Counter(name, meaning, list(labels), registry=PROCESS), labels)

    def add(self, by: float = 1, /, **labels: str) -> None:
        """Count it."""
        series = self._series(labels)
        assert isinstance(series, Counter)
        series.inc(by)


class Level(_Bounded):
    """How much there is of something now."""

    def __init__(self, name: str, meaning: str, labels: Labels = _NO_LABELS) -> None:
        super().__init__(Gauge(name, meaning, list(labels), registry=PROCESS), labels)

    def set(self, value: float, /, **labels: str) -> None:
        """Say how much there is."""
        series = self._series(labels)
        assert isinstance(series, Gauge)
        series.set(value)

    @contextmanager
    def held(self, **labels: str) -> Iterator[None]:
        """Count one more within."""
        series = self._series(labels)
        assert isinstance(series, Gauge)
        series.inc()
        try:
            yield
        finally:
            series.dec()


class Duration(_Bounded):
    """How long something takes, in seconds; its name ends with `_seconds`."""

    def __init__(self, name: str, meaning: str, labels: Labels = _NO_LABELS) -> None:
        super().__init__(Histogram(name, meaning, list(labels), registry=PROCESS, buckets=SECONDS), labels)

    def observe(self, seconds: float, /, **labels: str) -> None:
        """Note how long it took; clocks of two machines may differ, so nothing is below zero."""
        series = self._series(labels)
        assert isinstance(series, Histogram)
        series.observe(max(0.0, seconds))

    @contextmanager
    def measured(self, **labels: str) -> Iterator[None]:
        """Measure what is done within, however it ends."""
        began = time.perf_counter()
        try:
            yield
        finally:
            self.observe(time.perf_counter() - began, **labels)
