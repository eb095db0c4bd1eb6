"""What an extractor finds in a text."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class EntityMatch:
    """A span of the user's text, `text[start:end]` in code points, that is an `entity` whose `value` is normalised."""

    entity: str
    start: int
    end: int
    value: str
