"""Somebody whom the imported list does not have, looked up in the national directory within the time that a turn has.

What was found is remembered for a while, so that a button that was shown goes on working; so is that the service did not answer, so that
a turn does not wait for it twice.
"""

from __future__ import annotations

import asyncio
import time
from collections import OrderedDict
from collections.abc import Coroutine, Hashable
from typing import Any, TypeVar

import httpx

from bot.core.errors import log_error
from bot.core.text_folding import digits
from bot.core.time_budget import seconds_left
from bot.directory.candidates import GIVEN, NAME, RPPS, Query, understand
from bot.directory.live.national import NationalDirectory, Person
from bot.directory.names import index_forms
from bot.directory.places import town_key
from bot.directory.ranking import Match, rank
from bot.directory.records import Professional
from bot.fhir.errors import FhirError, FhirRejected, FhirUnavailable

REMEMBERED_SECONDS = 1800.0
"""How long what was found is shown without asking again."""
KEPT_SECONDS = 2.5
"""Of the time that a turn has for outside systems, what is left to the platform: without it nothing is done at all."""
FAILED_SECONDS = 30.0
"""How long the service is left alone that did not answer."""
_MOST_REMEMBERED = 2_000
_MOST_PLACED = 10
"""People of whom it is asked where they work: the nearest by name."""

Answer = TypeVar("Answer")
Key = TypeVar("Key", bound=Hashable)


class NotLookedUp(Exception):
    """The national directory did not answer, or not in time: only the imported list was looked at."""


class LiveLookup:
    """Looks up people for turns of conversations, and for pages of the desk."""

    def __init__(self, national: NationalDirectory, *, seconds: float) -> None:
        """`seconds`: the longest wait of a turn, all calls together."""
        self._national, self._seconds = national, seconds
        self._found: OrderedDict[tuple[str, ...], tuple[float, list[Match]]] = OrderedDict()
        self._people: OrderedDict[str, tuple[float, Professional]] = OrderedDict()
        self._failed_at = float("-inf")

    async def search(self, query: Query) -> list[Match]:
        """Return whoever may be meant, best first; [] also for a query without name and number. Raise NotLookedUp."""
        if not query.name and not query.rpps:
            return []
        asked = tuple(value or "" for value in (query.name, query.profession, query.place, query.organization, query.rpps))
        known = _recent(self._found, asked)
        if known is not None:
            return known
        matches = await self._within_time(self._look_up(query))
        _remember(self._found, asked, matches)
        for match in matches:
            _remember(self._people, match.professional.key, match.professional)
        return matches

    async def get(self, key: str) -> Professional | None:
        """Return the person with this key; None also where the service does not answer."""
        known = _recent(self._people, key)
        if known is not None:
            return known
        try:
            people = await self._within_time(self._numbered(key))
        except NotLookedUp:
            return None
        person = next((person for person in people if person.key == key), None)
        if person is not None:
            _remember(self._people, key, person)
        return person

    async def _numbered(self, number: str) -> list[Professional]:
        rpps = number[1:] if len(number) == 12 and number[0] == "8" else number
        return await self._national.with_places(await self._national.numbered(rpps))

    async def _look_up(self, query: Query) -> list[Match]:
        people = await self._national.numbered(digits(query.rpps or "")) if query.rpps else []
        if not people and query.name:
            people = await self._national.named(query.name)
        nearest = _nearest_by_name(people, Query(name=query.name, rpps=query.rpps))
        return _ranked(await self._national.with_places(nearest), query)

    async def _within_time(self, question: Coroutine[Any, Any, Answer]) -> Answer:
        """Return the answer, where it comes in time and nothing failed just now. Raise NotLookedUp."""
        left = seconds_left()
        seconds = self._seconds if left is None else min(self._seconds, left - KEPT_SECONDS)
        if seconds <= 0 or time.monotonic() - self._failed_at < FAILED_SECONDS:
            question.close()
            raise NotLookedUp
        try:
            async with asyncio.timeout(seconds):
                return await question
        except (FhirError, TimeoutError) as error:
            if _is_away(error):
                self._failed_at = time.monotonic()
            log_error(error, "asking the national directory")
            raise NotLookedUp from None


def _is_away(error: FhirError | TimeoutError) -> bool:
    """Return whether everybody's questions would fail, not this one alone: refused words say nothing of others."""
    refuses_us = isinstance(error, FhirRejected) and error.status == httpx.codes.FORBIDDEN
    return refuses_us or isinstance(error, FhirUnavailable | TimeoutError)


def _nearest_by_name(people: list[Person], query: Query) -> list[Person]:
    """Return the people who bear the name best, so few that it can be asked where each works."""
    by_key = {made.key: (person, made) for person in people if (made := person.without_places())}
    order = _ranked([made for _, made in by_key.values()], query)[:_MOST_PLACED]
    return [by_key[match.professional.key][0] for match in order]


def _ranked(people: list[Professional], query: Query) -> list[Match]:
    """Return the people who may be meant, judged as those of the imported list are, in the light of their own names and towns."""

    def frequency(field: str, term: str) -> int:
        return sum(term in _terms(person, field) for person in people)

    return rank(people, understand(query, frequency))


def _terms(person: Professional, field: str) -> tuple[str, ...]:
    if field == "town":
        return tuple(town_key(practice.city) for practice in person.practices)
    return index_forms(person.given if field == "given" else person.family)


def _recent(remembered: OrderedDict[Key, tuple[float, Answer]], key: Key) -> Answer | None:
    at, answer = remembered.get(key, (float("-inf"), None))
    return answer if time.monotonic() - at < REMEMBERED_SECONDS else None


def _remember(remembered: OrderedDict[Key, tuple[float, Answer]], key: Key, answer: Answer) -> None:
    remembered[key] = (time.monotonic(), answer)
    remembered.move_to_end(key)
    while len(remembered) > _MOST_REMEMBERED:
        remembered.popitem(last=False)


def meets_name(match: Match) -> bool:
    """Return whether somebody bears the name, or has the number, that was asked for, whatever else fits."""
    return not match.missed & {NAME, GIVEN, RPPS}
