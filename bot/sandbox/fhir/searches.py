"""Searches page by page, with what they bring along."""

from __future__ import annotations

import re
import secrets
from collections import OrderedDict
from dataclasses import dataclass, replace

from bot.sandbox.fhir.included import Included, compile_includes
from bot.sandbox.fhir.operation_outcomes import OperationOutcomeError
from bot.sandbox.fhir.search_parameters import Predicate, compile_search
from bot.sandbox.fhir.store import Resource, Store

DEFAULT_COUNT, MAX_COUNT = 50, 200
"""Resources per page of a search, in `_count`."""
MAX_OPEN_SEARCHES = 1_000
"""Searches whose next page is remembered; the next page of an older one is answered 410."""


@dataclass(frozen=True)
class _Search:
    """A search, and what of it was answered: the resources up to the sequence number `after`."""

    resource_type: str
    predicate: Predicate
    included: Included
    count: int
    total: int
    after: int = 0


class Searches:
    """Searches over one store; the next page of each is remembered in memory."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._open: OrderedDict[str, _Search] = OrderedDict()

    def bundle(self, base: str, resource_type: str, pairs: list[tuple[str, str]]) -> Resource:
        """Return a page of a search at the FHIR base `base`. Raises OperationOutcomeError."""
        key = dict(pairs).get("_page")
        search = self._begin(resource_type, pairs) if key is None else self._open.get(key)
        if search is None or search.resource_type != resource_type:
            raise OperationOutcomeError(410, "expired", "this page of a search is no longer there")
        rows = self._store.all(resource_type, after=search.after) if search.count else ()
        found = [(seq, body) for seq, body in rows if search.predicate(body)]
        page = found[: search.count]
        links = [{"relation": "self", "url": f"{base}/{resource_type}"}]
        if len(found) > search.count:
            links.append({"relation": "next", "url": f"{base}/{resource_type}?_page={self._keep(replace(search, after=page[-1][0]))}"})
        matches = [body for _, body in page]
        entries = [_entry(base, body, "match") for body in matches]
        entries += [_entry(base, body, "include") for body in search.included(matches)]
        bundle: Resource = {"resourceType": "Bundle", "type": "searchset", "total": search.total, "link": links}
        return bundle | ({"entry": entries} if entries else {})  # FHIR has no empty arrays

    def _begin(self, resource_type: str, pairs: list[tuple[str, str]]) -> _Search:
        predicate = compile_search(resource_type, pairs, self._store.get)
        included, count = compile_includes(resource_type, pairs, self._store), _count(dict(pairs).get("_count"))
        total = sum(1 for _, resource in self._store.all(resource_type) if predicate(resource))
        return _Search(resource_type, predicate, included, count, total)

    def _keep(self, search: _Search) -> str:
        key = secrets.token_urlsafe(12)
        self._open[key] = search
        if len(self._open) > MAX_OPEN_SEARCHES:
            self._open.popitem(last=False)
        return key


def _entry(base: str, body: Resource, mode: str) -> Resource:
    return {"fullUrl": f"{base}/{body['resourceType']}/{body['id']}", "resource": body, "search": {"mode": mode}}


def _count(text: str | None) -> int:
    if text is None:
        return DEFAULT_COUNT
    if not re.fullmatch(r"\d{1,9}", text):
        raise OperationOutcomeError(400, "value", "_count must be a number", expression="http._count")
    return min(int(text), MAX_COUNT)
