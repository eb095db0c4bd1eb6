"""Settings of what operators see: metrics, traces, logs (docs/dev/observability.md)."""

from __future__ import annotations

from typing import Literal

from pydantic import Field, SecretStr
from pydantic_settings import BaseSettings


class ObservabilitySettings(BaseSettings):
    """Part of `bot.settings.Settings`. Those of OpenTelemetry have its own names, and more of them are read by its SDK."""

    metrics_token: SecretStr | None = Field(
        None,
        alias="METRICS_TOKEN",
        min_length=16,
        description="Bearer token for /metrics of bot and action server; none: only from this machine, and not where PUBLIC_URL is set.",
    )
    log_format: Literal["text", "json"] = Field(
        "text", alias="LOG_FORMAT", description="Form of the logs of bot, action server and Rasa; `json`: an object a line."
    )
    traces: Literal["none", "otlp"] = Field(
        "none",
        alias="OTEL_TRACES_EXPORTER",
        description="`otlp`: bot and action server send traces to OTEL_EXPORTER_OTLP_ENDPOINT.",
    )
    otlp_headers: SecretStr | None = Field(
        None, alias="OTEL_EXPORTER_OTLP_HEADERS", description="Headers for that collector, as OpenTelemetry has them: `name=value,…`."
    )
