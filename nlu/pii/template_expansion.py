"""Filling of templates: choices are drawn, values put in, and each piece keeps what it is."""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Iterator

Piece = tuple[str, str | None]
"""A stretch of text and its label, None for plain words."""
Draw = Callable[[str], Piece]
"""Returns a value for a slot, with its label. Raises KeyError for an unknown slot."""
_TOKEN = re.compile(r"\\(?P<escaped>.)|\{(?P<slot>\w+)\}|(?P<sign>[(|)])|(?P<literal>[^\\{}(|)]+)")


def fill(template: str, draw: Draw, rng: random.Random) -> list[Piece]:
    r"""Return the pieces of `template`: `(a|b)` is a choice, which may hold others, `{x}` a value, `\(` a bracket.

    Raises:
        KeyError: a slot is unknown.
    """
    return [draw(slot) if slot else (literal, None) for slot, literal in _choose(template, rng)]


def _choose(template: str, rng: random.Random) -> Iterator[tuple[str, str]]:
    """Yield the (slot, literal) pairs of the branches that are drawn."""
    stack: list[list[list[tuple[str, str]]]] = [[[]]]
    for match in _TOKEN.finditer(template):
        sign = match["sign"]
        if sign == "(":
            stack.append([[]])
        elif sign == "|":
            stack[-1].append([])
        elif sign == ")":
            branches = stack.pop()
            stack[-1][-1] += rng.choice(branches)
        else:
            stack[-1][-1].append((match["slot"] or "", match["escaped"] or match["literal"] or ""))
    yield from stack[0][0]
