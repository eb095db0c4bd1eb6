"""A ROR (FHIR R4) of invented people, in the structure of the published profiles, which enforces its access.

A token endpoint of client credentials; 401 without a token or with one that ended; 403 without the four headers; searches by GET alone and
by no name; a bare RPPS under the system of national identifications; pages of at most 200.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from bot.settings import Settings

CLIENT_ID, CLIENT_SECRET = "sphere-centre", "a-secret-of-tests"
HEADERS = {
    "Ror-Profil-Utilisateur-Code": "CU99",
    "Ror-Profil-Utilisateur-System": "1.2.250.1.213.1.6.1.66",
    "Ror-Role-Metier-Code": "AUTOMATE",
    "Ror-Role-Metier-System": "1.2.250.1.213.1.1.4.6",
}
IDNPS = "urn:oid:1.2.250.1.71.4.2.1"
REGIONS = "https://mos.esante.gouv.fr/NOS/TRE_R30-RegionOM/FHIR/TRE-R30-RegionOM"
CHAIN = "_has:PractitionerRole:service:practitioner.identifier"
Resource = dict[str, Any]


def ror_settings(url: str, **more: Any) -> Settings:
    """The settings of an installation that this ROR knows."""
    values = {
        "ror_url": f"{url}/ws",
        "ror_token_url": f"{url}/token",
        "ror_client_id": CLIENT_ID,
        "ror_client_secret": CLIENT_SECRET,
        "ror_profile_code": HEADERS["Ror-Profil-Utilisateur-Code"],
        "ror_profile_system": HEADERS["Ror-Profil-Utilisateur-System"],
        "ror_role_code": HEADERS["Ror-Role-Metier-Code"],
        "ror_role_system": HEADERS["Ror-Role-Metier-System"],
    }
    return Settings(secret="s" * 32, **{**values, **more})


@dataclass
class Ror:
    """What the server holds, how it misbehaves, and what it was asked."""

    people: dict[str, list[Resource]] = field(default_factory=dict)
    """By RPPS the HealthcareServices that a person takes part in."""
    regions: dict[str, str] = field(default_factory=dict)
    """By RPPS the region that tells of the person."""
    tokens: set[str] = field(default_factory=set)
    tokens_given: int = 0
    asked: list[tuple[str, list[tuple[str, str]]]] = field(default_factory=list)
    down: bool = False
    takes_chains: bool = True

    def add(self, rpps: str, *places: tuple[str, str], region: str = "24") -> None:
        """Put a person in, with the offers (structure, name) that they take part in."""
        self.regions[rpps] = region
        self.people[rpps] = [
            {
                "resourceType": "HealthcareService",
                "id": f"hs-{rpps}-{number}",
                "meta": {"tag": [{"system": REGIONS, "code": region}]},
                "name": name,
                "providedBy": {"reference": f"Organization/{structure}"},
            }
            for number, (structure, name) in enumerate(places)
        ]

    def app(self) -> Starlette:
        """The server."""
        return Starlette(routes=[Route("/token", self._token, methods=["POST"]), Route("/ws/{kind}", self._search, methods=["GET"])])

    async def _token(self, request: Request) -> Response:
        form = dict(parse_qsl((await request.body()).decode()))
        if request.headers.get("Authorization") or form.get("client_id") != CLIENT_ID or form.get("client_secret") != CLIENT_SECRET:
            return JSONResponse({"error": "invalid_client"}, 401)  # it takes them in the form, as its documentation shows
        assert form["grant_type"] == "client_credentials"
        self.tokens_given += 1
        token = secrets.token_hex(8)
        self.tokens.add(token)
        return JSONResponse({"access_token": token, "token_type": "Bearer", "expires_in": 300})

    async def _search(self, request: Request) -> Response:
        params = parse_qsl(request.url.query)
        self.asked.append((request.path_params["kind"], params))
        if request.headers.get("Authorization", "").removeprefix("Bearer ") not in self.tokens:
            return _outcome("login", 401)
        if any(request.headers.get(name) != value for name, value in HEADERS.items()):
            return _outcome("forbidden", 403)
        if self.down:
            return _outcome("transient", 503)
        values = dict(params)
        count = min(int(values.get("_count", "200")), 200)
        start = int(values.pop("_offset", "0"))
        matches, included = self._found(request.path_params["kind"], values)
        if matches is None:
            return _outcome("not-supported", 400)
        entries = [{"resource": r, "search": {"mode": "match"}} for r in matches[start : start + count]]
        entries += [{"resource": r, "search": {"mode": "include"}} for r in included]
        links = []
        if len(matches) > start + count:
            links = [{"relation": "next", "url": str(request.url.include_query_params(_offset=start + count))}]
        return JSONResponse({"resourceType": "Bundle", "type": "searchset", "entry": entries, "link": links})

    def _found(self, kind: str, values: dict[str, str]) -> tuple[list[Resource] | None, list[Resource]]:
        asked = values.keys() - {"_count", "_tag", "_include"}
        region = values.get("_tag", "").rpartition("|")[2]
        if kind == "Practitioner" and asked == {"_id"}:
            return [], []
        if kind == "Practitioner" and asked == {"identifier"}:
            system, _, rpps = values["identifier"].rpartition("|")
            is_known = system == IDNPS and rpps in self.people and region in {"", self.regions[rpps]}
            person = {"resourceType": "Practitioner", "id": f"p-{rpps}", "identifier": [{"system": IDNPS, "value": rpps}]}
            return ([person] if is_known else []), []
        if kind == "HealthcareService" and asked == {CHAIN} and self.takes_chains:
            services = self.people.get(values[CHAIN].rpartition("|")[2], [])
            structures = {service["providedBy"]["reference"].partition("/")[2] for service in services}
            return services, [{"resourceType": "Organization", "id": name, "name": name} for name in sorted(structures)]
        return None, []


def _outcome(code: str, status: int) -> Response:
    return JSONResponse({"resourceType": "OperationOutcome", "issue": [{"severity": "error", "code": code}]}, status)
