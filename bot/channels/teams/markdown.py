"""Escaping of plain text where an Adaptive Card reads Markdown: nothing that a user wrote becomes markup."""

from __future__ import annotations

import re

_INLINE = re.compile(r"[\\`*_\[\]<>~&|]|\{(?=\{)|(?<=\{)\{")
"""Emphasis, code, links, HTML, autolinks, strikethrough, entities, tables, and `{{DATE(…)}}`, which cards replace by a date."""
_BLOCK = re.compile(r"^(?:([#+\-=])|(\d{1,9})([.)]))")
"""What begins a heading, a list item, a rule or an underline."""


def escape(line: str) -> str:
    """Return one line as Markdown that shows the very same text.

    Only what would be markup is escaped: some clients show a needless backslash. Leading spaces, which would make it code, become
    no-break spaces.

    Raises:
        ValueError: there is more than one line.
    """
    if "\n" in line or "\r" in line:
        raise ValueError("one line at a time")
    stripped = line.lstrip(" \t")
    indent = "\u00a0" * (len(line) - len(stripped))
    escaped = _INLINE.sub(lambda found: "\\" + found[0], stripped)
    return indent + _BLOCK.sub(lambda found: f"\\{found[1]}" if found[1] else f"{found[2]}\\{found[3]}", escaped)
