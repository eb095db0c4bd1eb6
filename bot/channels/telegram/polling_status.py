"""Whether Telegram's long polling works, why not and since when: for the health report and the metrics."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime

from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector
from telegram.error import (
    BadRequest,
    Conflict,
    EndPointNotFound,
    Forbidden,
    InvalidToken,
    NetworkError,
    RetryAfter,
    TelegramError,
    TimedOut,
)

from bot.core.clock import Clock

LINE = "telegram_polling"
"""Name of the line in the health report."""
_REASONS: tuple[tuple[type[TelegramError], str], ...] = (
    # The library asks an endpoint by its name, and calls a token that Telegram refuses (401) an endpoint that is not found.
    (InvalidToken, "token_refused"),
    (EndPointNotFound, "token_refused"),
    (Forbidden, "token_refused"),
    (Conflict, "conflict"),
    (RetryAfter, "slowed_down"),
    (TimedOut, "network"),
    (BadRequest, "refused"),  # a NetworkError for the library
    (NetworkError, "network"),
)
REASONS = ("token_refused", "conflict", "slowed_down", "network", "refused", "not_stored")
"""Why polling fails: 401; 409, another process or a webhook takes the updates; 429; unreachable, or 5xx; another refusal; the updates
came and could not be stored."""


class PollingStatus:
    """What became of the last poll."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self.reason: str | None = None
        """One of `REASONS`; None while polling works."""
        self.since: datetime | None = None
        """Of the first failure in a row."""

    def worked(self) -> None:
        """Note that updates were fetched and stored."""
        self.reason = self.since = None

    def failed(self, error: Exception) -> None:
        """Note a failure; the first in a row says since when."""
        self.reason = next((reason for kind, reason in _REASONS if isinstance(error, kind)), "not_stored")
        if isinstance(error, TelegramError) and self.reason == "not_stored":
            self.reason = "refused"
        self.since = self.since or self._clock.now()

    def health_lines(self) -> Mapping[str, str]:
        """Return the line of the health report: `ok`, or the reason and since when."""
        if self.reason is None or self.since is None:
            return {LINE: "ok"}
        return {LINE: f"{self.reason} since {self.since:%Y-%m-%dT%H:%M:%SZ}"}

    def collector(self) -> Collector:
        """Return the metric of this moment."""
        seconds = (self._clock.now() - self.since).total_seconds() if self.since is not None else 0.0
        return _PollingCollector(self.reason, max(0.0, seconds))


class _PollingCollector(Collector):
    def __init__(self, reason: str | None, seconds: float) -> None:
        self._reason, self._seconds = reason, seconds

    def collect(self) -> Iterator[GaugeMetricFamily]:
        """Yield how long polling has been failing, by reason: 0 for the reasons that it does not fail for."""
        failing = GaugeMetricFamily(
            "sphere_telegram_polling_failing_seconds", "How long Telegram's long polling has been failing, by reason.", labels=["reason"]
        )
        for reason in REASONS:
            failing.add_metric([reason], self._seconds if reason == self._reason else 0.0)
        yield failing
