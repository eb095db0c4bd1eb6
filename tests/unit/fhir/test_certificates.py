"""A platform, and a token endpoint, that want our certificate: real TLS on loopback, with an authority of its own."""

from __future__ import annotations

import ssl
import subprocess
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from bot.core.clock import SystemClock
from bot.core.tls import client_ssl_context
from bot.fhir.errors import FhirUnavailable
from bot.platform_access import platform_client
from bot.settings import Settings
from tests.unit.sandbox.sandbox_server import listening_socket


@pytest.fixture(autouse=True)
def contexts_of_their_own(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Have each context made anew: the other tests share one, which here would come to trust and show what another test gave it."""
    monkeypatch.setattr(ssl, "create_default_context", getattr(ssl.create_default_context, "__wrapped__", ssl.create_default_context))
    client_ssl_context.cache_clear()
    yield
    client_ssl_context.cache_clear()


def openssl(*arguments: str) -> None:
    subprocess.run(["openssl", *arguments], check=True, capture_output=True)


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with an authority (`ca`), and what it vouches for: the server, and the client `assistant`."""
    folder = tmp_path_factory.mktemp("authority")
    (folder / "san").write_text("subjectAltName=IP:127.0.0.1\n")
    ca = ["req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=authority"]
    openssl(*ca, "-keyout", f"{folder}/ca.key", "-out", f"{folder}/ca.pem")
    for name in ("server", "assistant"):
        files = ["-keyout", f"{folder}/{name}.key", "-out", f"{folder}/{name}.csr"]
        openssl("req", "-newkey", "rsa:2048", "-nodes", "-subj", f"/CN={name}", *files)
        signing = ["-CA", f"{folder}/ca.pem", "-CAkey", f"{folder}/ca.key", "-CAcreateserial", "-days", "2", "-extfile", f"{folder}/san"]
        openssl("x509", "-req", "-in", f"{folder}/{name}.csr", *signing, "-out", f"{folder}/{name}.pem")
    return folder


@pytest.fixture(scope="module")
def url(authority: Path) -> Iterator[str]:
    """Where a FHIR server and a token endpoint are that answer whoever has a certificate of the authority."""

    async def token(request: Request) -> Response:
        form = (await request.body()).decode()
        known = "client_id=assistant" in form and "client_secret" not in form
        if not known:
            return JSONResponse({"error": "invalid_client"}, 401)
        return JSONResponse({"access_token": "by-certificate", "expires_in": 60})

    async def fhir(request: Request) -> Response:
        shown = request.headers.get("authorization", "none")
        return JSONResponse({"resourceType": "Bundle", "entry": [{"resource": {"resourceType": "Patient", "id": shown[-14:]}}]})

    app = Starlette(routes=[Route("/token", token, methods=["POST"]), Route("/fhir/{path:path}", fhir, methods=["GET", "POST"])])
    listener = listening_socket()
    tls = {"ssl_certfile": authority / "server.pem", "ssl_keyfile": authority / "server.key", "ssl_ca_certs": str(authority / "ca.pem")}
    config = uvicorn.Config(app, log_level="critical", ssl_cert_reqs=ssl.CERT_REQUIRED, timeout_graceful_shutdown=1, **tls)  # type: ignore[arg-type]
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
    thread.start()
    yield f"https://127.0.0.1:{listener.getsockname()[1]}"
    server.should_exit = True
    thread.join()
    listener.close()


async def found(**settings: object) -> list[str]:
    made = Settings.model_validate({"SECRET": "s" * 32, **settings})
    client = platform_client(made, SystemClock(), None)
    try:
        return [patient["id"] for patient in await client.search("Patient", {"_id": "x"})]
    finally:
        await client.aclose()


async def test_our_certificate_opens_the_platform(url: str, authority: Path) -> None:
    ours = {"PLATFORM_CERT": authority / "assistant.pem", "PLATFORM_KEY": authority / "assistant.key"}
    trusted = {"PLATFORM_URL": f"{url}/fhir", "PLATFORM_CA": authority / "ca.pem"}
    assert await found(**trusted, **ours) == ["none"]
    assert await found(**trusted, **ours, PLATFORM_TOKEN="a-fixed-token!") == ["a-fixed-token!"]
    endpoint = {"PLATFORM_TOKEN_URL": f"{url}/token", "PLATFORM_CLIENT_ID": "assistant"}
    assert await found(**trusted, **ours, **endpoint) == ["by-certificate"]


async def test_without_it_or_its_authority_nothing_is_reached(url: str, authority: Path) -> None:
    ours = {"PLATFORM_CERT": authority / "assistant.pem", "PLATFORM_KEY": authority / "assistant.key"}
    with pytest.raises(FhirUnavailable):
        await found(PLATFORM_URL=f"{url}/fhir", PLATFORM_CA=authority / "ca.pem", PLATFORM_TOKEN="a-token")
    with pytest.raises(FhirUnavailable):
        await found(PLATFORM_URL=f"{url}/fhir", **ours)


async def test_the_usual_variable_names_the_authority_too(url: str, authority: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(authority / "ca.pem"))
    ours = {"PLATFORM_CERT": authority / "assistant.pem", "PLATFORM_KEY": authority / "assistant.key"}
    assert await found(PLATFORM_URL=f"{url}/fhir", **ours) == ["none"]
