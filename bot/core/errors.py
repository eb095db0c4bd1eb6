"""Errors that are ours: logged once, under an id that the user is told, without any value in the log.

An exception's message may quote what it choked on (a name, an address, a row of the database), so
only its class and the places in the code that it went through are written.
"""

from __future__ import annotations

import logging
import secrets
import traceback
from pathlib import Path
from types import TracebackType

_log = logging.getLogger("bot.core.errors")
_DEEPEST = 8
"""Frames kept of each error, the innermost ones: enough to find the place."""


def log_error(error: BaseException, doing: str = "") -> str:
    """Log `error` under a fresh id such as `E-9F3A61C0`, short enough to be read out on the phone, and give the id.

    Args:
        doing: a fixed phrase saying what was being done ("answering a turn"); it must hold no data.
    """
    error_id = f"E-{secrets.token_hex(4).upper()}"
    _log.error("%s%s: %s", error_id, f" {doing}" if doing else "", describe(error))
    return error_id


def describe(error: BaseException) -> str:
    """Class and innermost frames (`file:line function`) of `error` and of its causes; never their messages."""
    parts: list[str] = []
    cause: BaseException | None = error
    while cause is not None and len(parts) < 4:
        frames = traceback.extract_tb(cause.__traceback__)[-_DEEPEST:]
        places = " < ".join(f"{_place(frame.filename)}:{frame.lineno} {frame.name}" for frame in reversed(frames))
        parts.append(f"{type(cause).__module__}.{type(cause).__qualname__} at {places or 'no frame'}")
        cause = cause.__cause__ or (None if cause.__suppress_context__ else cause.__context__)
    return " caused by ".join(parts)


def _place(filename: str) -> str:
    return "/".join(Path(filename).parts[-2:])


class SafeFormatter(logging.Formatter):
    """One line a record; an exception logged by anybody (a library too) is written without its message."""

    def __init__(self) -> None:
        super().__init__("%(asctime)s %(levelname)s %(name)s %(message)s", "%Y-%m-%dT%H:%M:%S%z")

    def formatException(self, ei: tuple[type[BaseException], BaseException, TracebackType | None] | tuple[None, None, None]) -> str:
        """Class and frames instead of the traceback with its message."""
        return describe(ei[1]) if ei[1] is not None else "no exception"


def configure_logging(level: int = logging.INFO) -> None:
    """Log of the process: simple lines on standard error; libraries that would write addresses or texts are kept quiet."""
    handler = logging.StreamHandler()
    handler.setFormatter(SafeFormatter())
    logging.basicConfig(level=level, handlers=[handler], force=True)
    # httpx writes whole URLs at INFO (a search's parameters are people's names), sse_starlette each chunk at DEBUG.
    for name in ("httpx", "httpcore", "sse_starlette", "aiosqlite", "sqlalchemy", "aiosmtpd", "mail.log"):
        logging.getLogger(name).setLevel(logging.WARNING)
    logging.getLogger("uvicorn.access").disabled = True
