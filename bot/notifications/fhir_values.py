"""Reading what others send as FHIR, of which nothing is known to be as it must be."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

Json = Mapping[str, Any]
Resources = Mapping[str, Json]
"""Resources by the references that may name them."""


def dicts(value: Any) -> Iterator[Json]:
    """Yield the objects of an array; nothing where it is none."""
    return (item for item in items(value) if isinstance(item, Mapping))


def items(value: Any) -> list[Any]:
    """Return an array; an empty one where it is none."""
    return value if isinstance(value, list) else []


def extension(resource: Json, urls: tuple[str, ...], value: str) -> Any:
    """Return the `value` of the first extension with one of these URLs."""
    return next((found.get(value) for found in dicts(resource.get("extension")) if found.get("url") in urls), None)


def resolve(owner: Json, reference: Any, others: Resources) -> Json | None:
    """Return the resource that a reference names: contained in its owner, or sent along; None: it is elsewhere.

    Raises ValueError where it must be contained and is not.
    """
    name = reference.get("reference") if isinstance(reference, Mapping) else None
    if not isinstance(name, str):
        return None
    if not name.startswith("#"):
        return others.get(name)
    contained = (one for one in dicts(owner.get("contained")) if f"#{one.get('id')}" == name)
    found = next(contained, None)
    if found is None:
        raise ValueError("subject or recipient: a reference within the resource names nothing that is contained")
    return found
