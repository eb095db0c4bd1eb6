"""Traces: which parts of which processes a turn passed, under one id that logs name too (W3C Trace Context).

Every turn has a trace id, random and of nobody, which goes with its calls in the header `traceparent`: bot → Rasa → action server →
platform. Spans, the parts with their times, are sent only where that is switched on (`bot.core.otlp`); without it nothing of
OpenTelemetry is imported. A span's name and attributes are fixed words, bounded as the labels of metrics are: never a text, a
reference or an id.
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Literal, Protocol

from bot.core.metrics import OTHER

HEADER = "traceparent"
Kind = Literal["internal", "server", "client", "producer"]
_PATTERN = re.compile(r"00-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})")


@dataclass(frozen=True)
class TraceContext:
    """The trace and the span that something belongs to."""

    trace_id: str
    """32 hexadecimal digits."""
    span_id: str
    """16 hexadecimal digits."""
    sampled: bool = False
    """Whether its spans are sent."""

    @property
    def header(self) -> str:
        """The value of `traceparent`."""
        return f"00-{self.trace_id}-{self.span_id}-{'01' if self.sampled else '00'}"


_current: ContextVar[TraceContext | None] = ContextVar("trace", default=None)


class Recorded(Protocol):
    """A span that is being recorded."""

    def note(self, attribute: str, value: str) -> None:
        """Keep an attribute."""
        ...


Recorder = Callable[[str, Kind, TraceContext | None, Mapping[str, str]], AbstractContextManager[tuple[TraceContext, Recorded]]]
"""Records a span from its name, kind, parent and attributes, within a context; see `bot.core.otlp`."""
_recorder: Recorder | None = None


def record_by(recorder: Recorder | None) -> None:
    """Have the spans of this process recorded from now on; None: not any more."""
    global _recorder
    _recorder = recorder


class Noting:
    """A span that has begun, recorded or not."""

    def __init__(self, point: SpanPoint, recorded: Recorded | None) -> None:
        self._point, self._recorded = point, recorded

    def note(self, **attributes: str) -> None:
        """Keep attributes that are known only now, such as an outcome."""
        if self._recorded is not None:
            for name, value in self._point.bounded(attributes).items():
                self._recorded.note(name, value)


class SpanPoint:
    """A place in the code that spans are recorded at: their name, kind, and the values that their attributes may have."""

    def __init__(self, name: str, kind: Kind, attributes: Mapping[str, Collection[str]]) -> None:
        self.name, self._kind = name, kind
        self.values = {attribute: {*values, OTHER} for attribute, values in attributes.items()}
        POINTS[name] = self

    def allow(self, attribute: str, *values: str) -> None:
        """Take these values of an attribute as they are: fixed words of the code."""
        self.values[attribute].update(values)

    def bounded(self, attributes: Mapping[str, str]) -> dict[str, str]:
        """Return the attributes under their full names, with `other` for values that are not declared."""
        return {f"sphere.{name}": value if value in self.values[name] else OTHER for name, value in attributes.items()}

    @contextmanager
    def begun(self, new_trace: bool = False, /, **attributes: str) -> Iterator[Noting]:
        """Be within a span; with `new_trace` the first one of a new trace."""
        parent = None if new_trace else _current.get()
        if _recorder is None:
            context = TraceContext(parent.trace_id if parent else secrets.token_hex(16), parent.span_id if parent else secrets.token_hex(8))
            with _within(context):
                yield Noting(self, None)
            return
        with _recorder(self.name, self._kind, parent, self.bounded(attributes)) as (context, recorded), _within(context):
            yield Noting(self, recorded)


POINTS: dict[str, SpanPoint] = {}
"""Every place where spans are recorded, by their name."""


def current() -> TraceContext | None:
    """Return what is being traced here; None outside of a turn."""
    return _current.get()


def headers() -> dict[str, str]:
    """Return the header by which a request belongs to the trace; none outside of one."""
    context = _current.get()
    return {HEADER: context.header} if context is not None else {}


def parse(header: str | None) -> TraceContext | None:
    """Return what a caller's `traceparent` says; None for one that is not as W3C says, or of another version."""
    found = _PATTERN.fullmatch(header or "")
    if found is None or not int(found[1], 16) or not int(found[2], 16):
        return None
    return TraceContext(found[1], found[2], bool(int(found[3], 16) & 1))


def adopt(header: str | None) -> None:
    """Go on with the trace of a caller in all that this task still does; without one, outside of any trace."""
    _current.set(parse(header))


@contextmanager
def _within(context: TraceContext) -> Iterator[None]:
    token = _current.set(context)
    try:
        yield
    finally:
        _current.reset(token)
