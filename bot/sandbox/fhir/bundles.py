"""Bundles that are posted to the base: a `transaction` is done as a whole or not at all, a `batch` entry by entry.

In a transaction entries refer to each other by their `fullUrl` (`urn:uuid:…`), by `Type?condition`, or, as the examples of the *cercle
de soins* do, by the id that a resource has in the Bundle although it is given another one. Source: FHIR R4, "RESTful API", 3.1.0.11.
"""

from __future__ import annotations

from dataclasses import dataclass
from http import HTTPStatus
from typing import Any
from urllib.parse import parse_qsl

from bot.sandbox.fhir.interactions import Interactions
from bot.sandbox.fhir.operation_outcomes import OperationOutcomeError
from bot.sandbox.fhir.references import type_and_id
from bot.sandbox.fhir.searches import Searches
from bot.sandbox.fhir.store import Resource, new_id
from bot.sandbox.fhir.validation import MODELS, validate_bundle

_ORDER = {"POST": 0, "PUT": 1, "GET": 2}
"""Methods of entries, in the order in which a transaction does them."""


@dataclass
class _Entry:
    """An entry: what it asks for, and the resource that it will be about."""

    index: int
    method: str
    resource_type: str
    resource_id: str | None
    query: str
    request: Resource
    body: Resource | None
    full_url: str | None
    target: str | None = None
    exists: bool = False


class Bundles:
    """Does what a Bundle asks for, by `Interactions`."""

    def __init__(self, interactions: Interactions, searches: Searches) -> None:
        self._interactions, self._searches = interactions, searches

    def process(self, base: str, bundle: Any, author: str | None, *, representation: bool) -> Resource:
        """Return the response to a transaction or a batch at the FHIR base `base`. Raises OperationOutcomeError.

        Args:
            base: FHIR base of this server.
            bundle: body of the request.
            author: reference of whoever it is done for.
            representation: whether what was written is returned (Prefer: return=representation).
        """
        validate_bundle(bundle)
        rows = bundle.get("entry", [])
        if bundle["type"] == "batch":
            answers = [self._alone(base, index, row, author, representation=representation) for index, row in enumerate(rows)]
        else:
            answers = self._together(base, rows, author, representation=representation)
        response = {"resourceType": "Bundle", "type": f"{bundle['type']}-response"}
        return response | ({"entry": answers} if answers else {})

    def _alone(self, base: str, index: int, row: Resource, author: str | None, *, representation: bool) -> Resource:
        try:
            return self._do(base, _entry(index, row), author, representation=representation)
        except OperationOutcomeError as error:
            return {"response": {"status": _status(error.status), "outcome": error.outcome()}}

    def _together(self, base: str, rows: list[Resource], author: str | None, *, representation: bool) -> list[Resource]:
        index, answers = 0, {}
        try:
            entries = []
            for index, row in enumerate(rows):
                entries.append(_entry(index, row))
            for entry in entries:
                index = entry.index
                self._aim(entry)
            targets = [entry.target for entry in entries if entry.target and entry.method == "PUT"]
            if len(targets) != len(set(targets)):
                raise OperationOutcomeError(400, "invalid", "two entries write the same resource")
            replaced = _replacements(entries)
            with self._interactions.store.transaction():
                for entry in sorted(entries, key=lambda one: _ORDER[one.method]):
                    index = entry.index
                    entry.body = self._resolved(entry.body, replaced)
                    answers[index] = self._do(base, entry, author, representation=representation)
        except OperationOutcomeError as error:
            place = f"Bundle.entry[{index}]" + (f" ({error.expression})" if error.expression else "")
            raise OperationOutcomeError(error.status, error.code, error.diagnostics, expression=place) from None
        return [answers[number] for number in range(len(rows))]

    def _aim(self, entry: _Entry) -> None:
        """Find out which resource an entry of a transaction is about, before anything is written."""
        condition = entry.request.get("ifNoneExist") if entry.method == "POST" else entry.query if entry.method == "PUT" else None
        found = self._interactions.match(entry.resource_type, condition.rpartition("?")[2]) if condition else None
        entry.exists = found is not None
        if found is not None:
            entry.target = f"{entry.resource_type}/{found['id']}"
        elif entry.method == "PUT" and entry.resource_id:
            entry.target = f"{entry.resource_type}/{entry.resource_id}"
        elif entry.method != "GET":
            entry.target = f"{entry.resource_type}/{new_id()}"

    def _resolved(self, value: Any, replaced: dict[str, str]) -> Any:
        """Return a resource with its references to other entries, and by condition, as they are to be stored."""
        if isinstance(value, list):
            return [self._resolved(one, replaced) for one in value]
        if not isinstance(value, dict):
            return value
        copy = {name: self._resolved(inner, replaced) for name, inner in value.items()}
        reference = copy.get("reference")
        if isinstance(reference, str):
            copy["reference"] = replaced.get(reference, reference)
            resource_type, condition, query = reference.partition("?")
            if condition and resource_type in MODELS:
                found = self._interactions.match(resource_type, query)
                if found is None:
                    raise OperationOutcomeError(412, "not-found", "nothing meets the condition of a reference")
                copy["reference"] = f"{resource_type}/{found['id']}"
        return copy

    def _do(self, base: str, entry: _Entry, author: str | None, *, representation: bool) -> Resource:
        do, given = self._interactions, entry.request
        if entry.method == "GET":
            resource = do.read(entry.resource_type, entry.resource_id) if entry.resource_id else self._found(base, entry)
            return {"resource": resource, "response": {"status": _status(200)} | _version_of(resource)}
        body, if_match, target = do.check(entry.resource_type, entry.body), given.get("ifMatch"), (entry.target or "").partition("/")[2]
        status = 200
        if entry.method == "POST" and entry.exists:
            resource = do.read(entry.resource_type, target)
        elif entry.method == "POST":
            resource, status = do.create(body, None if target else given.get("ifNoneExist"), author, target or None)
        elif entry.resource_id:
            resource = do.update(body, entry.resource_id, if_match, author)
        elif target and not entry.exists:
            resource, status = do.create(body, None, author, target)
        else:
            resource, status = do.update_matching(body, entry.query, if_match, author)
        location = f"{base}/{entry.resource_type}/{resource['id']}/_history/{resource['meta']['versionId']}"
        answer: Resource = {"response": {"status": _status(status), "location": location} | _version_of(resource)}
        return ({"resource": resource} if representation else {}) | answer

    def _found(self, base: str, entry: _Entry) -> Resource:
        return self._searches.bundle(base, entry.resource_type, parse_qsl(entry.query, keep_blank_values=True))


