"""`python -m tests.notification_load.platform --port N --people P --dossiers D --members M`: the platform of a population, over FHIR, fast.

It answers the searches that the bot makes, by look-up: the sandbox looks through everything, which thousands of people would feel.
"""

from __future__ import annotations

import argparse
from collections import defaultdict
from collections.abc import Callable, Iterable
from urllib.parse import parse_qsl

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from tests.notification_load.people import Json, Population, care_team, patient, practitioner


class Unanswerable(Exception):
    """A search that nobody thought of: the bot has changed."""


class Platform:
    """Answers for a population."""

    def __init__(self, population: Population) -> None:
        self._population = population
        self._dossiers: defaultdict[int, list[int]] = defaultdict(list)
        for dossier in range(population.dossiers):
            for person in population.team(dossier):
                self._dossiers[person].append(dossier)

    def search(self, kind: str, given: dict[str, str]) -> list[Json]:
        """What a search finds. Raises Unanswerable."""
        population = self._population
        if kind == "Practitioner" and "_id" in given:
            return [practitioner(population, person) for person in _numbers(given["_id"], "p-", population.people)]
        if kind == "PractitionerRole":
            return []  # everybody sits in their teams in person
        if kind == "Patient" and "_id" in given:
            return [patient(population, dossier) for dossier in _numbers(given["_id"], "u-", population.dossiers)]
        if kind == "Patient" and "identifier" in given:
            dossier = population.dossier_of(given["identifier"].rpartition("|")[2])
            return [] if dossier is None else [patient(population, dossier)]
        if kind == "CareTeam" and "patient" in given:
            return [care_team(population, dossier) for dossier in _numbers(given["patient"], "Patient/u-", population.dossiers)]
        if kind == "CareTeam" and "participant" in given:
            people = _numbers(given["participant"], "Practitioner/p-", population.people)
            return [care_team(population, dossier) for person in people for dossier in self._dossiers[person]]
        raise Unanswerable(kind)

    def read(self, kind: str, key: str) -> Json | None:
        """One resource."""
        makers: dict[str, tuple[Callable[[Population, int], Json], str, int]] = {
            "Practitioner": (practitioner, "p-", self._population.people),
            "Patient": (patient, "u-", self._population.dossiers),
            "CareTeam": (care_team, "t-", self._population.dossiers),
        }
        make, prefix, most = makers[kind]
        return next((make(self._population, number) for number in _numbers(key, prefix, most)), None)


def _numbers(values: str, prefix: str, most: int) -> Iterable[int]:
    for value in values.split(","):
        number = value.removeprefix(prefix)
        if value.startswith(prefix) and number.isdecimal() and int(number) < most:
            yield int(number)


def create_app(population: Population) -> Starlette:
    """The platform as an application."""
    platform = Platform(population)

    async def search(request: Request) -> Response:
        given = dict(parse_qsl((await request.body()).decode())) | dict(request.query_params)
        found = platform.search(request.path_params["kind"], given)
        return JSONResponse({"resourceType": "Bundle", "type": "searchset", "entry": [{"resource": resource} for resource in found]})

    async def read(request: Request) -> Response:
        found = platform.read(request.path_params["kind"], request.path_params["key"])
        return JSONResponse(found) if found else JSONResponse({"resourceType": "OperationOutcome"}, 404)

    async def metadata(_request: Request) -> Response:
        return JSONResponse({"resourceType": "CapabilityStatement"})

    return Starlette(
        routes=[
            Route("/fhir/metadata", metadata),
            Route("/fhir/{kind}/_search", search, methods=["POST"]),
            Route("/fhir/{kind}/{key}", read),
        ]
    )


def main() -> None:
    """Serve on loopback until stopped."""
    parser = argparse.ArgumentParser()
    for name in ("port", "people", "dossiers", "members"):
        parser.add_argument(f"--{name}", type=int, required=True)
    given = parser.parse_args()
    app = create_app(Population(given.people, given.dossiers, given.members))
    uvicorn.run(app, host="127.0.0.1", port=given.port, log_config=None, access_log=False, timeout_graceful_shutdown=1)


if __name__ == "__main__":
    main()
