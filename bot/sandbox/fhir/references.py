"""References between resources, as searches and Bundles follow them."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from typing import Any

Resource = dict[str, Any]
Lookup = Callable[[str, str], Resource | None]
"""Takes a type and an id; returns the resource, None where there is none."""

MEMBERS = ("Practitioner", "PractitionerRole", "Organization", "RelatedPerson", "Patient")
"""Types that a participant of a care team may have here."""
_REFERENCE = re.compile(r"(?:.*/)?([A-Z][A-Za-z]+)/([A-Za-z0-9.-]{1,64})(?:/_history/[^/]*)?")


def type_and_id(reference: str) -> tuple[str, str] | None:
    """Return the type and the id that a literal reference names, relative or absolute; None: it is no such reference."""
    found = _REFERENCE.fullmatch(reference)
    return (found[1], found[2]) if found else None


def referenced(references: Iterable[Any], types: Iterable[str], lookup: Lookup) -> list[Resource]:
    """Return the resources of these types that literal references name and that are there."""
    allowed, found = set(types), []
    for reference in references:
        named = type_and_id(str(reference))
        resource = lookup(*named) if named and named[0] in allowed else None
        if resource is not None:
            found.append(resource)
    return found


def reference_predicate(wanted: str, types: tuple[str, ...]) -> Callable[[Any], bool]:
    """Return the comparison with a reference (`Type/id`, an address) or with a bare id of one of `types`."""
    named = type_and_id(wanted)
    accepted = {named} if named else {(one, wanted) for one in types}
    return lambda value: type_and_id(str(value)) in accepted
