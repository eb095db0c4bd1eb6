"""Values in paths, queries and forms."""

from __future__ import annotations

MAX_DIGITS = 18
"""Of an id that a 64-bit column holds."""


def parse_id(text: str, max_digits: int = MAX_DIGITS) -> int | None:
    """Return an id written in ASCII digits; None for anything else."""
    return int(text) if text.isascii() and text.isdecimal() and len(text) <= max_digits else None
