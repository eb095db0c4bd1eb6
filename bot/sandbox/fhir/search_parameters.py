"""Search parameters of each resource type, and the predicates that they compile to. Source: FHIR R4, "Search"."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from typing import Any

from bot.core.text_folding import fold
from bot.sandbox.fhir.operation_outcomes import OperationOutcomeError
from bot.sandbox.fhir.references import MEMBERS, Lookup, reference_predicate, referenced
from bot.sandbox.fhir.search_dates import date_predicate

Resource = dict[str, Any]
Values = Callable[[Resource], Iterable[Any]]
Predicate = Callable[[Resource], bool]

RESULT_PARAMETERS = {"_count", "_page", "_format", "_pretty", "_include", "_include:iterate", "_revinclude"}
"""Parameters of the result, which filter nothing."""
MAX_CHAIN = 3
"""References that one parameter may lead across."""


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
        "role": ("concept", _path("code", "coding")),
        "specialty": ("concept", _path("specialty", "coding")),
    },
    "RelatedPerson": _COMMON
    | _PERSON
    | {
        "patient": ("reference:Patient", _path("patient", "reference")),
        "relationship": ("concept", _path("relationship", "coding")),
        "birthdate": ("date", _path("birthDate")),
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
        "category": ("concept", _path("category", "coding")),
        "participant": ("reference:" + ",".join(MEMBERS), _path("participant", "member", "reference")),
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


def reference_types(resource_type: str, parameter: str) -> tuple[str, ...]:
    """Return the types that a search parameter refers to; none where it is no reference."""
    comparison, _, types = SEARCH_PARAMETERS[resource_type].get(parameter, ("", None))[0].partition(":")
    return tuple(types.split(",")) if comparison == "reference" else ()


def compile_search(resource_type: str, pairs: list[tuple[str, str]], lookup: Lookup) -> Predicate:
    """Compile a search into a predicate of resources: every pair must match, by one of its comma-separated values.

    A pair may be chained: `patient.identifier`, `participant:PractitionerRole.practitioner`; `lookup` finds what is referred to. Raises
    OperationOutcomeError 400 for a parameter, a modifier or a value that the sandbox does not know.
    """
    predicates = [_compile_parameter(resource_type, name, text, lookup) for name, text in pairs if name not in RESULT_PARAMETERS]
    return lambda resource: all(predicate(resource) for predicate in predicates)


def _compile_parameter(resource_type: str, name: str, text: str, lookup: Lookup, depth: int = 0) -> Predicate:
    name, chained, rest = name.partition(".")
    name, _, modifier = name.partition(":")
    known = SEARCH_PARAMETERS[resource_type].get(name)
    if known is None:
        raise OperationOutcomeError(400, "not-supported", f"unknown search parameter for {resource_type}", expression=f"http.{name}"[:80])
    comparison, values = known
    types = reference_types(resource_type, name)
    if modifier and not (modifier in types or (comparison == "string" and modifier in ("exact", "contains"))):
        raise OperationOutcomeError(400, "not-supported", "unknown modifier of a search parameter", expression=f"http.{name}")
    types = (modifier,) if modifier in types else types
    if chained:
        return _compile_chain(types, (name, rest, text), values, lookup, depth)
    wanted = [re.sub(r"\\(.)", r"\1", part) for part in re.split(r"(?<!\\),", text)]
    if "" in wanted:
        raise OperationOutcomeError(400, "value", "a search parameter has no value", expression=f"http.{name}")
    accept = [reference_predicate(value, types) if types else _value_predicate(comparison, modifier, value) for value in wanted]
    return lambda resource: any(predicate(value) for value in values(resource) for predicate in accept)


def _compile_chain(types: tuple[str, ...], chain: tuple[str, str, str], values: Values, lookup: Lookup, depth: int) -> Predicate:
    """Compile a parameter of what is referred to: by type, for those types that have it."""
    name, rest, text = chain
    head = re.split("[.:]", rest, maxsplit=1)[0]
    known = [one for one in types if head in SEARCH_PARAMETERS.get(one, {})]
    if not known or depth >= MAX_CHAIN:
        raise OperationOutcomeError(400, "not-supported", "no such chain of search parameters", expression=f"http.{name}")
    inner = {one: _compile_parameter(one, rest, text, lookup, depth + 1) for one in known}
    return lambda resource: any(inner[one["resourceType"]](one) for one in referenced(values(resource), known, lookup))


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
    fold_case, part = comparison == "contact", "code" if comparison == "concept" else "value"
    system, bar, value = wanted.rpartition("|")
    value = value.casefold() if fold_case else value

    def matches(item: Any) -> bool:
        own = str(item.get(part, ""))
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
