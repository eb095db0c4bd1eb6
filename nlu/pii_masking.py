"""Takes out of an understood message what identifies an usager, before anything of it is kept.

The message is understood as it was typed; the tracker, and whoever reads it, gets the masked one.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

PLACEHOLDERS = {"usager_name": "[usager]", "birth_date": "[date de naissance]"}
"""Entities that identify an usager, and what stands in their place."""
_KEPT = ("intent", "intent_ranking", "response_selector", "message_id", "metadata")
"""What is kept of a reading beside text and entities: none of it quotes the text."""
_SAFE = ("start", "end", "entity", "value", "extractor", "confidence_entity")


@dataclass(frozen=True)
class Mask:
    """A part of the text to be masked, in code points, as the entity that it is."""

    start: int
    end: int
    entity: str


def is_masked(text: str) -> bool:
    """Whether a text holds a mask."""
    return any(mask in text for mask in PLACEHOLDERS.values())


def mask_parse_data(text: str, reading: Mapping[str, Any], known: Sequence[Mask]) -> tuple[str, dict[str, Any]]:
    """The masked text and the reading that goes with it.

    Args:
        reading: what Rasa understood of `text` (its `parse_data`).
        known: parts that are known to identify an usager; an entity that overlaps one gives way to it.
    """
    found = [
        Mask(e["start"], e["end"], e["entity"]) for e in reading["entities"] if e["entity"] in PLACEHOLDERS and e.get("start") is not None
    ]
    masks = _joined([*known, *(mask for mask in found if not _overlaps(mask, known))])
    masks = _joined([*masks, *_repeated(text, masks)])
    pieces: list[str] = []
    entities: list[dict[str, Any]] = []
    at = length = 0
    shifts: list[tuple[int, int]] = []
    for mask in masks:
        before, shown = text[at : mask.start], PLACEHOLDERS[mask.entity]
        pieces += [before, shown]
        start = length + len(before)
        entities.append({"entity": mask.entity, "start": start, "end": start + len(shown), "value": shown, "extractor": "mask"})
        length, at = start + len(shown), mask.end
        shifts.append((mask.end, length - mask.end))
    pieces.append(text[at:])
    for entity in reading["entities"]:
        if entity.get("start") is None or any(_overlaps(Mask(entity["start"], entity["end"], ""), [mask]) for mask in masks):
            continue
        shift = next((by for end, by in reversed(shifts) if entity["start"] >= end), 0)
        kept = {name: entity[name] for name in _SAFE if name in entity}
        entities.append(kept | {"start": entity["start"] + shift, "end": entity["end"] + shift})
    masked = {name: reading[name] for name in _KEPT if name in reading}
    whole = "".join(pieces)
    return whole, masked | {"text": whole, "entities": sorted(entities, key=lambda entity: entity["start"])}


def _repeated(text: str, masks: Sequence[Mask]) -> list[Mask]:
    """Where the words of a mask stand again: « Mme Durand… oui Durand »."""
    again = []
    for mask in masks:
        words = text[mask.start : mask.end].strip()
        if len(words) > 2:
            pattern = rf"(?<!\w){re.escape(words)}(?!\w)"
            again += [Mask(*found.span(), mask.entity) for found in re.finditer(pattern, text, re.IGNORECASE)]
    return again


def _overlaps(mask: Mask, others: Sequence[Mask]) -> bool:
    return any(mask.start < other.end and other.start < mask.end for other in others)


def _joined(masks: Sequence[Mask]) -> list[Mask]:
    joined: list[Mask] = []
    for mask in sorted(masks, key=lambda mask: (mask.start, -mask.end)):
        if joined and mask.start < joined[-1].end:
            joined[-1] = Mask(joined[-1].start, max(joined[-1].end, mask.end), joined[-1].entity)
        else:
            joined.append(mask)
    return joined
