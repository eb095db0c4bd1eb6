"""Redaction of the Rasa server's logs, so that they never hold what users said.

Rasa writes user texts, entity values and slot values in its structured debug lines, action answers in exception messages, and slot
values in Python warnings. Structured lines therefore keep only a few safe keys, tracebacks keep their frames and the exception's type
without its message, and captured warnings lose their text.
"""

from __future__ import annotations

import json
import logging
import os
import traceback
from collections.abc import Mapping, MutableMapping
from datetime import UTC, datetime
from typing import Any

import structlog

from nlu import trace_context

_SAFE_KEYS = frozenset({"event", "level", "action_name", "form_name", "slot_name", "len_extraction_events", "id"})


def drop_unsafe_keys(_: Any, __: str, event: MutableMapping[str, Any]) -> Mapping[str, Any]:
    """Drop every key that is not known to be free of user data (a structlog processor)."""
    return {key: value for key, value in event.items() if key in _SAFE_KEYS}


class RedactingFilter(logging.Filter):
    """Removes exception messages and captured warnings from a record; lets every record pass."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Redact `record` in place and return True."""
        if record.exc_info and record.exc_info[0] is not None:
            record.exc_text = _format_frames(record.exc_info[1])
            record.exc_info = None
        if record.name == "py.warnings":
            record.msg, record.args = "a Python warning (text withheld)", ()
        return True


class JsonFormatter(logging.Formatter):
    """Formats a record, which `RedactingFilter` has seen, as a JSON object on one line: the members of the bot's own logs."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the object; the safe keys of a structured line are members of it."""
        at = datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds")
        line: dict[str, Any] = {"at": at, "level": record.levelname, "logger": record.name, "message": record.getMessage()}
        try:
            structured = json.loads(line["message"]) if line["message"].startswith("{") else {}
        except ValueError:
            structured = {}
        if structured:
            line["message"] = structured.get("event", "")
            line |= {key: structured[key] for key in structured.keys() & (_SAFE_KEYS - {"event", "level"})}
        if record.exc_text:
            line["error"] = record.exc_text
        if trace := trace_context.trace_id():
            line["trace_id"] = trace
        return json.dumps(line, ensure_ascii=False, default=str)


def _format_frames(error: BaseException | None) -> str:
    """Return the frames and types of `error` and of what caused it, without their messages; the causes first."""
    parts: list[str] = []
    while error is not None:
        lines = "".join(traceback.format_list(traceback.extract_tb(error.__traceback__)))
        parts.append(f"{lines}{type(error).__module__}.{type(error).__qualname__}")
        error = error.__cause__ or error.__context__
    return "\n".join(reversed(parts))


def configure_logging() -> None:
    """Redact all logs of this process; call after Rasa has configured its own logging and before the first message."""
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            structlog.processors.add_log_level,
            drop_unsafe_keys,
            structlog.processors.JSONRenderer(),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=False,
    )
    redacting_filter = RedactingFilter()
    names = ["", "sanic.root", "sanic.error", "sanic.access", "py.warnings", "rasa"]
    for logger in (logging.getLogger(name) for name in names):
        for handler in logger.handlers:
            handler.addFilter(redacting_filter)
            if os.environ.get("LOG_FORMAT") == "json":
                handler.setFormatter(JsonFormatter())
    # Debug lines hold texts and whole trackers, so they stay off whatever level the command line asks for.
    for name in ("rasa", "aiosqlite", "sqlalchemy", "matplotlib", "asyncio"):
        if logging.getLogger(name).getEffectiveLevel() < logging.INFO:
            logging.getLogger(name).setLevel(logging.INFO)
