"""Logs of the Rasa server that never hold what was said.

Rasa writes user texts, entity and slot values in its structured debug lines, action answers in exception messages, and slot
values in Python warnings. So: structured lines keep a few harmless keys, tracebacks keep their frames and the exception's
type but not its message, captured warnings keep their category.
"""

from __future__ import annotations

import logging
import traceback
from collections.abc import Mapping, MutableMapping
from typing import Any

import structlog

_HARMLESS = frozenset({"event", "level", "action_name", "form_name", "slot_name", "len_extraction_events", "id"})


def drop_unsafe_keys(_: Any, __: str, event: MutableMapping[str, Any]) -> Mapping[str, Any]:
    """A structlog processor that drops every key that is not known to be free of user data."""
    return {key: value for key, value in event.items() if key in _HARMLESS}


class RedactingFilter(logging.Filter):
    """Strips exception messages and captured warnings of a record; lets every record pass."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Changes `record` in place."""
        if record.exc_info and record.exc_info[0] is not None:
            record.exc_text = _frames(record.exc_info[1])
            record.exc_info = None
        if record.name == "py.warnings":
            record.msg, record.args = "a Python warning (text withheld)", ()
        return True


def _frames(error: BaseException | None) -> str:
    """Where `error` and what caused it were raised, and their types; the causes first."""
    parts: list[str] = []
    while error is not None:
        lines = "".join(traceback.format_list(traceback.extract_tb(error.__traceback__)))
        parts.append(f"{lines}{type(error).__module__}.{type(error).__qualname__}")
        error = error.__cause__ or error.__context__
    return "\n".join(reversed(parts))


def configure_logging() -> None:
    """Applies both to this process; call after Rasa configured its own, before the first message."""
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
    without_content = RedactingFilter()
    names = ["", "sanic.root", "sanic.error", "sanic.access", "py.warnings", "rasa"]
    for logger in (logging.getLogger(name) for name in names):
        for handler in logger.handlers:
            handler.addFilter(without_content)
    # Their debug lines hold texts and whole trackers, whatever level the command line asks for.
    for name in ("rasa", "aiosqlite", "sqlalchemy", "matplotlib", "asyncio"):
        if logging.getLogger(name).getEffectiveLevel() < logging.INFO:
            logging.getLogger(name).setLevel(logging.INFO)
