"""The routes of an application, those of the routers that it includes too (FastAPI keeps them apart)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any


def routes_of(app: Any) -> list[tuple[str, str]]:
    """Method and path of every route; there is no application without any."""
    found = [(method, route.path) for route in _walk(app.routes) for method in sorted(route.methods or ())]
    assert found
    return found


def _walk(routes: Any) -> Iterator[Any]:
    for route in routes:
        if hasattr(route, "original_router"):
            yield from _walk(route.original_router.routes)
        elif hasattr(route, "methods"):
            yield route
