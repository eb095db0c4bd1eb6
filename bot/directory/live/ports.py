"""What the live directories need of the rest: searches of a FHIR server, and slots for calls."""

from __future__ import annotations

from collections.abc import AsyncIterator, Coroutine, Sequence
from datetime import timedelta
from typing import Any, Protocol

from bot.fhir.resources import Resource

Params = Sequence[tuple[str, str]]


class PagedSearch(Protocol):
    """A FHIR server that is searched (`bot.fhir.client`)."""

    def pages(self, resource_type: str, params: Params, *, most: int = 40) -> AsyncIterator[list[Resource]]:
        """Yield what each page of a search holds, matches and what they bring along. Raise the errors of `bot.fhir.errors`."""
        ...


class Slots(Protocol):
    """Slots for calls of a service, shared by all processes (`bot.core.call_slots`)."""

    async def acquire(self, *, background: bool = False) -> str:
        """Wait for a free slot, take it and return it."""
        ...

    def release(self, slot: str, after: timedelta = ...) -> Coroutine[Any, Any, None]:
        """Free a slot after so long."""
        ...

    def pause(self, duration: timedelta) -> Coroutine[Any, Any, None]:
        """Let nobody call for so long."""
        ...


async def found(fhir: PagedSearch, resource_type: str, params: Params, *, most: int = 40) -> list[Resource]:
    """Return what the first `most` pages of a search hold."""
    return [resource async for page in fhir.pages(resource_type, params, most=most) for resource in page]


def of_type(resources: Sequence[Resource], resource_type: str) -> list[Resource]:
    """Return those of one type."""
    return [resource for resource in resources if resource.get("resourceType") == resource_type]


def referred_id(reference: object) -> str:
    """Return the id that a reference of a resource names, relative or absolute; "" where it names none."""
    target = reference.get("reference") if isinstance(reference, dict) else None
    return target.partition("/_history/")[0].rpartition("/")[2] if isinstance(target, str) else ""
