"""Spans sent to a collector by OTLP/HTTP: the one module that imports OpenTelemetry, and only where traces are switched on.

Addresses, headers and sampling are those of OpenTelemetry's own variables (`OTEL_EXPORTER_OTLP_ENDPOINT`, `OTEL_TRACES_SAMPLER`, …), which
its SDK reads. An exception is kept by its class alone: its message may quote what caused it.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager

from opentelemetry import trace
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.trace import NonRecordingSpan, Span, SpanContext, SpanKind, Status, StatusCode, TraceFlags

from bot.core.tracing import Kind, Recorded, TraceContext, record_by

_KINDS: dict[Kind, SpanKind] = {
    "internal": SpanKind.INTERNAL,
    "server": SpanKind.SERVER,
    "client": SpanKind.CLIENT,
    "producer": SpanKind.PRODUCER,
}


_Begun = tuple[TraceContext, Recorded]


class _Noted:
    def __init__(self, span: Span) -> None:
        self._span = span

    def note(self, attribute: str, value: str) -> None:
        self._span.set_attribute(attribute, value)


def start(service: str) -> Callable[[], None]:
    """Record the spans of this process from now on; return what sends the rest and stops.

    `service`: its name, unless `OTEL_SERVICE_NAME` gives one.
    """
    names = {} if os.environ.get("OTEL_SERVICE_NAME") else {"service.name": service}
    provider = TracerProvider(resource=Resource.create({"service.namespace": "sphere", **names}), shutdown_on_exit=False)
    provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))
    tracer = provider.get_tracer("sphere")

    @contextmanager
    def record(name: str, kind: Kind, parent: TraceContext | None, attributes: Mapping[str, str]) -> Iterator[_Begun]:
        above = NonRecordingSpan(_span_context(parent)) if parent is not None else trace.INVALID_SPAN
        context = trace.set_span_in_context(above)
        span = tracer.start_span(name, context=context, kind=_KINDS[kind], attributes=dict(attributes), record_exception=False)
        own = span.get_span_context()
        try:
            yield TraceContext(f"{own.trace_id:032x}", f"{own.span_id:016x}", own.trace_flags.sampled), _Noted(span)
        except BaseException as error:
            span.set_attribute("error.type", type(error).__name__)
            span.set_status(Status(StatusCode.ERROR))
            raise
        finally:
            span.end()

    record_by(record)

    def stop() -> None:
        record_by(None)
        provider.shutdown()

    return stop


def _span_context(parent: TraceContext) -> SpanContext:
    flags = TraceFlags(TraceFlags.SAMPLED if parent.sampled else TraceFlags.DEFAULT)
    return SpanContext(int(parent.trace_id, 16), int(parent.span_id, 16), is_remote=True, trace_flags=flags)
