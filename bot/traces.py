"""Switches traces on for a process, where its settings say so."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from bot.settings import Settings


@contextmanager
def traced(settings: Settings, service: str) -> Iterator[None]:
    """Send the spans of what is done within, if OTEL_TRACES_EXPORTER says so; what is left is sent at the end."""
    if settings.traces == "none":
        yield
        return
    from bot.core import otlp  # what is off costs no import

    stop = otlp.start(service)
    try:
        yield
    finally:
        stop()
