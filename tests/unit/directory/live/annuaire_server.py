"""An Annuaire Santé (FHIR API v2) of invented people, in the structure of the published profiles, which enforces its limits.

401 without its key, 429 with Retry-After above 17 calls in a second, `active=true` wanted but for changes, pages of 50 by a next link that
is opaque, no `total`, inactive people with their numbers alone, Organizations only by a search of their own.
"""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from bot.core.text_folding import fold

KEY = "a-key-of-tests"
PER_SECOND = 17
_NOS = "https://mos.esante.gouv.fr/NOS"
_V2_0203 = "https://hl7.fr/ig/fhir/core/CodeSystem/fr-core-cs-v2-0203"
Resource = dict[str, Any]


@dataclass
class Annuaire:
    """What the server holds, how it misbehaves, and what it was asked."""

    resources: list[Resource] = field(default_factory=list)
    calls: list[float] = field(default_factory=list)
    """Monotonic instants of the calls that it counted."""
    asked: list[tuple[str, str, list[tuple[str, str]]]] = field(default_factory=list)
    """Method, path and parameters of each call."""
    refused: int = 0
    """Calls that were above the limit."""
    down: bool = False
    pause: str = ""
    """Retry-After of its answers while it is down."""
    minds: str = ""
    """A word for which it refuses a search."""
    stalls: float = 0.0
    """Seconds that each answer takes."""
    pages: dict[str, tuple[list[Resource], list[Resource], int]] = field(default_factory=dict)

    def add(self, *resources: Resource) -> None:
        """Put resources in, in the place of those of the same id."""
        ids = {(resource["resourceType"], resource["id"]) for resource in resources}
        self.resources = [r for r in self.resources if (r["resourceType"], r["id"]) not in ids] + list(resources)

    def app(self) -> Starlette:
        """The server."""
        routes = [
            Route("/fhir/v2/_page", self._page),
            Route("/fhir/v2/{kind}/_search", self._search, methods=["POST"]),
            Route("/fhir/v2/{kind}", self._search, methods=["GET"]),
        ]
        return Starlette(routes=routes)

    async def _guarded(self, request: Request, params: list[tuple[str, str]]) -> Response | None:
        now = time.monotonic()
        self.asked.append((request.method, request.url.path, params))
        self.calls.append(now)
        if len([at for at in self.calls if at > now - 1]) > PER_SECOND:
            self.refused += 1
            return JSONResponse(_outcome("throttled"), 429, {"Retry-After": "1"})
        if request.headers.get("ESANTE-API-KEY") != KEY:
            return JSONResponse(_outcome("login"), 401)
        if self.down:
            return JSONResponse(_outcome("transient"), 503, {"Retry-After": self.pause} if self.pause else {})
        if self.minds and any(self.minds in value for _, value in params):
            return JSONResponse(_outcome("invalid"), 400)
        if self.stalls:
            await asyncio.sleep(self.stalls)
        return None

    async def _search(self, request: Request) -> Response:
        body = (await request.body()).decode() if request.method == "POST" else request.url.query
        params = parse_qsl(body)
        if refusal := await self._guarded(request, params):
            return refusal
        values = dict(params)
        if values.get("active") != "true" and "_lastUpdated" not in values:
            return JSONResponse(_outcome("business-rule"), 400)
        kind = request.path_params["kind"]
        matches = [r for r in self.resources if r["resourceType"] == kind and all(_meets(r, name, value) for name, value in params)]
        included = []
        if ("_revinclude", "PractitionerRole:practitioner") in params:
            ids = {f"Practitioner/{match['id']}" for match in matches}
            included = [r for r in self.resources if r["resourceType"] == "PractitionerRole" and r["practitioner"]["reference"] in ids]
        return JSONResponse(self._bundle(request, matches, included, int(values.get("_count", "50"))))

    async def _page(self, request: Request) -> Response:
        if refusal := await self._guarded(request, parse_qsl(request.url.query)):
            return refusal
        matches, included, count = self.pages.pop(request.query_params["id"])
        return JSONResponse(self._bundle(request, matches, included, count))

    def _bundle(self, request: Request, matches: list[Resource], included: list[Resource], count: int) -> Resource:
        shown, rest = matches[:count], matches[count:]
        ids = {f"Practitioner/{match['id']}" for match in shown}
        entries = [{"resource": resource, "search": {"mode": "match"}} for resource in shown]
        entries += [{"resource": r, "search": {"mode": "include"}} for r in included if r["practitioner"]["reference"] in ids]
        links = [{"relation": "self", "url": str(request.url)}]
        if rest:
            page = f"page{len(self.pages)}"
            self.pages[page] = (rest, included, count)
            links.append({"relation": "next", "url": f"{request.base_url}fhir/v2/_page?id={page}"})
        return {"resourceType": "Bundle", "type": "searchset", "link": links, "entry": entries}


def _outcome(code: str) -> Resource:
    return {"resourceType": "OperationOutcome", "issue": [{"severity": "error", "code": code}]}


