"""The trace that a turn belongs to (W3C Trace Context): taken from the gateway's request, named in logs, passed on to the action server.

Rasa records no spans of its own: its time is what the gateway's span of the request lasts beyond those of the actions.
"""

from __future__ import annotations

import re
from contextvars import ContextVar

HEADER = "traceparent"
_PATTERN = re.compile(r"00-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}")
_current: ContextVar[str] = ContextVar("traceparent", default="")


def adopt(header: str | None) -> None:
    """Take the request's trace for what this task does from here on; anything else than W3C's form is as good as none."""
    _current.set(header if header and _PATTERN.fullmatch(header) else "")


def headers() -> dict[str, str]:
    """Return the header for a request that belongs to the same trace; nothing outside of one."""
    return {HEADER: _current.get()} if _current.get() else {}


def trace_id() -> str:
    """Return the id of the trace, 32 hexadecimal digits; empty outside of one."""
    return _current.get()[3:35]
