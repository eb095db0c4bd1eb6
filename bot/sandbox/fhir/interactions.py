"""What is done with resources, by a request of its own or as an entry of a Bundle: read, create, update, also by a condition."""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import parse_qsl

from bot.sandbox.fhir.operation_outcomes import OperationOutcomeError
from bot.sandbox.fhir.search_parameters import RESULT_PARAMETERS, compile_search
from bot.sandbox.fhir.store import Resource, Store, VersionMismatch
from bot.sandbox.fhir.subscriptions import check_subscription
from bot.sandbox.fhir.validation import MODELS, validate_resource


class Interactions:
    """Interactions with the resources of one store. What is refused is raised as OperationOutcomeError."""

    def __init__(self, store: Store) -> None:
        self.store = store

    def read(self, resource_type: str, resource_id: str) -> Resource:
        """Return the current version of a resource."""
        found = self.store.get(resource_type, resource_id)
        if found is None:
            raise OperationOutcomeError(404, "not-found", "no such resource")
        return found

    def check(self, resource_type: str, body: Any) -> Resource:
        """Return a body that is a valid resource of this type."""
        if resource_type not in MODELS:
            raise OperationOutcomeError(404, "not-supported", "no such resource type")
        validate_resource(resource_type, body)
        if resource_type == "Subscription":
            check_subscription(self.store, body)
        return dict(body)

    def match(self, resource_type: str, query: str) -> Resource | None:
        """Return the one resource that meets a condition; None where there is none, 412 where there are several."""
        if resource_type not in MODELS:
            raise OperationOutcomeError(404, "not-supported", "no such resource type")
        pairs = parse_qsl(query, keep_blank_values=True)
        if all(name in RESULT_PARAMETERS for name, _ in pairs):
            raise OperationOutcomeError(412, "multiple-matches", "a condition names no search parameter")
        predicate = compile_search(resource_type, pairs, self.store.get)
        found = [resource for _, resource in self.store.all(resource_type) if predicate(resource)]
        if len(found) > 1:
            raise OperationOutcomeError(412, "multiple-matches", "several resources match the condition")
        return found[0] if found else None

    def create(self, body: Resource, condition: str | None, author: str | None, resource_id: str | None = None) -> tuple[Resource, int]:
        """Create a resource, unless one meets the condition (If-None-Exist); return it with the status."""
        if condition is not None:
            found = self.match(body["resourceType"], condition.rpartition("?")[2])
            if found is not None:
                return found, 200
        return self.store.create(body, author, resource_id), 201

    def update(self, body: Resource, resource_id: str, if_match: str | None, author: str | None) -> Resource:
        """Replace a resource, at the version that If-Match names."""
        if body.get("id") != resource_id:
            expression = f"{body['resourceType']}.id"
            raise OperationOutcomeError(400, "invalid", "the id of the body is not that of the address", expression=expression)
        self.read(body["resourceType"], resource_id)
        try:
            return self.store.update(body, _version(if_match), author)
        except VersionMismatch:
            raise OperationOutcomeError(412, "conflict", "the resource has another version by now") from None

    def update_matching(self, body: Resource, query: str, if_match: str | None, author: str | None) -> tuple[Resource, int]:
        """Replace the one resource that meets a condition, or create it; return it with the status."""
        found = self.match(body["resourceType"], query)
        if found is None:
            return self.store.create(body, author), 201
        if body.get("id", found["id"]) != found["id"]:
            raise OperationOutcomeError(400, "invalid", "the id of the body is not that of the resource which meets the condition")
        return self.update(body | {"id": found["id"]}, found["id"], if_match, author), 200


def _version(if_match: str | None) -> str | None:
    if if_match is None:
        return None
    found = re.fullmatch(r'(?:W/)?"(\d+)"', if_match.strip())
    if not found:
        raise OperationOutcomeError(400, "value", 'If-Match must be of the form W/"version"')
    return found[1]
