"""What the commands of operators share: their output, and errors that become one line and exit code 1."""

from __future__ import annotations

import asyncio
import codecs
import io
import sys
import unicodedata
from collections.abc import Callable, Coroutine, Mapping
from typing import Any, NoReturn, TypeVar

import typer
from rich.console import Console
from sqlalchemy.exc import SQLAlchemyError
from typer.core import TyperGroup

from bot.core.errors import log_error
from bot.settings import SettingsError

T = TypeVar("T")
Line = str | Callable[[Any], str]
"""What an error is answered with: a line, or what makes one of the error."""

SHARED_ERRORS: dict[type[Exception], Line] = {
    SettingsError: str,
    SQLAlchemyError: lambda error: f"la base de données n’est pas utilisable (incident {log_error(error)})",
}
"""Errors that any command may meet."""


_PLAIN_SIGNS = str.maketrans(
    {"’": "'", "«": '"', "»": '"', "…": "...", "–": "-", "—": "-", "•": "-", "œ": "oe", "Œ": "OE", "\u00a0": " ", "\u202f": " "}
)
_PLAINLY = "plainly"
"""Error handler of codecs: a sign that a terminal's encoding lacks is written as the nearest one of a keyboard."""


class CommandGroup(TyperGroup):
    """The commands, help and all, in whatever encoding the terminal has: French signs that it lacks stop none of them."""

    def main(self, *args: Any, **kwargs: Any) -> Any:
        """Run the command of the arguments."""
        for stream in (sys.stdout, sys.stderr):
            if isinstance(stream, io.TextIOWrapper) and not stream.encoding.lower().startswith("utf"):
                stream.reconfigure(errors=_PLAINLY)
        return super().main(*args, **kwargs)


def _write_plainly(error: UnicodeError) -> tuple[str, int]:
    if not isinstance(error, UnicodeEncodeError):
        raise error
    signs = unicodedata.normalize("NFKD", error.object[error.start : error.end].translate(_PLAIN_SIGNS))
    return "".join(sign if sign.isascii() else "?" for sign in signs if not unicodedata.combining(sign)), error.end


codecs.register_error(_PLAINLY, _write_plainly)


def say(*content: Any) -> None:
    """Print lines or tables."""
    _console().print(*content)


def fail(command: str, message: str) -> NoReturn:
    """Print one line on stderr, and end with exit code 1."""
    _console(stderr=True).print(f"bot {command}: {message}")
    raise typer.Exit(1)


def run_command(command: str, work: Coroutine[Any, Any, T], errors: Mapping[type[Exception], Line]) -> T:
    """Return what `work` returns; the first of `errors`, then of the shared ones, that fits what it raises becomes its line."""
    errors = {**errors, **SHARED_ERRORS}
    try:
        return asyncio.run(work)
    except tuple(errors) as error:
        line = next(line for kind, line in errors.items() if isinstance(error, kind))
        fail(command, line if isinstance(line, str) else line(error))


def _console(*, stderr: bool = False) -> Console:
    # Made for each use, since the streams may have been replaced since the import. What users wrote is never read as markup.
    return Console(stderr=stderr, highlight=False, markup=False, soft_wrap=True)
