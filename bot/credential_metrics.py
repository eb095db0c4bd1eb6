"""When what the platform knows us by ends: our client certificate, or a token that says its own end."""

from __future__ import annotations

import asyncio
import base64
import binascii
import json
from collections.abc import Awaitable, Callable, Iterator, Mapping
from pathlib import Path

from cryptography import x509
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector

from bot.settings import Settings


def credential_collector(settings: Settings) -> Callable[[], Awaitable[Collector]]:
    """Return what reads the ends of credentials, from their files as they are now; what does not tell its end is left out."""

    async def read() -> Collector:
        return _CredentialCollector(await asyncio.to_thread(ends_of, settings))

    return read


def ends_of(settings: Settings) -> dict[str, float]:
    """Return the ends (seconds since 1970) by credential: `platform_certificate`, `platform_token`, `ror_certificate`."""
    token = settings.platform_token.get_secret_value() if settings.platform_token is not None else None
    ends = {
        "platform_certificate": _end_of_certificate(settings.platform_cert),
        "ror_certificate": _end_of_certificate(settings.ror_cert),
        "platform_token": _end_of_token(token),
    }
    return {name: end for name, end in ends.items() if end is not None}


def _end_of_certificate(file: Path | str | None) -> float | None:
    """Return the end of the first certificate of a PEM file; of a chain, ours stands first."""
    try:
        return x509.load_pem_x509_certificate(Path(file).read_bytes()).not_valid_after_utc.timestamp() if file else None
    except (OSError, ValueError):
        return None


def _end_of_token(token: str | None) -> float | None:
    """Return the end that a JWT says; its signature is the platform's business. None for another kind of token."""
    try:
        payload = (token or "").split(".")[1]
        return float(json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))["exp"])
    except (IndexError, KeyError, TypeError, ValueError, binascii.Error, RecursionError):
        return None


class _CredentialCollector(Collector):
    def __init__(self, ends: Mapping[str, float]) -> None:
        self._ends = ends

    def collect(self) -> Iterator[GaugeMetricFamily]:
        family = GaugeMetricFamily("sphere_credential_expires_timestamp_seconds", "When a credential of ours ends.", labels=["credential"])
        for name, end in self._ends.items():
            family.add_metric([name], end)
        yield family
