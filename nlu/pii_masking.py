"""Masking of what identifies an usager in an understood message, before anything of it is stored.

The message is understood as it was typed; the tracker, and whoever reads it, gets the masked one.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

PLACEHOLDERS = {"usager_name": "[usager]", "birth_date": "[date de naissance]"}
"""The entities that identify an usager, and what stands in their place."""
_KEPT_KEYS = ("intent", "intent_ranking", "response_selector", "message_id", "metadata")
"""The parse data that is kept beside text and entities; none of it quotes the text."""
_KEPT_ENTITY_KEYS = ("start", "end", "entity", "value", "extractor", "confidence_entity")


@dataclass(frozen=True)
class Mask:
    """A span of the text to be masked, in code points, and its entity."""

    start: int
    end: int
    entity: str


def is_masked(text: str) -> bool:
    """Return whether a text holds a placeholder."""
    return any(placeholder in text for placeholder in PLACEHOLDERS.values())


def mask_parse_data(text: str, parse_data: Mapping[str, Any], known: Sequence[Mask]) -> tuple[str, dict[str, Any]]:
    """Return the masked text and the parse data that goes with it.

    Args:
        text: the message as it was typed.
        parse_data: what Rasa understood of `text`.
        known: spans that are known to identify an usager; an entity that overlaps one is dropped for it.
    """
    found = [
        Mask(e["start"], e["end"], e["entity"])
        for e in parse_data["entities"]
        if e["entity"] in PLACEHOLDERS and e.get("start") is not None
    ]
    masks = _merge([*known, *(mask for mask in found if not _overlaps(mask, known))])
    masks = _merge([*masks, *_find_repetitions(text, masks)])
    pieces: list[str] = []
    entities: list[dict[str, Any]] = []
    position = length = 0
    shifts: list[tuple[int, int]] = []
    for mask in masks:
        before, placeholder = text[position : mask.start], PLACEHOLDERS[mask.entity]
        pieces += [before, placeholder]
        start = length + len(before)
        end = start + len(placeholder)
        entities.append({"entity": mask.entity, "start": start, "end": end, "value": placeholder, "extractor": "mask"})
        length, position = end, mask.end
        shifts.append((mask.end, length - mask.end))
    pieces.append(text[position:])
    for entity in parse_data["entities"]:
        if entity.get("start") is None or _overlaps(Mask(entity["start"], entity["end"], ""), masks):
            continue
        shift = next((by for end, by in reversed(shifts) if entity["start"] >= end), 0)
        kept = {name: entity[name] for name in _KEPT_ENTITY_KEYS if name in entity}
        entities.append(kept | {"start": entity["start"] + shift, "end": entity["end"] + shift})
    masked_data = {name: parse_data[name] for name in _KEPT_KEYS if name in parse_data}
    masked_text = "".join(pieces)
    return masked_text, masked_data | {"text": masked_text, "entities": sorted(entities, key=lambda entity: entity["start"])}


def _find_repetitions(text: str, masks: Sequence[Mask]) -> list[Mask]:
    """Return where the words of a mask stand again: « Mme Durand… oui Durand »."""
    repetitions = []
    for mask in masks:
        words = text[mask.start : mask.end].strip()
        if len(words) > 2:
            pattern = rf"(?<!\w){re.escape(words)}(?!\w)"
            repetitions += [Mask(*found.span(), mask.entity) for found in re.finditer(pattern, text, re.IGNORECASE)]
    return repetitions


def _overlaps(mask: Mask, others: Sequence[Mask]) -> bool:
    return any(mask.start < other.end and other.start < mask.end for other in others)


def _merge(masks: Sequence[Mask]) -> list[Mask]:
    """Return the masks in order, overlapping ones as one with the first one's entity."""
    merged: list[Mask] = []
    for mask in sorted(masks, key=lambda mask: (mask.start, -mask.end)):
        if merged and mask.start < merged[-1].end:
            merged[-1] = Mask(merged[-1].start, max(merged[-1].end, mask.end), merged[-1].entity)
        else:
            merged.append(mask)
    return merged