def _entry(index: int, row: Resource) -> _Entry:
    """Read an entry. Raises OperationOutcomeError for what is not done here."""
    request = row.get("request") or {}
    method, url = str(request.get("method", "")), str(request.get("url", ""))
    path, _, query = url.partition("?")
    resource_type, _, resource_id = path.strip("/").partition("/")
    if method not in _ORDER:
        raise OperationOutcomeError(405, "not-supported", "an entry is POST, PUT or GET")
    if resource_type not in MODELS or "/" in resource_id:
        raise OperationOutcomeError(404, "not-supported", "no such resource type")
    if (method == "POST" and resource_id) or (method == "PUT" and bool(resource_id) == bool(query)):
        raise OperationOutcomeError(400, "invalid", "the address of an entry is not one of its method")
    return _Entry(index, method, resource_type, resource_id or None, query, request, row.get("resource"), row.get("fullUrl"))


def _replacements(entries: list[_Entry]) -> dict[str, str]:
    """Return by what references to entries are replaced; an id that a resource has in the Bundle only counts where none is like it."""
    replaced: dict[str, str] = {}
    for entry in entries:
        if entry.target and entry.method == "POST" and entry.body and entry.body.get("id"):
            replaced[f"{entry.resource_type}/{entry.body['id']}"] = entry.target
    for entry in entries:
        if entry.target and entry.full_url:
            replaced[entry.full_url] = entry.target
            if named := type_and_id(entry.full_url):
                replaced.setdefault("/".join(named), entry.target)
    return replaced


def _version_of(resource: Resource) -> Resource:
    meta = resource.get("meta") or {}
    return {"etag": f'W/"{meta["versionId"]}"', "lastModified": meta["lastUpdated"]} if "versionId" in meta else {}


def _status(status: int) -> str:
    return f"{status} {HTTPStatus(status).phrase}"
