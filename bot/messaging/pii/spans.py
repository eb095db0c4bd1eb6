"""Where a text identifies an usager, and what is put in its place."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

NAME, BIRTH = "usager_name", "birth_date"
ADDRESS, PHONE, MAIL, NUMBER = "address", "phone", "email", "number"
MASKS = {
    NAME: "[usager]",
    BIRTH: "[date de naissance]",
    ADDRESS: "[adresse]",
    PHONE: "[téléphone]",
    MAIL: "[e-mail]",
    NUMBER: "[numéro]",
}
"""What stands in the place of each entity."""


@dataclass(frozen=True)
class Span:
    """A part of a text that identifies an usager: code points from `start` to before `end`, and the entity that it is."""

    start: int
    end: int
    entity: str


def merge_spans(spans: Iterable[Span]) -> list[Span]:
    """Return the spans in order, overlapping ones joined under the entity of the first."""
    joined: list[Span] = []
    for span in sorted(spans, key=lambda span: (span.start, -span.end)):
        if joined and span.start < joined[-1].end:
            joined[-1] = Span(joined[-1].start, max(joined[-1].end, span.end), joined[-1].entity)
        else:
            joined.append(span)
    return joined


def mask_text(text: str, spans: Sequence[Span]) -> str:
    """Return `text` with each span replaced by the mask of its entity."""
    for span in sorted(spans, key=lambda span: -span.start):
        text = text[: span.start] + MASKS[span.entity] + text[span.end :]
    return text
