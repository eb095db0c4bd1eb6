"""The client behind gateways, and before servers, that do things in other ways than the sandbox."""

from __future__ import annotations

import asyncio
import json
import logging
import time
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from bot.core.time_budget import TimeBudget
from bot.fhir.client import FhirClient
from bot.fhir.errors import FhirConflict, FhirNotFound, FhirRejected, FhirUnauthorized, FhirUnavailable
from bot.fhir.paging import own_url
from tests.unit.sandbox.sandbox_server import serve_app

Resource = dict[str, Any]


class Server:
    """A small FHIR server of Patients, with the manners that a test gives it."""

    def __init__(self) -> None:
        self.url = ""
        self.stored: dict[str, Resource] = {}
        self.asked: list[tuple[str, str]] = []
        self.headers: list[dict[str, str]] = []
        self.post_search = 200
        """Status of searches by POST."""
        self.answers: list[Response] = []
        """Answers that come first, whatever is asked."""
        self.empty: str | None = None
        """Writes are answered with this body instead of the resource."""
        self.tells = {"Location", "ETag", "versionId"}
        self.none_exist = self.match = 0
        """Status of requests that hold If-None-Exist, If-Match; 0: these are heeded; 1: passed over."""
        self.next_base: str | None = None
        self.app = Starlette(routes=[Route("/{path:path}", self._handle, methods=["GET", "POST", "PUT"])])

    async def _handle(self, request: Request) -> Response:
        query = f"?{request.url.query}" if request.url.query else ""
        self.asked.append((request.method, request.url.path + query))
        self.headers.append(dict(request.headers))
        if self.answers:
            return self.answers.pop(0)
        parts = request.url.path.removeprefix("/fhir/").split("/")
        body = await request.body()
        if request.method == "POST" and parts[-1] == "_search":
            return self._search({}) if self.post_search == 200 else JSONResponse({}, self.post_search)
        if request.method == "GET" and len(parts) == 1:
            return self._search(dict(request.query_params))
        if request.method == "GET":
            return self._shown(parts[1], 200) if parts[1] in self.stored else JSONResponse({}, 404)
        return self._write(request, json.loads(body), parts)

    def _write(self, request: Request, resource: Resource, parts: list[str]) -> Response:
        if request.method == "POST":
            if "if-none-exist" in request.headers:
                if self.none_exist > 1:
                    return JSONResponse({}, self.none_exist)
                if not self.none_exist and self.stored:
                    return self._shown(next(iter(self.stored)), 200, written=True)
            key, status = f"p{len(self.stored) + 1}", 201
            self.stored[key] = {**resource, "id": key, "meta": {"versionId": "1"}}
        else:
            key, status = parts[1], 200
            version = self.stored[key]["meta"]["versionId"]
            if "if-match" in request.headers and self.match != 1:
                if self.match:
                    return JSONResponse({}, self.match)
                if request.headers["if-match"] != f'W/"{version}"':
                    return JSONResponse({}, 412)
            self.stored[key] = {**resource, "meta": {"versionId": str(int(version) + 1)}}
        return self._shown(key, status, written=True)

    def _shown(self, key: str, status: int, *, written: bool = False) -> Response:
        resource = self._told(self.stored[key])
        headers = {}
        if "ETag" in self.tells:
            headers["ETag"] = f'W/"{self.stored[key]["meta"]["versionId"]}"'
        if written and "Location" in self.tells:
            headers["Location"] = f"http://internal:8080/fhir/Patient/{key}/_history/1"
        if written and self.empty is not None:
            return Response(self.empty, status, headers, media_type="application/fhir+json")
        return JSONResponse(resource, status, headers)

    def _told(self, resource: Resource) -> Resource:
        return resource if "versionId" in self.tells else {k: v for k, v in resource.items() if k != "meta"}

    def _search(self, parameters: dict[str, str]) -> Response:
        found, at = list(self.stored.values()), int(parameters.get("page", "0"))
        page = found[at : at + 2] if self.next_base else found
        bundle: Resource = {"resourceType": "Bundle", "entry": [{"resource": self._told(each)} for each in page]}
        if self.next_base and at + 2 < len(found):
            bundle["link"] = [{"relation": "next", "url": f"{self.next_base}?page={at + 2}"}]
        return JSONResponse(bundle)


