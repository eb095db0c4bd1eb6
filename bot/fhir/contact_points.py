"""Contact points of FHIR resources: those that hold now, the preferred one first. Source: FHIR R4, "ContactPoint"."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any

from bot.fhir.periods import is_current

_USES = {"work": 0, "": 0, "mobile": 0, "temp": 1, "home": 2}
"""Of a professional: what is not of their work comes last."""
_UNRANKED = 1_000


def current_values(resource: Mapping[str, Any], systems: Collection[str], now: datetime) -> tuple[str, ...]:
    """Return the values of these systems (`email`, `phone`) that hold now: those of the work first, then by rank, each once."""
    points = [point for point in resource.get("telecom") or [] if point.get("system") in systems and point.get("value")]
    ordered = sorted((point for point in points if is_current(point, now)), key=_order)
    return tuple(dict.fromkeys(str(point["value"]).strip() for point in ordered))


def _order(point: Mapping[str, Any]) -> tuple[int, int]:
    rank = point.get("rank")
    return _USES.get(str(point.get("use") or ""), 1), rank if isinstance(rank, int) and rank > 0 else _UNRANKED
