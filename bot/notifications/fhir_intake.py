"""Taking events that are declared as FHIR: which dossier each is about, what is wrong with it, and what is answered."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from bot.core.clock import Clock
from bot.core.database import Database
from bot.fhir.outcomes import Issue
from bot.notifications.cloudevents import CloudEvent
from bot.notifications.communication_requests import CONTENT, Declaration, read, requests_of
from bot.notifications.event_store import store_events, stored_ids
from bot.notifications.subject_lookup import Subject, SubjectLookup

MAX_CONCURRENT = 4
"""Usagers asked for at a time."""
_PER_STEP = 50
"""Requests read before other tasks run."""


@dataclass
class Taken:
    """What became of a body: how many events were taken, how many of these are of no dossier, and what is wrong with the others."""

    accepted: int = 0
    without_dossier: int = 0
    issues: list[Issue] = field(default_factory=list)


class UnknownBody(ValueError):
    """The body is neither a CommunicationRequest nor a Bundle with one."""

    def __init__(self) -> None:
        super().__init__("the body must be a CommunicationRequest, or a Bundle with at least one")


class TooMany(ValueError):
    """The Bundle holds more requests than are taken at once."""


class FhirIntake:
    """Takes declared events."""

    def __init__(self, database: Database, clock: Clock, lookup: SubjectLookup, secret: str, most: int) -> None:
        """`secret`: key of the hash that knows a request without identifier; `most`: requests of one Bundle."""
        self._database, self._clock, self._lookup, self._secret, self._most = database, clock, lookup, secret, most

    async def take(self, body: Any) -> Taken:
        """Store what a resource or Bundle declares.

        Raises UnknownBody, TooMany, and the errors of `bot.fhir.errors`: nothing is stored then.
        """
        found = requests_of(body)
        if found is None or not found[0]:
            raise UnknownBody
        requests, others = found
        if len(requests) > self._most:
            raise TooMany
        taken, declared = Taken(), list[Declaration]()
        for index, request in enumerate(requests):
            declaration, problems = read(request, others, self._secret, self._lookup.people)
            if declaration is not None:
                declared.append(declaration)
            else:
                taken.issues += [_issue(index if isinstance(body, Mapping) and "entry" in body else None, one) for one in problems]
            if index % _PER_STEP == _PER_STEP - 1:
                await asyncio.sleep(0)
        dossiers = await self._dossiers({one.subject for one in declared})
        of_dossiers = [(one, dossier) for one in declared if (dossier := dossiers[one.subject])]
        taken.accepted, taken.without_dossier = len(declared), len(declared) - len(of_dossiers)
        stored = await stored_ids(self._database, CONTENT, {each for one, _ in of_dossiers for each in one.also})
        events = [_about(one.event, dossier) for one, dossier in of_dossiers if stored.isdisjoint(one.also)]
        await store_events(self._database, self._clock, events, taken.without_dossier)
        return taken

    async def _dossiers(self, subjects: set[Subject]) -> dict[Subject, str | None]:
        free = asyncio.Semaphore(MAX_CONCURRENT)

        async def one(subject: Subject) -> str | None:
            async with free:
                return await self._lookup.find(subject)

        wanted = list(subjects)
        return dict(zip(wanted, await asyncio.gather(*map(one, wanted)), strict=True))


def _about(event: CloudEvent, dossier: str) -> CloudEvent:
    return event.model_copy(update={"subject": dossier})


def _issue(index: int | None, problem: str) -> Issue:
    element = problem.partition(":")[0].rpartition(" ")[2]
    place = f"Bundle.entry.resource[{index}]" if index is not None else "CommunicationRequest"
    code = "not-supported" if "nobody is told" in problem else "invalid"
    return Issue(code, problem, f"{place}.{element}" if element.replace(".", "").isalnum() else place)