@pytest.fixture
def server() -> Iterator[Server]:
    made = Server()
    with serve_app(made.app) as url:
        made.url = f"{url}/fhir"
        yield made


@pytest.fixture
async def fhir(server: Server) -> AsyncIterator[FhirClient]:
    client = FhirClient(server.url, "a-token", headers=[("ESANTE-API-KEY", "a-key")], timeout=20)
    yield client
    await client.aclose()


def patient(**more: Any) -> Resource:
    return {"resourceType": "Patient", "gender": "female", **more}


async def test_headers_of_the_gateway_go_with_every_request(server: Server, fhir: FhirClient) -> None:
    made, etag = await fhir.create(patient())
    await fhir.update(made, if_match=etag)
    await fhir.search("Patient", {"family": "Durand"})
    assert {headers["esante-api-key"] for headers in server.headers} == {"a-key"}
    assert [headers.get("prefer") for headers in server.headers] == ["return=representation"] * 2 + [None]


@pytest.mark.parametrize("status", [403, 405, 501, 404])
async def test_searches_go_by_get_where_post_is_refused_and_that_is_remembered(
    server: Server, fhir: FhirClient, status: int, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    await fhir.create(patient())
    server.post_search, server.asked = status, []
    for _ in range(2):
        assert len(await fhir.search("Patient", {"family": "Durand"})) == 1
    methods = [method for method, path in server.asked if "Practitioner" not in path]
    assert methods == ["POST", "GET", "GET"]
    assert fhir.search_by == "get"
    assert "PLATFORM_SEARCH" in caplog.text
    assert "Durand" not in caplog.text


async def test_a_server_that_once_took_post_is_not_asked_by_get(server: Server, fhir: FhirClient) -> None:
    await fhir.search("Patient", {"family": "Durand"})
    server.post_search = 405
    with pytest.raises(FhirRejected):
        await fhir.search("Patient", {"family": "Durand"})
    assert not any("Durand" in path for _, path in server.asked)


@pytest.mark.parametrize("search_by", ["post", "get"])
async def test_how_it_is_searched_may_be_set(server: Server, search_by: Any) -> None:
    client = FhirClient(server.url, "t", search_by=search_by)
    server.post_search = 405
    if search_by == "get":
        assert await client.search("Patient", {"family": "Durand"}) == []
    else:
        with pytest.raises(FhirRejected):
            await client.search("Patient", {"family": "Durand"})
    assert [method for method, _ in server.asked] == [search_by.upper()]
    await client.aclose()


@pytest.mark.parametrize("body", ["", " ", '{"resourceType": "OperationOutcome", "issue": []}'])
async def test_a_write_that_is_answered_with_nothing_is_read_back(server: Server, fhir: FhirClient, body: str) -> None:
    server.empty = body
    made, etag = await fhir.create(patient())
    assert (made["id"], etag) == ("p1", 'W/"1"')
    changed, etag = await fhir.update({**made, "gender": "male"}, if_match=etag)
    assert (changed["gender"], etag) == ("male", 'W/"2"')


async def test_a_creation_that_does_not_say_where_is_not_taken_for_done(server: Server, fhir: FhirClient) -> None:
    server.empty, server.tells = "", {"ETag", "versionId"}
    with pytest.raises(FhirUnavailable):
        await fhir.create(patient())


@pytest.mark.parametrize("status", [412, 400, 501])
async def test_where_if_none_exist_is_refused_it_is_searched_before(server: Server, fhir: FhirClient, status: int) -> None:
    server.none_exist = status
    one, _ = await fhir.create(patient(), if_none_exist="identifier=a|b")
    again, _ = await fhir.create(patient(), if_none_exist="identifier=a|b")
    assert one["id"] == again["id"]
    assert len(server.stored) == 1
    assert sum("if-none-exist" in headers for headers in server.headers) == 1  # once it is known, it is not tried again
    server.stored["p2"] = {**patient(), "id": "p2", "meta": {"versionId": "1"}}
    with pytest.raises(FhirConflict):
        await fhir.create(patient(), if_none_exist="identifier=a|b")


@pytest.mark.parametrize("status", [409, 412])
async def test_a_conflict_never_makes_a_change_without_its_version(server: Server, fhir: FhirClient, status: int) -> None:
    """What is read after it may be older than what the condition was compared with, or not written yet by whoever is ahead."""
    made, _ = await fhir.create(patient())
    server.match = status
    for _ in range(2):
        with pytest.raises(FhirConflict):
            await fhir.replace(made, {**made, "gender": "unknown"})
    assert server.stored["p1"].get("gender") != "unknown"
    assert all("if-match" in headers for (method, _), headers in zip(server.asked, server.headers, strict=True) if method == "PUT")


@pytest.mark.parametrize("bad", ["..", ".", "a/b", "../Patient/p1", "a?b", "a#b", "", "a" * 65, "é"])
async def test_what_can_be_no_id_is_not_asked_for(server: Server, fhir: FhirClient, bad: str) -> None:
    with pytest.raises(FhirNotFound):
        await fhir.read("Patient", bad)
    with pytest.raises(FhirNotFound):
        await fhir.update({"resourceType": "Patient", "id": bad}, if_match="")
    assert server.asked == []


@pytest.mark.parametrize("status", [400, 501, 1])
async def test_where_if_match_is_refused_the_change_is_made_and_a_conflict_is_still_seen(
    server: Server, fhir: FhirClient, status: int
) -> None:
    made, _ = await fhir.create(patient())
    server.match = status
    await fhir.replace(made, {**made, "gender": "male"})
    assert server.stored["p1"]["gender"] == "male"
    if status != 1:  # one that passes it over cannot be found out by a write: `bot platform check --write` does
        with pytest.raises(FhirConflict):
            await fhir.replace(made, {**made, "gender": "other"})
        assert server.stored["p1"]["gender"] == "male"


@pytest.mark.parametrize("tells", [{"ETag"}, set()])
async def test_where_a_search_does_not_tell_the_version_it_is_read_before_a_change(
    server: Server, fhir: FhirClient, tells: set[str]
) -> None:
    await fhir.create(patient())
    server.tells = tells
    (found,) = await fhir.search("Patient", {"_id": "p1"})
    await fhir.replace(found, {**found, "gender": "male"})
    assert server.stored["p1"]["gender"] == "male"
    with pytest.raises(FhirConflict):  # what was found is not what is there by now
        await fhir.replace(found, {**found, "gender": "other"})
    assert server.headers[-1].get("if-match") is None
    assert await fhir.read("Patient", "p1") == (server._told(server.stored["p1"]), 'W/"2"' if tells else "")


@pytest.mark.parametrize("wait", ["1", "date", "0"])
@pytest.mark.parametrize("status", [429, 503])
async def test_a_pause_that_is_asked_for_is_kept(server: Server, fhir: FhirClient, status: int, wait: str) -> None:
    at = datetime.now(UTC).replace(microsecond=0) + timedelta(seconds=2)  # by the second: one to two of them
    header = format_datetime(at, usegmt=True) if wait == "date" else wait
    server.answers = [Response(status_code=status, headers={"Retry-After": header})]
    began = time.monotonic()
    await asyncio.gather(*(fhir.search("Patient", {"_id": "x"}) for _ in range(3)))
    assert time.monotonic() - began >= (0.9 if wait != "0" else 0)


async def test_a_write_that_was_turned_away_by_429_is_sent_again(server: Server, fhir: FhirClient) -> None:
    server.answers = [Response(status_code=429, headers={"Retry-After": "0"})]
    assert (await fhir.create(patient()))[0]["id"] == "p1"
    server.answers = [Response(status_code=503, headers={"Retry-After": "0"})]
    with pytest.raises(FhirUnavailable):  # it may have been done
        await fhir.create(patient())


async def test_a_long_pause_is_told_and_kept_by_all(server: Server, fhir: FhirClient) -> None:
    server.answers = [Response(status_code=429, headers={"Retry-After": "900"})]
    for most in (900, 60):
        began = time.monotonic()
        with pytest.raises(FhirUnavailable) as raised:
            await fhir.search("Patient", {"_id": "x"})
        assert raised.value.retry_after is not None
        assert most * 0.9 < raised.value.retry_after <= most
        assert time.monotonic() - began < 5
    assert len(server.asked) == 1


async def test_a_pause_is_bounded_by_what_the_turn_has_left(server: Server, fhir: FhirClient) -> None:
    server.answers = [Response(status_code=503, headers={"Retry-After": "3"})]
    began = time.monotonic()
    with TimeBudget(1.0).applied(), pytest.raises(FhirUnavailable):
        await fhir.search("Patient", {"_id": "x"})
    assert time.monotonic() - began < 2.5


async def test_pages_that_name_another_host_are_asked_for_at_our_own(server: Server, fhir: FhirClient) -> None:
    for _ in range(5):
        await fhir.create(patient())
    for base in ("http://internal:8080/fhir/Patient", "https://thief.example/fhir/Patient", "http://internal/Patient/_search"):
        server.next_base, server.asked = base, []
        assert len(await fhir.search("Patient", {"_id": "x"})) == 5
        assert len(server.asked) == 3
    server.next_base = "https://thief.example/elsewhere"
    with pytest.raises(FhirUnavailable):
        await fhir.search("Patient", {"_id": "x"})


@pytest.mark.parametrize(
    ("link", "asked"),
    [
        ("https://gw.example/region/fhir/Patient?p=2", "https://gw.example/region/fhir/Patient?p=2"),
        ("https://gw.example/region/fhir?_getpages=1", "https://gw.example/region/fhir?_getpages=1"),
        ("http://gw.example:8080/region/fhir/Patient?p=2", "https://gw.example/region/fhir/Patient?p=2"),
        ("http://inner:8080/fhir/Patient?p=2&q=a%7Cb", "https://gw.example/region/fhir/Patient?p=2&q=a%7Cb"),
        ("http://inner:8080/fhir?_getpages=1", "https://gw.example/region/fhir?_getpages=1"),
        ("http://inner/Patient/_search?p=2", "https://gw.example/region/fhir/Patient?p=2"),
        ("Patient?p=2", "https://gw.example/region/fhir/Patient?p=2"),
        ("http://inner/other/Patient?p=2", None),
        ("http://inner/fhir/Practitioner?p=2", None),
        ("http://inner/fhir", None),
        ("https://gw.example.evil.example/login", None),
    ],
)
def test_where_a_next_link_leads(link: str, asked: str | None) -> None:
    if asked is None:
        with pytest.raises(FhirUnavailable):
            own_url("https://gw.example/region/fhir", link, "Patient")
    else:
        assert own_url("https://gw.example/region/fhir", link, "Patient") == asked


def outcome(code: str) -> Resource:
    return {"resourceType": "OperationOutcome", "issue": [{"severity": "error", "code": code}]}


async def test_a_refusal_of_one_request_is_told_from_one_of_our_access(server: Server, fhir: FhirClient) -> None:
    await fhir.search("Patient", {"_id": "x"})
    server.answers = [JSONResponse(outcome("forbidden"), 403)]
    with pytest.raises(FhirRejected, match="403 forbidden"):
        await fhir.create(patient())
    server.answers = [JSONResponse(outcome("forbidden"), 403), JSONResponse(outcome("forbidden"), 403)]
    with pytest.raises(FhirUnauthorized):  # everything is forbidden
        await fhir.create(patient())
    for refusal in (
        JSONResponse({"error": "invalid_client"}, 403),
        JSONResponse(outcome("login"), 403),
        JSONResponse(outcome("forbidden"), 403, {"WWW-Authenticate": 'Bearer error="insufficient_scope"'}),
        Response("<html>Forbidden</html>", 403),
        JSONResponse({}, 401),
    ):
        server.answers = [refusal]
        with pytest.raises(FhirUnauthorized):
            await fhir.create(patient())


async def test_an_exhausted_budget_asks_nothing(server: Server, fhir: FhirClient) -> None:
    with TimeBudget(0.0).applied(), pytest.raises(FhirUnavailable):
        await fhir.search("Patient", {"_id": "x"})
    assert server.asked == []
