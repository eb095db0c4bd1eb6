"""A check of resources against the short tables of `profiles.toml`."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

Resource = dict[str, Any]
PROFILES: dict[str, dict[str, Any]] = tomllib.loads(Path(__file__).with_name("profiles.toml").read_text(encoding="utf-8"))


def values_at(node: Any, path: str) -> list[Any]:
    """Every value at a path of elements, through lists."""
    found = [node]
    for step in path.split("."):
        inner = [each[step] for each in found if isinstance(each, dict) and step in each]
        found = [item for value in inner for item in (value if isinstance(value, list) else [value])]
    return found


def problems(resource: Resource, profile: str) -> list[str]:
    """What a resource lacks of its profile, in words; [] where nothing."""
    table = PROFILES[profile]
    if resource["resourceType"] != table["type"]:
        return [f"is no {table['type']}"]
    return [*_of_rules(resource, table), *_of_slices(resource, table), *_of_some(resource, table)]


def _of_rules(node: Any, rules: dict[str, Any]) -> Iterator[str]:
    for path in rules.get("required", []):
        *parents, last = path.split(".")
        holders = values_at(node, ".".join(parents)) if parents else [node]
        if any(holder.get(last) in (None, "", [], {}) for holder in holders if isinstance(holder, dict)):
            yield f"{path} is missing"
    for path in rules.get("single", []):
        *parents, last = path.split(".")
        holders = values_at(node, ".".join(parents)) if parents else [node]
        if any(len(holder.get(last) or []) > 1 for holder in holders if isinstance(holder.get(last), list)):
            yield f"{path} is there more than once"
    for path, wanted in rules.get("fixed", {}).items():
        if values_at(node, path) != [wanted]:
            yield f"{path} is not {wanted}"
    for path, allowed in rules.get("codes", {}).items():
        yield from (f"{path} must not be {value}" for value in values_at(node, path) if value not in allowed)
    for path, targets in rules.get("references", {}).items():
        kinds = [str(value.get("reference", "")).split("/")[-2:][0] for value in values_at(node, path)]
        yield from (f"{path} must not be a {kind}" for kind in kinds if kind not in targets)
    yield from (f"{path} must not be there" for path in rules.get("absent", []) if values_at(node, path))


def _of_slices(resource: Resource, table: dict[str, Any]) -> Iterator[str]:
    for one in table.get("slices", []):
        matching = [
            each
            for each in values_at(resource, one["element"])
            if all(wanted in values_at(each, path) for path, wanted in one["when"].items())
        ]
        if len(matching) != one.get("count", len(matching)) or len(matching) > one.get("at_most", len(matching)):
            yield f"{one['element']} with {one['when']} is there {len(matching)} times"
        yield from (f"{one['element']}: {problem}" for each in matching for problem in _of_rules(each, one))


def _of_some(resource: Resource, table: dict[str, Any]) -> Iterator[str]:
    """Of each repetition of the first element one value must be among those preferred."""
    for one in table.get("some", []):
        first, _, rest = one["element"].partition(".")
        for each in values_at(resource, first):
            if not set(values_at(each, rest)) & set(one["values"]):
                yield f"{one['element']} has none of the preferred values"
