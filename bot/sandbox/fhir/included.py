"""Resources that a search brings along with what it finds: `_include`, `_include:iterate`, `_revinclude`."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from bot.sandbox.fhir.operation_outcomes import OperationOutcomeError
from bot.sandbox.fhir.references import Resource, referenced, type_and_id
from bot.sandbox.fhir.search_parameters import SEARCH_PARAMETERS, reference_types
from bot.sandbox.fhir.store import Store

MAX_ROUNDS = 3
"""Times that `_include:iterate` is followed from what was included before."""

Included = Callable[[list[Resource]], list[Resource]]
"""Takes the resources of a page; returns those that it brings along."""


def compile_includes(resource_type: str, pairs: list[tuple[str, str]], store: Store) -> Included:
    """Compile what a search brings along: each resource once, none that is on the page. Raises OperationOutcomeError 400."""
    once = [_include(value) for name, value in pairs if name == "_include"]
    iterated = [_include(value) for name, value in pairs if name == "_include:iterate"]
    reverse = [_include(value) for name, value in pairs if name == "_revinclude"]
    for _, _, types in reverse:
        if resource_type not in types:
            raise _unknown("_revinclude")

    def included(page: list[Resource]) -> list[Resource]:
        seen, found = {(one["resourceType"], one["id"]) for one in page}, []

        def add(resources: Iterable[Resource]) -> list[Resource]:
            new = []
            for one in resources:
                if (key := (one["resourceType"], one["id"])) not in seen:
                    seen.add(key)
                    new.append(one)
            found.extend(new)
            return new

        latest = page + add(_referring(store, page, reverse)) + add(_referred(store, page, once))
        for _ in range(MAX_ROUNDS if iterated else 0):
            latest = add(_referred(store, latest, iterated))
        return found

    return included


def _include(value: str) -> tuple[str, list[str], tuple[str, ...]]:
    """Return the type that refers, its parameters, and the types referred to."""
    source, _, rest = value.partition(":")
    parameter, _, target = rest.partition(":")
    if source not in SEARCH_PARAMETERS:
        raise _unknown("_include")
    parameters = [name for name in SEARCH_PARAMETERS[source] if reference_types(source, name)] if parameter == "*" else [parameter]
    types = tuple(one for name in parameters for one in reference_types(source, name))
    if not types or (target and target not in types):
        raise _unknown("_include")
    return source, parameters, (target,) if target else types


def _referred(store: Store, resources: list[Resource], includes: list[tuple[str, list[str], tuple[str, ...]]]) -> list[Resource]:
    found = []
    for source, parameters, types in includes:
        for resource in resources:
            if resource["resourceType"] == source:
                for name in parameters:
                    found += referenced(SEARCH_PARAMETERS[source][name][1](resource), types, store.get)
    return found


def _referring(store: Store, page: list[Resource], includes: list[tuple[str, list[str], tuple[str, ...]]]) -> list[Resource]:
    wanted = {(one["resourceType"], one["id"]) for one in page}
    return [
        resource
        for source, parameters, _ in includes
        for _, resource in store.all(source)
        if any(type_and_id(str(value)) in wanted for name in parameters for value in SEARCH_PARAMETERS[source][name][1](resource))
    ]


def _unknown(name: str) -> OperationOutcomeError:
    return OperationOutcomeError(400, "not-supported", "unknown: what is included must be a reference here", expression=f"http.{name}")
