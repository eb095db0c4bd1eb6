"""The header Retry-After (RFC 9110, 10.2.3): seconds, or an HTTP date."""

from __future__ import annotations

from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

import httpx

LONGEST_SECONDS = 4 * 3600.0
"""A server that asks for more is taken to ask for this."""


def retry_after_of(response: httpx.Response, now: datetime) -> float | None:
    """Return the seconds after which the server wants to be asked again; None where it does not say.

    A date is compared with the answer's own `Date`, where it has one: clocks of machines differ.
    """
    written = response.headers.get("Retry-After", "").strip()
    if written.isascii() and written.isdigit():
        return min(float(written[:9]), LONGEST_SECONDS)
    at = _instant(written)
    if at is None:
        return None
    asked_at = _instant(response.headers.get("Date", "")) or now
    return min(max((at - asked_at).total_seconds(), 0.0), LONGEST_SECONDS)


def _instant(written: str) -> datetime | None:
    try:
        at = parsedate_to_datetime(written)
    except (ValueError, TypeError, IndexError):
        return None
    return at if at.tzinfo is not None else at.replace(tzinfo=UTC)
