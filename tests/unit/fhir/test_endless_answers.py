"""Servers whose answers do not end: drop by drop, or very long, over a real connection. Nothing waits for them, nothing keeps them."""

from __future__ import annotations

import asyncio
import gzip
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import pytest

from bot.fhir import sender
from bot.fhir.client import FhirClient
from bot.fhir.errors import FhirUnavailable

Answers = Callable[[], AsyncIterator[bytes]]
HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/fhir+json\r\n"
BODY = b'{"resourceType": "Patient", "id": "p1", "name": [{"family": "'
MEGABYTE = b"a" * 2**20


@asynccontextmanager
async def answering(answers: Answers) -> AsyncIterator[tuple[FhirClient, list[int]]]:
    """A server that sends this whatever is asked, and how many bytes it could send to each."""
    sent: list[int] = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        at = len(sent)
        sent.append(0)
        try:
            async for part in answers():
                writer.write(part)
                await writer.drain()
                sent[at] += len(part)
        except ConnectionError:
            pass
        finally:
            writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    client = FhirClient(f"http://127.0.0.1:{port}/fhir", "t", timeout=0.3)
    try:
        yield client, sent
    finally:
        await client.aclose()
        server.close()


async def _drops(head: bytes) -> AsyncIterator[bytes]:
    yield head
    for _ in range(400):
        await asyncio.sleep(0.05)
        yield b"a"


async def _long(head: bytes) -> AsyncIterator[bytes]:
    yield head
    for _ in range(500):
        yield MEGABYTE


@pytest.mark.parametrize(
    "head",
    [HEAD + b"\r\n" + BODY, HEAD + b"X-Padding: ", HEAD + b"Content-Length: 100000\r\n\r\n" + BODY],
    ids=["body", "headers", "declared"],
)
async def test_an_answer_that_comes_drop_by_drop_is_given_up(head: bytes) -> None:
    async with answering(lambda: _drops(head)) as (fhir, sent):
        began = time.monotonic()
        with pytest.raises(FhirUnavailable, match="too long"):
            await fhir.read("Patient", "p1")
        assert 0.3 < time.monotonic() - began < 5
        assert len(sent) == 1  # and not asked for again


@pytest.mark.parametrize("status", [200, 400, 404])
async def test_an_answer_of_five_hundred_megabytes_is_not_read(status: int) -> None:
    head = HEAD.replace(b"200", str(status).encode()) + b"\r\n" + BODY
    async with answering(lambda: _long(head)) as (fhir, sent):
        with pytest.raises(FhirUnavailable, match="too long"):
            await fhir.read("Patient", "p1")
        assert sent[0] < 2 * sender.MAX_ANSWER_BYTES + 2**23


async def test_one_that_says_how_long_it_is_is_not_begun() -> None:
    async with answering(lambda: _long(HEAD + b"Content-Length: 524288000\r\n\r\n" + BODY)) as (fhir, sent):
        with pytest.raises(FhirUnavailable, match="too long"):
            await fhir.read("Patient", "p1")
        assert sent[0] < 2**24


@pytest.mark.parametrize(("megabytes", "good"), [(1, True), (64, False)])
async def test_what_is_packed_is_measured_unpacked(megabytes: int, good: bool) -> None:
    packed = gzip.compress(BODY + MEGABYTE * megabytes + b'"}]}')

    async def answer() -> AsyncIterator[bytes]:
        yield HEAD + b'Content-Encoding: gzip\r\nContent-Length: %d\r\nETag: W/"7"\r\n\r\n' % len(packed) + packed

    async with answering(answer) as (fhir, _):
        if good:
            patient, etag = await fhir.read("Patient", "p1")
            assert (len(patient["name"][0]["family"]), etag) == (2**20, 'W/"7"')
        else:
            with pytest.raises(FhirUnavailable, match="too long"):
                await fhir.read("Patient", "p1")
