"""Logging of internal errors: once, under an id that the user is given, without any data in the log.

An exception's message may quote the value that caused it (a name, an address, a row of the database), so
only its class and its places in the code are written.
"""

from __future__ import annotations

import json
import logging
import secrets
import traceback
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType

from bot.core import tracing
from bot.core.metrics import Count

_log = logging.getLogger("bot.core.errors")
ERRORS = Count("sphere_errors", "Errors that the log holds under an id, whether or not they were tried again.")
_MAX_FRAMES = 8
"""Number of innermost frames kept of each error: enough to find the place."""


def log_error(error: BaseException, doing: str = "") -> str:
    """Log `error` under a new id such as `E-9F3A61C0`, short enough to be read out on the phone, and return the id.

    Args:
        error: the exception; its message is not logged.
        doing: a fixed phrase saying what was being done ("answering a turn"); it must hold no data.
    """
    ERRORS.add()
    error_id = f"E-{secrets.token_hex(4).upper()}"
    _log.error("%s%s: %s", error_id, f" {doing}" if doing else "", describe(error))
    return error_id


def describe(error: BaseException) -> str:
    """Return class and innermost frames (`file:line function`) of `error` and of up to three causes; never their messages."""
    parts: list[str] = []
    cause: BaseException | None = error
    while cause is not None and len(parts) < 4:
        frames = traceback.extract_tb(cause.__traceback__)[-_MAX_FRAMES:]
        places = " < ".join(f"{_place(frame.filename)}:{frame.lineno} {frame.name}" for frame in reversed(frames))
        parts.append(f"{type(cause).__module__}.{type(cause).__qualname__} at {places or 'no frame'}")
        cause = cause.__cause__ or (None if cause.__suppress_context__ else cause.__context__)
    return " caused by ".join(parts)


def _place(filename: str) -> str:
    return "/".join(Path(filename).parts[-2:])


class SafeFormatter(logging.Formatter):
    """Formats one line per record; an exception logged by any code (libraries too) is written without its message."""

    def __init__(self) -> None:
        super().__init__("%(asctime)s %(levelname)s %(name)s %(message)s", "%Y-%m-%dT%H:%M:%S%z")

    def formatException(self, ei: tuple[type[BaseException], BaseException, TracebackType | None] | tuple[None, None, None]) -> str:
        """Return class and frames instead of the traceback with its message."""
        return describe(ei[1]) if ei[1] is not None else "no exception"


class JsonFormatter(SafeFormatter):
    """Formats a record as a JSON object on one line, with the trace that it belongs to; nothing of a record but what text has too."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the object: `at` (UTC), `level`, `logger`, `message`, and `error` and `trace_id` where there are any."""
        at = datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds")
        message = record.getMessage()
        if record.name == "py.warnings":  # file, line and class; its text may quote what it warns of
            message = ": ".join(message.partition("\n")[0].split(": ")[:2])
        line = {"at": at, "level": record.levelname, "logger": record.name, "message": message}
        if record.exc_info:
            line["error"] = self.formatException(record.exc_info)
        if (trace := tracing.current()) is not None:
            line["trace_id"] = trace.trace_id
        return json.dumps(line, ensure_ascii=False)


def configure_logging(level: int = logging.INFO, form: str = "text") -> None:
    """Configure the log of the process: lines on standard error, and silence for libraries that would write addresses or texts.

    `form`: `text`, or `json` (`JsonFormatter`).
    """
    handler = logging.StreamHandler()
    handler.setFormatter(JsonFormatter() if form == "json" else SafeFormatter())
    logging.captureWarnings(form == "json")  # each line is an object
    logging.basicConfig(level=level, handlers=[handler], force=True)
    # httpx writes whole URLs at INFO (a search's parameters are people's names), sse_starlette each chunk at DEBUG.
    for name in ("httpx", "httpcore", "sse_starlette", "aiosqlite", "sqlalchemy", "aiosmtpd", "mail.log"):
        logging.getLogger(name).setLevel(logging.WARNING)
    logging.getLogger("uvicorn.access").disabled = True
