"""The trace that a turn belongs to passes through Rasa; its logs are objects of the bot's form, and hold no more than as text."""

from __future__ import annotations

import io
import json
import logging

import pytest
import structlog

from nlu import trace_context
from nlu.log_redaction import JsonFormatter, RedactingFilter, configure_logging

TRACE, SPAN = "4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7"


@pytest.fixture
def written(monkeypatch: pytest.MonkeyPatch) -> io.StringIO:
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    monkeypatch.setattr(logging.getLogger(), "handlers", [handler])
    monkeypatch.setenv("LOG_FORMAT", "json")
    configure_logging()
    return stream


def test_a_trace_is_passed_on_as_it_came() -> None:
    trace_context.adopt(f"00-{TRACE}-{SPAN}-01")
    assert trace_context.headers() == {"traceparent": f"00-{TRACE}-{SPAN}-01"}
    assert trace_context.trace_id() == TRACE


@pytest.mark.parametrize("header", [None, "", "Jeanne Durand", f"00-{TRACE}-{SPAN}-01\r\nX: y", f"00-{TRACE.upper()}-{SPAN}-01"])
def test_anything_else_is_no_trace_and_ends_the_one_before(header: str | None) -> None:
    trace_context.adopt(f"00-{TRACE}-{SPAN}-01")
    trace_context.adopt(header)
    assert (trace_context.headers(), trace_context.trace_id()) == ({}, "")


def test_a_structured_line_keeps_its_safe_keys_alone(written: io.StringIO) -> None:
    trace_context.adopt(f"00-{TRACE}-{SPAN}-01")
    structlog.get_logger("rasa.core").error("action.failed", action_name="action_x", text="Jeanne Durand", slot_value="SPH-2024-000137")
    line = json.loads(written.getvalue())
    assert (line["message"], line["action_name"], line["level"], line["trace_id"]) == ("action.failed", "action_x", "ERROR", TRACE)
    assert "Durand" not in written.getvalue()
    assert "SPH" not in written.getvalue()


def test_an_exception_is_its_frames_and_class(written: io.StringIO) -> None:
    name = "Jeanne Durand"
    try:
        raise ValueError(name)
    except ValueError:
        logging.getLogger("rasa.x").exception("in a\nlibrary")
    line = json.loads(written.getvalue())
    assert line["error"].endswith("builtins.ValueError")
    assert "Durand" not in written.getvalue()


def test_what_only_looks_structured_is_text() -> None:
    record = logging.LogRecord("rasa", logging.INFO, "", 0, "{not json", (), None)
    RedactingFilter().filter(record)
    assert json.loads(JsonFormatter().format(record))["message"] == "{not json"
