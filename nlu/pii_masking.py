"""Masking of what identifies an usager in an understood message, before anything of it is stored.

The message is understood as it was typed; the tracker, and whoever reads it, gets the masked one.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

PLACEHOLDERS = {
    "usager_name": "[usager]",
    "birth_date": "[date de naissance]",
    "address": "[adresse]",
    "phone": "[téléphone]",
    "email": "[e-mail]",
    "number": "[numéro]",
}
"""What identifies an usager, by kind, and what stands in its place."""
ENTITIES = ("usager_name", "birth_date")
"""The kinds that the model and the dialogue know as entities."""
_KEPT_KEYS = ("intent", "intent_ranking", "response_selector", "message_id", "metadata")
"""The parse data that is kept beside text and entities; none of it quotes the text."""
_KEPT_ENTITY_KEYS = ("start", "end", "entity", "value", "extractor", "confidence_entity")


@dataclass(frozen=True)
class Mask:
    """A span of the text to be masked, in code points, and its kind."""

    start: int
    end: int
    entity: str


def is_masked(text: str) -> bool:
    """Return whether a text holds a placeholder."""
    return any(placeholder in text for placeholder in PLACEHOLDERS.values())


def collect_masks(text: str, parse_data: Mapping[str, Any], known: Sequence[Mask], found: Sequence[Mask] = ()) -> list[Mask]:
    """Return what is masked in a text, in order and without overlap.

    Args:
        text: the message as it was typed.
        parse_data: what Rasa understood of `text`.
        known: spans that are known to identify an usager; an entity that overlaps one is dropped for it.
        found: spans that may identify an usager whom nobody knows.
    """
    found_entities = [e for e in _entities_of_text(parse_data) if e["entity"] in ENTITIES and e.get("start") is not None]
    read = [Mask(e["start"], e["end"], e["entity"]) for e in found_entities]
    masks = merge_masks([*known, *found, *(mask for mask in read if not _overlaps(mask, known))])
    return merge_masks([*masks, *_find_repetitions(text, masks)])


def mask_parse_data(
    text: str, parse_data: Mapping[str, Any], known: Sequence[Mask], found: Sequence[Mask] = ()
) -> tuple[str, dict[str, Any]]:
    """Return the masked text and the parse data that goes with it; the arguments are those of `collect_masks`."""
    masks = collect_masks(text, parse_data, known, found)
    masked_text, entities = _apply_masks(text, _entities_of_text(parse_data), masks)
    masked_data = {name: parse_data[name] for name in _KEPT_KEYS if name in parse_data}
    if "said" in parse_data:
        words = [(text[mask.start : mask.end], mask.entity) for mask in masks]
        masked_data["said"], entities = _mask_part(parse_data["said"], parse_data["entities"], words)
    _mask_acts(text, parse_data, masks, masked_data)
    return masked_text, masked_data | {"text": masked_text, "entities": entities}


def _entities_of_text(parse_data: Mapping[str, Any]) -> Sequence[Mapping[str, Any]]:
    """Return the entities whose offsets count in the whole text: those of an act count in its own words."""
    entities: Sequence[Mapping[str, Any]] = parse_data.get("read_entities", parse_data["entities"])
    return entities


def _apply_masks(text: str, read: Sequence[Mapping[str, Any]], masks: Sequence[Mask]) -> tuple[str, list[dict[str, Any]]]:
    """Return a text with its masks applied, and the entities of it that are left, with those of the masks."""
    pieces: list[str] = []
    entities: list[dict[str, Any]] = []
    position = length = 0
    shifts: list[tuple[int, int]] = []
    for mask in masks:
        before, placeholder = text[position : mask.start], PLACEHOLDERS[mask.entity]
        pieces += [before, placeholder]
        start = length + len(before)
        end = start + len(placeholder)
        if mask.entity in ENTITIES:
            entities.append({"entity": mask.entity, "start": start, "end": end, "value": placeholder, "extractor": "mask"})
        length, position = end, mask.end
        shifts.append((mask.end, length - mask.end))
    pieces.append(text[position:])
    for entity in read:
        if entity.get("start") is None or _overlaps(Mask(entity["start"], entity["end"], ""), masks):
            continue
        shift = next((by for end, by in reversed(shifts) if entity["start"] >= end), 0)
        kept = {name: entity[name] for name in _KEPT_ENTITY_KEYS if name in entity}
        entities.append(kept | {"start": entity["start"] + shift, "end": entity["end"] + shift})
    return "".join(pieces), sorted(entities, key=lambda entity: entity["start"])


def _mask_acts(text: str, parse_data: Mapping[str, Any], masks: Sequence[Mask], masked_data: dict[str, Any]) -> None:
    """Add what the acts of a message say to its masked data: their own words hold no word that is masked in the message."""
    words = [(text[mask.start : mask.end], mask.entity) for mask in masks]
    if "says" in parse_data:
        masked_data["says"] = _mask_says(parse_data["says"], words)
    agenda = []
    for act in parse_data.get("agenda", ()):
        said, entities = _mask_part(act["text"], act["entities"], words)
        agenda.append({**act, "text": said, "entities": entities, "says": _mask_says(act["says"], words)})
    if agenda:
        masked_data["agenda"] = agenda


def _mask_says(says: Mapping[str, Any], words: Sequence[tuple[str, str]]) -> dict[str, Any]:
    masked: dict[str, Any] = {}
    for name, value in says.items():
        parts = [_mask_part(str(part), (), words)[0] for part in (value if isinstance(value, list) else [value])]
        masked[name] = parts if isinstance(value, list) else value if isinstance(value, bool) else parts[0]
    return masked


def _mask_part(said: str, read: Sequence[Mapping[str, Any]], words: Sequence[tuple[str, str]]) -> tuple[str, list[dict[str, Any]]]:
    """Return words of a message, and their entities, without what is masked in the message."""
    masks = [
        Mask(*found.span(), kind)
        for word, kind in words
        for found in re.finditer(rf"(?<!\w){re.escape(word.strip())}(?!\w)", said, re.IGNORECASE)
        if word.strip()
    ]
    return _apply_masks(said, read, merge_masks(masks))


def _find_repetitions(text: str, masks: Sequence[Mask]) -> list[Mask]:
    """Return where the words of a mask stand again: « Mme Durand… oui Durand »."""
    repetitions = []
    for words, mask in {text[mask.start : mask.end].strip().lower(): mask for mask in reversed(masks)}.items():
        if len(words) > 2:
            pattern = rf"(?<!\w){re.escape(words)}(?!\w)"
            repetitions += [Mask(*found.span(), mask.entity) for found in re.finditer(pattern, text, re.IGNORECASE)]
    return repetitions


def _overlaps(mask: Mask, others: Sequence[Mask]) -> bool:
    return any(mask.start < other.end and other.start < mask.end for other in others)


def merge_masks(masks: Sequence[Mask]) -> list[Mask]:
    """Return the masks in order, overlapping ones as one with the first one's entity."""
    merged: list[Mask] = []
    for mask in sorted(masks, key=lambda mask: (mask.start, -mask.end)):
        if merged and mask.start < merged[-1].end:
            merged[-1] = Mask(merged[-1].start, max(merged[-1].end, mask.end), merged[-1].entity)
        else:
            merged.append(mask)
    return merged
