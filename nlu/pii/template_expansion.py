"""Filling of templates: choices are drawn, values put in, and each piece keeps what it is."""

from __future__ import annotations

import random
from collections.abc import Callable

from nlu.corpus.templates import draw_choices

Piece = tuple[str, str | None]
"""A stretch of text and its label, None for plain words."""
Draw = Callable[[str], Piece]
"""Returns a value for a slot, with its label. Raises KeyError for an unknown slot."""


def fill(template: str, draw: Draw, rng: random.Random) -> list[Piece]:
    r"""Return the pieces of `template`: `(a|b)` is a choice, which may hold others, `{x}` a value, `\(` a bracket.

    Raises:
        KeyError: a slot is unknown.
    """
    return [draw(slot) if slot else (literal, None) for slot, literal in draw_choices(template, rng)]
