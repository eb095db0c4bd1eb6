"""Search parameters of each resource type, and the predicates that they compile to. Source: FHIR R4, "Search"."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from typing import Any

from bot.core.text_folding import fold
from bot.sandbox.fhir.operation_outcomes import OperationOutcomeError
from bot.sandbox.fhir.search_dates import date_predicate

Resource = dict[str, Any]
Values = Callable[[Resource], Iterable[Any]]
Predicate = Callable[[Resource], bool]

RESULT_PARAMETERS = {"_count", "_page", "_format", "_pretty"}
"""Parameters of the result, which filter nothing."""


def _path(*steps: str) -> Values:
    def values(resource: Resource) -> Iterable[Any]:
        found: list[Any] = [resource]
        for step in steps:
            inner = [node.get(step) for node in found if isinstance(node, dict)]
            found = [item for value in inner if value is not None for item in (value if isinstance(value, list) else [value])]
        return found

    return values


def _telecom(system: str | None) -> Values:
    def values(resource: Resource) -> Iterable[Any]:
        points = _path("telecom")(resource)
        return [{"system": point.get("system"), "value": point.get("value")} for point in points if system in (None, point.get("system"))]

    return values


def _sources(resource: Resource) -> Iterable[str]:
    return [str(item["resource"].get("reference", "")) for item in _path("item")(resource) if item.get("type") == "source"]


def _whole_names(resource: Resource) -> Iterable[str]:
    for name in _path("name")(resource):
        family, given = name.get("family", ""), " ".join(name.get("given", []))
        yield from (part for part in (name.get("text"), family, *name.get("given", []), f"{given} {family}", f"{family} {given}") if part)


_PERSON: dict[str, tuple[str, Values]] = {
    "name": ("string", _whole_names),
    "family": ("string", _path("name", "family")),
    "given": ("string", _path("name", "given")),
    "telecom": ("contact", _telecom(None)),
    "email": ("contact", _telecom("email")),
    "phone": ("contact", _telecom("phone")),
    "gender": ("code", _path("gender")),
}
_COMMON: dict[str, tuple[str, Values]] = {
    "_id": ("code", _path("id")),
    "_lastUpdated": ("date", _path("meta", "lastUpdated")),
    "identifier": ("identifier", _path("identifier")),
}
SEARCH_PARAMETERS: dict[str, dict[str, tuple[str, Values]]] = {
    "Patient": _COMMON | _PERSON | {"birthdate": ("date", _path("birthDate")), "active": ("code", _path("active"))},
    "Practitioner": _COMMON | _PERSON | {"active": ("code", _path("active"))},
    "PractitionerRole": _COMMON
    | {
        "practitioner": ("reference:Practitioner", _path("practitioner", "reference")),
        "organization": ("reference:Organization", _path("organization", "reference")),
        "active": ("code", _path("active")),
    },
    "Organization": _COMMON
    | {
        "name": ("string", _path("name")),
        "active": ("code", _path("active")),
        "address-city": ("string", _path("address", "city")),
        "address-postalcode": ("string", _path("address", "postalCode")),
    },
    "CareTeam": _COMMON
    | {
        "patient": ("reference:Patient", _path("subject", "reference")),
        "subject": ("reference:Patient", _path("subject", "reference")),
        "participant": ("reference:Practitioner", _path("participant", "member", "reference")),
        "status": ("code", _path("status")),
        "date": ("date", _path("period")),
    },
    "Subscription": _COMMON
    | {
        "status": ("code", _path("status")),
        "criteria": ("string", _path("criteria")),
        "type": ("code", _path("channel", "type")),
        "url": ("uri", _path("channel", "endpoint")),
    },
    "Linkage": _COMMON | {"item": ("reference:Patient", _path("item", "resource", "reference")), "source": ("reference:Patient", _sources)},
}
"""By resource type, then by parameter: how it compares, and the values of a resource that it compares."""


def compile_search(resource_type: str, pairs: list[tuple[str, str]]) -> Predicate:
    """Compile a search into a predicate of resources: every pair must match, by one of its comma-separated values.

    Raises OperationOutcomeError 400 for a parameter, a modifier or a value that the sandbox does not know.
    """
    predicates = [_compile_parameter(resource_type, name, text) for name, text in pairs if name not in RESULT_PARAMETERS]
    return lambda resource: all(predicate(resource) for predicate in predicates)


def _compile_parameter(resource_type: str, name: str, text: str) -> Predicate:
    name, _, modifier = name.partition(":")
    known = SEARCH_PARAMETERS[resource_type].get(name)
    if known is None:
        raise OperationOutcomeError(400, "not-supported", f"unknown search parameter for {resource_type}", expression=f"http.{name}"[:80])
    comparison, values = known
    if modifier and not (comparison == "string" and modifier in ("exact", "contains")):
        raise OperationOutcomeError(400, "not-supported", "unknown modifier of a search parameter", expression=f"http.{name}")
    wanted = [re.sub(r"\\(.)", r"\1", part) for part in re.split(r"(?<!\\),", text)]
    if "" in wanted:
        raise OperationOutcomeError(400, "value", "a search parameter has no value", expression=f"http.{name}")
    accept = [_value_predicate(comparison, modifier, value) for value in wanted]
    return lambda resource: any(predicate(value) for value in values(resource) for predicate in accept)


def _value_predicate(comparison: str, modifier: str, wanted: str) -> Callable[[Any], bool]:
    if comparison == "string":
        return _string(wanted, modifier)
    if comparison == "uri":
        return lambda value: bool(value == wanted)
    if comparison == "code":
        code = wanted.rpartition("|")[2]
        return lambda value: (str(value).lower() if isinstance(value, bool) else value) == code
    if comparison == "date":
        try:
            return date_predicate(wanted)
        except ValueError:
            raise OperationOutcomeError(400, "value", "not a date of a search") from None
    if comparison.startswith("reference:"):
        return _reference(wanted, comparison.partition(":")[2])
    fold_case = comparison == "contact"
    system, bar, value = wanted.rpartition("|")
    value = value.casefold() if fold_case else value

    def matches(item: Any) -> bool:
        own = str(item.get("value", ""))
        same = not value or (own.casefold() if fold_case else own) == value
        return same and (not bar or (item.get("system") or "") == system)

    return matches


def _string(wanted: str, modifier: str) -> Callable[[Any], bool]:
    if modifier == "exact":
        return lambda value: bool(value == wanted)
    folded = fold(wanted)
    if modifier == "contains":
        return lambda value: folded in fold(value)
    return lambda value: fold(value).startswith(folded)


def _reference(wanted: str, default: str) -> Callable[[Any], bool]:
    parts = wanted.rstrip("/").split("/")
    if len(parts) > 1:
        target = "/".join(parts[-2:])
        return lambda value: bool(value == target)
    return lambda value: value == f"{default}/{wanted}" or (default == "Practitioner" and value == f"PractitionerRole/{wanted}")
