"""The FHIR client against a real server, and against servers that misbehave."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator

import httpx
import pytest

from bot.fhir.client import FhirClient
from bot.fhir.errors import FhirConflict, FhirNotFound, FhirRejected, FhirUnauthorized, FhirUnavailable
from bot.fhir.sender import RETRIES
from tests.unit.sandbox.sandbox_server import TOKEN, Sandbox, running_sandbox


@pytest.fixture(scope="module")
def sandbox(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sandbox]:
    with running_sandbox(tmp_path_factory.mktemp("sandbox")) as running:
        yield running


@pytest.fixture
async def fhir(sandbox: Sandbox) -> AsyncIterator[FhirClient]:
    client = FhirClient(sandbox.fhir, TOKEN)
    yield client
    await client.aclose()
    sandbox.fault("none")


async def answered(answer: Callable[[httpx.Request], httpx.Response]) -> tuple[Exception | None, list[httpx.Request]]:
    """How reading a Patient from a server that gives this answer ends, and what it was asked."""
    asked: list[httpx.Request] = []

    def handle(request: httpx.Request) -> httpx.Response:
        asked.append(request)
        return answer(request)

    client = FhirClient("https://fhir.example/base", "secret", transport=httpx.MockTransport(handle))
    try:
        await client.search("Patient", {"name": "Durand"})
    except Exception as error:
        return error, asked
    finally:
        await client.aclose()
    return None, asked


async def test_create_read_update_and_search(fhir: FhirClient) -> None:
    created, etag = await fhir.create({"resourceType": "Patient", "name": [{"family": "Zébulon"}]})
    assert await fhir.read("Patient", created["id"]) == (created, etag)
    updated, newer = await fhir.update(created | {"gender": "male"}, if_match=etag)
    assert newer != etag
    assert await fhir.search("Patient", {"family": "zebulon"}) == [updated]
    with pytest.raises(FhirConflict):
        await fhir.update(created, if_match=etag)
    with pytest.raises(FhirNotFound):
        await fhir.read("Patient", "absent")
    with pytest.raises(FhirRejected) as refused:
        await fhir.search("Patient", {"nonsense": "x"})
    assert (refused.value.status, refused.value.codes) == (400, ("not-supported",))
    with pytest.raises(FhirRejected, match="422"):
        await fhir.create({"resourceType": "Patient", "gender": "Durand"})


async def test_search_follows_every_page(fhir: FhirClient) -> None:
    small = await fhir.search("Practitioner", [("_count", "3"), ("active", "true")])
    large = await fhir.search("Practitioner", {"_count": "200", "active": "true"})
    assert len(small) > 40
    assert small == large


async def test_conditional_create_makes_one(fhir: FhirClient) -> None:
    body = {"resourceType": "Patient", "identifier": [{"system": "urn:test", "value": "one"}]}
    made = await asyncio.gather(*(fhir.create(body, if_none_exist="identifier=urn:test|one") for _ in range(8)))
    assert len({resource["id"] for resource, _ in made}) == 1


async def test_a_platform_that_stumbles_is_asked_again(sandbox: Sandbox, fhir: FhirClient) -> None:
    sandbox.fault("down", count=RETRIES)
    assert len(await fhir.search("Patient", {"identifier": "SPH-2024-000137"})) == 1
    sandbox.fault("down", count=RETRIES + 1)
    with pytest.raises(FhirUnavailable):
        await fhir.search("Patient", {"identifier": "SPH-2024-000137"})


async def test_a_write_that_cannot_be_repeated_is_not(sandbox: Sandbox, fhir: FhirClient) -> None:
    created, etag = await fhir.create({"resourceType": "Patient"})
    sandbox.fault("lost", count=1)
    with pytest.raises(FhirUnavailable):
        await fhir.update(created, if_match=etag)
    assert (await fhir.read("Patient", created["id"]))[1] == 'W/"2"'


async def test_garbage_and_slowness_are_unavailability(sandbox: Sandbox, fhir: FhirClient) -> None:
    sandbox.fault("garbage", count=1)
    with pytest.raises(FhirUnavailable):
        await fhir.search("Patient", {"identifier": "SPH-2024-000137"})
    sandbox.fault("slow", seconds=1, count=1)
    impatient = FhirClient(sandbox.fhir, TOKEN, timeout=0.1)
    with pytest.raises(FhirUnavailable):
        await impatient.read("Patient", "x")
    await impatient.aclose()


async def test_a_wrong_token_and_a_server_that_is_not_there(sandbox: Sandbox) -> None:
    for url, token, error in ((sandbox.fhir, "wrong", FhirUnauthorized), ("http://127.0.0.1:9", TOKEN, FhirUnavailable)):
        client = FhirClient(url, token)
        with pytest.raises(error):
            await client.read("Patient", "x")
        await client.aclose()


@pytest.mark.parametrize(
    ("body", "error"),
    [
        ({"resourceType": "Bundle"}, None),
        ({"resourceType": "Bundle", "entry": [{"resource": {"resourceType": "OperationOutcome"}, "search": {"mode": "outcome"}}]}, None),
        ({"resourceType": "Patient"}, FhirUnavailable),
        ({"resourceType": "Bundle", "entry": ["x"]}, FhirUnavailable),
        ([], FhirUnavailable),
        ({"resourceType": "Bundle", "link": [{"relation": "next", "url": "https://thief.example/base/Patient"}]}, FhirUnavailable),
        ({"resourceType": "Bundle", "link": [{"relation": "next", "url": "https://fhir.example/base/Patient?page=2"}]}, FhirUnavailable),
    ],
)
async def test_answers_that_make_no_sense(body: object, error: type[Exception] | None) -> None:
    raised, asked = await answered(lambda _request: httpx.Response(200, json=body))
    assert (type(raised) if raised else None) is error
    assert {request.url.host for request in asked} == {"fhir.example"}
    assert all("Durand" not in str(request.url) for request in asked)  # URLs end up in logs


@pytest.mark.parametrize(
    ("status", "error"), [(301, FhirUnavailable), (403, FhirUnauthorized), (410, FhirNotFound), (409, FhirConflict), (429, FhirUnavailable)]
)
async def test_statuses_are_told_apart(status: int, error: type[Exception]) -> None:
    raised, _ = await answered(lambda _request: httpx.Response(status, text="Durand"))
    assert type(raised) is error
    assert "Durand" not in str(raised)