def _meets(resource: Resource, name: str, value: str) -> bool:
    names = (resource.get("name") or [{}])[0] if isinstance(resource.get("name"), list) else {}
    family, given = fold(names.get("family", "")), [fold(part) for part in names.get("given", [])]
    affixes = [fold(part) for part in [*names.get("prefix", []), *names.get("suffix", [])]]
    if name == "name":
        return any(part.startswith(fold(value)) for part in (family, *given, *affixes))
    if name == "family:contains":
        return fold(value) in family
    if name == "identifier":
        system, _, number = value.rpartition("|")
        return any(i["value"] == number and i["system"] == system for i in resource.get("identifier", []))
    if name == "_id":
        return resource["id"] in value.split(",")
    if name == "active":
        return resource["active"] is (value == "true")
    if name == "_lastUpdated":
        return bool(resource["meta"]["lastUpdated"] >= value.removeprefix("ge"))
    if name in {"_count", "_revinclude"}:
        return True
    raise AssertionError(f"the service knows no parameter {name}")


def practitioner(
    rpps: str,
    family: str,
    given: str,
    *,
    updated: str = "2026-01-01T00:00:00Z",
    profession: str = "60",
    skill: str = "",
    civility: str = "MME",
) -> Resource:
    """A professional as `as-dp-practitioner` has them: codes without a display."""
    degree = [_coding("TRE_R48-DiplomeEtatFrancais", "DE01"), _coding("TRE_R14-TypeDiplome", "DE")]
    practice = [_coding("TRE_G15-ProfessionSante", profession), _coding("TRE_R09-CategorieProfessionnelle", "C")]
    skills = [_coding("TRE_R04-TypeSavoirFaire", "S"), _coding("TRE_R38-SpecialiteOrdinale", skill)]
    name = {"use": "usual", "family": family, "given": [given], "prefix": [civility]}
    return {
        "resourceType": "Practitioner",
        "id": f"003-{rpps}",
        "meta": {"versionId": "1", "lastUpdated": updated, "source": "https://annuaire.sante.fr"},
        "active": True,
        "identifier": _identifiers(rpps),
        "name": [name | ({"suffix": ["DR"]} if profession == "10" else {})],
        "telecom": [_mailbox(f"{fold(given)}.{fold(family)}@invente.mssante.fr".replace(" ", ""))],
        "qualification": [{"code": {"coding": coding}} for coding in (degree, practice, *([skills] if skill else []))],
    }


def withdrawn(rpps: str, *, updated: str) -> Resource:
    """Somebody who is not active any more: numbers alone are left."""
    meta = {"versionId": "2", "lastUpdated": updated, "source": "https://annuaire.sante.fr"}
    return {"resourceType": "Practitioner", "id": f"003-{rpps}", "meta": meta, "active": False, "identifier": _identifiers(rpps)}


def role(
    rpps: str, organization: str, *, number: int = 1, updated: str = "2026-01-01T00:00:00Z", active: bool = True, mode: str = "L"
) -> Resource:
    """A situation d'exercice, as `as-dp-practitionerrole` has it."""
    return {
        "resourceType": "PractitionerRole",
        "id": f"005-{rpps}-{number}",
        "meta": {"versionId": "1", "lastUpdated": updated},
        "active": active,
        "identifier": [{"system": "https://rpps.esante.gouv.fr", "value": f"10{rpps[-6:]}{number:02d}"}],
        "practitioner": {"reference": f"Practitioner/003-{rpps}"},
        "organization": {"reference": f"Organization/{organization}"},
        "code": [{"coding": [_coding("TRE_R22-GenreActivite", "GENR01")]}, {"coding": [_coding("TRE_R23-ModeExercice", mode)]}],
    }


def organization(identifier: str, name: str, city: str, postal_code: str, *, finess: str = "370000099") -> Resource:
    """A structure, as `as-dp-organization` has it: the street is told in parts."""
    parts = {"houseNumber": "12", "streetNameType": "R", "streetNameBase": "DES INVENTIONS"}
    extensions = [{"url": f"http://hl7.org/fhir/StructureDefinition/iso21090-ADXP-{part}", "valueString": v} for part, v in parts.items()]
    return {
        "resourceType": "Organization",
        "id": identifier,
        "meta": {"versionId": "1", "lastUpdated": "2026-01-01T00:00:00Z"},
        "active": True,
        "identifier": [
            {"system": "urn:oid:1.2.250.1.71.4.2.2", "value": f"1{finess}"},
            {"system": "https://finess.esante.gouv.fr", "value": finess, "type": {"coding": [{"system": _V2_0203, "code": "FINEG"}]}},
        ],
        "name": name,
        "address": [{"city": city, "postalCode": postal_code, "_line": [{"extension": extensions}]}],
        "telecom": [{"system": "phone", "value": "0247000000", "rank": 1}],
    }


def _identifiers(rpps: str) -> list[Resource]:
    kinds = (("urn:oid:1.2.250.1.71.4.2.1", f"8{rpps}", "IDNPS"), ("https://rpps.esante.gouv.fr", rpps, "RPPS"))
    return [
        {"use": "official", "system": system, "value": value, "type": {"coding": [{"system": _V2_0203, "code": code}]}}
        for system, value, code in kinds
    ]


def _coding(table: str, code: str) -> Resource:
    return {"system": f"{_NOS}/{table}/FHIR/{table.replace('_', '-', 1)}", "code": code}


def _mailbox(address: str) -> Resource:
    url = "https://hl7.fr/ig/fhir/core/StructureDefinition/fr-core-contact-point-email-type"
    return {"extension": [{"url": url, "valueCoding": {"code": "MSSANTE"}}], "system": "email", "value": address, "rank": 1}
