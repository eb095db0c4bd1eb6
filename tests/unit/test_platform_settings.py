"""How a platform knows us: each way is taken, wrong combinations are refused at start, and the variables are named."""

from __future__ import annotations

import ssl
import subprocess
from pathlib import Path

import pytest

from bot.core.clock import SystemClock
from bot.platform_access import platform_client
from bot.settings import Settings, SettingsError, load_settings

URL = {"PLATFORM_URL": "https://fhir.example/fhir"}
OAUTH = {
    "PLATFORM_TOKEN_URL": "https://login.example/token",
    "PLATFORM_CLIENT_ID": "assistant",
    "PLATFORM_CLIENT_SECRET": "a-very-secret-word",
}
HEADERS = {"PLATFORM_HEADERS": "ESANTE-API-KEY: a-very-secret-word\nX-Tenant: centre"}
TOKEN = {"PLATFORM_TOKEN": "a-very-secret-word"}


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    folder = tmp_path_factory.mktemp("certificate")
    cert, key = folder / "cert.pem", folder / "key.pem"
    command = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=assistant"]
    subprocess.run([*command, "-keyout", str(key), "-out", str(cert)], check=True, capture_output=True)
    return {"PLATFORM_CERT": str(cert), "PLATFORM_KEY": str(key)}


@pytest.fixture(autouse=True)
def contexts_of_their_own(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have each context made anew: the other tests share one, which would come to show our certificate."""
    monkeypatch.setattr(ssl, "create_default_context", getattr(ssl.create_default_context, "__wrapped__", ssl.create_default_context))


def settings_of(folder: Path, monkeypatch: pytest.MonkeyPatch, given: dict[str, str]) -> Settings:
    monkeypatch.setenv("DATA", str(folder))
    for name in Settings.model_fields.values():
        if str(name.alias).startswith("PLATFORM_"):
            monkeypatch.delenv(str(name.alias), raising=False)
    for variable, value in given.items():
        monkeypatch.setenv(variable, value)
    settings = load_settings()
    settings.check_platform_access()
    return settings


@pytest.mark.parametrize(
    "given",
    [
        URL | TOKEN,
        URL | OAUTH,
        URL | OAUTH | {"PLATFORM_SCOPE": "system/*.read system/*.write"} | HEADERS,
        URL | TOKEN | HEADERS,
        URL | HEADERS,
        {},
        TOKEN,
    ],
)
def test_each_way_is_taken(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, given: dict[str, str]) -> None:
    settings = settings_of(tmp_path, monkeypatch, given)
    if "PLATFORM_HEADERS" in given:
        assert settings.platform_header_list == [("ESANTE-API-KEY", "a-very-secret-word"), ("X-Tenant", "centre")]
    assert "a-very-secret-word" not in repr(settings)


async def test_a_certificate_is_taken_alone_and_beside_a_token(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, certificate: dict[str, str]
) -> None:
    without_secret = {name: value for name, value in OAUTH.items() if name != "PLATFORM_CLIENT_SECRET"}
    for more in ({}, TOKEN, OAUTH, without_secret, {"PLATFORM_CA": certificate["PLATFORM_CERT"]}):
        settings = settings_of(tmp_path, monkeypatch, URL | certificate | more)
        await platform_client(settings, SystemClock(), None).aclose()


@pytest.mark.parametrize(
    ("given", "named"),
    [
        (URL, ["PLATFORM_URL", "PLATFORM_TOKEN", "PLATFORM_TOKEN_URL", "PLATFORM_CLIENT_ID", "PLATFORM_CERT", "PLATFORM_HEADERS"]),
        (URL | TOKEN | OAUTH, ["PLATFORM_TOKEN", "PLATFORM_TOKEN_URL"]),
        (URL | {name: OAUTH[name] for name in ("PLATFORM_TOKEN_URL", "PLATFORM_CLIENT_ID")}, ["PLATFORM_CLIENT_SECRET"]),
        (URL | {"PLATFORM_CLIENT_ID": "x"}, ["PLATFORM_CLIENT_ID", "PLATFORM_TOKEN_URL", "PLATFORM_CLIENT_SECRET"]),
        (URL | TOKEN | {"PLATFORM_CLIENT_SECRET": "a-very-secret-word"}, ["PLATFORM_CLIENT_SECRET", "PLATFORM_TOKEN_URL"]),
        (URL | TOKEN | {"PLATFORM_SCOPE": "x"}, ["PLATFORM_SCOPE", "PLATFORM_TOKEN_URL"]),
        (OAUTH, ["PLATFORM_TOKEN_URL", "PLATFORM_URL"]),
        (URL | OAUTH | {"PLATFORM_TOKEN_URL": "http://login.example/token"}, ["PLATFORM_TOKEN_URL", "https"]),
        (TOKEN | {"PLATFORM_URL": "http://fhir.example/fhir"}, ["PLATFORM_URL", "https", "PLATFORM_PLAIN_HTTP"]),
        (TOKEN | {"PLATFORM_URL": "http://hapi:8080/fhir"}, ["PLATFORM_URL", "https"]),
        (TOKEN | {"PLATFORM_URL": "http://10.0.0.1.example/fhir"}, ["PLATFORM_URL", "https"]),
        (TOKEN | {"PLATFORM_URL": "http://localhost@fhir.example/fhir"}, ["PLATFORM_URL", "https"]),
        (TOKEN | {"PLATFORM_URL": "http://8.8.8.8/fhir"}, ["PLATFORM_URL", "https"]),
        (TOKEN | {"PLATFORM_URL": "http://[::ffff:8.8.8.8]/fhir"}, ["PLATFORM_URL", "https"]),
        (TOKEN | {"PLATFORM_URL": "http://[::1/fhir"}, ["PLATFORM_URL", "https"]),
        (TOKEN | {"PLATFORM_URL": "fhir.example/fhir"}, ["PLATFORM_URL", "https"]),
        (TOKEN | {"PLATFORM_URL": "ftp://127.0.0.1/fhir"}, ["PLATFORM_URL", "https"]),
        (URL | TOKEN | {"PLATFORM_URL_ALIASES": "hapi:8080/fhir"}, ["PLATFORM_URL_ALIASES"]),
        (URL | TOKEN | {"PLATFORM_URL_ALIASES": "https://a/fhir, b"}, ["PLATFORM_URL_ALIASES"]),
        (URL | OAUTH | {"PLATFORM_TOKEN_URL": "login"}, ["PLATFORM_TOKEN_URL"]),
        (URL | {"PLATFORM_CERT": "/nowhere/cert.pem"}, ["PLATFORM_CERT", "PLATFORM_KEY"]),
        (URL | {"PLATFORM_KEY": "/nowhere/key.pem"}, ["PLATFORM_CERT", "PLATFORM_KEY"]),
        (URL | {"PLATFORM_CERT": "/nowhere/c.pem", "PLATFORM_KEY": "/nowhere/k.pem"}, ["PLATFORM_CERT", "/nowhere/c.pem"]),
        (URL | TOKEN | {"PLATFORM_CA": "/nowhere/ca.pem"}, ["PLATFORM_CA", "/nowhere/ca.pem"]),
        (TOKEN | {"PLATFORM_URL": "http://h/fhir", "PLATFORM_CA": "/nowhere/ca.pem"}, ["PLATFORM_CA", "PLATFORM_URL", "https"]),
        (URL | {"PLATFORM_HEADERS": "no colon"}, ["PLATFORM_HEADERS"]),
        (URL | {"PLATFORM_HEADERS": "A: b\nA: c"}, ["PLATFORM_HEADERS"]),
        (URL | {"PLATFORM_HEADERS": "Bad name: x"}, ["PLATFORM_HEADERS"]),
        (URL | {"PLATFORM_HEADERS": "Content-Type: x"}, ["PLATFORM_HEADERS"]),
        (URL | TOKEN | {"PLATFORM_HEADERS": "Authorization: Basic a-very-secret-word"}, ["PLATFORM_HEADERS", "PLATFORM_TOKEN"]),
        (URL | OAUTH | {"PLATFORM_HEADERS": "authorization: Basic a-very-secret-word"}, ["PLATFORM_HEADERS", "PLATFORM_TOKEN_URL"]),
        (URL | TOKEN | {"PLATFORM_SEARCH": "put"}, ["PLATFORM_SEARCH"]),
        (URL | {"PLATFORM_TOKEN": "two\nlines"}, ["PLATFORM_TOKEN"]),
    ],
)
def test_wrong_combinations_are_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, given: dict[str, str], named: list[str]) -> None:
    with pytest.raises(SettingsError) as caught:
        settings_of(tmp_path, monkeypatch, given)
    assert [name for name in named if name not in str(caught.value)] == []
    assert "a-very-secret-word" not in str(caught.value)


@pytest.mark.parametrize(
    "given",
    [
        *({"PLATFORM_URL": f"http://{host}/fhir"} for host in ("127.0.0.1:9", "localhost", "[::1]:8080", "10.1.2.3", "192.168.1.9:8080")),
        *({"PLATFORM_URL": f"http://{host}/fhir"} for host in ("172.16.0.4", "[fd00::1]", "[::ffff:10.0.0.1]", "fhir.localhost")),
        {"PLATFORM_URL": "HTTPS://fhir.example/fhir"},
        {"PLATFORM_URL": "http://hapi:8080/fhir", "PLATFORM_PLAIN_HTTP": "true"},
    ],
)
def test_plain_http_is_taken_at_private_addresses_or_where_it_is_declared(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, given: dict[str, str]
) -> None:
    assert settings_of(tmp_path, monkeypatch, TOKEN | given).platform_url == given["PLATFORM_URL"]
    of_tokens = {"PLATFORM_TOKEN_URL": given["PLATFORM_URL"].lower(), "PLATFORM_PLAIN_HTTP": given.get("PLATFORM_PLAIN_HTTP", "false")}
    assert settings_of(tmp_path, monkeypatch, URL | OAUTH | of_tokens).platform_token_url == given["PLATFORM_URL"].lower()


async def test_other_addresses_of_the_platform_are_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    given = URL | TOKEN | {"PLATFORM_URL_ALIASES": " http://hapi:8080/fhir  https://old.example "}
    client = platform_client(settings_of(tmp_path, monkeypatch, given), SystemClock(), None)
    bases = ("", "https://fhir.example/fhir/", "http://hapi:8080/fhir/", "https://old.example/", "https://other.example/fhir/")
    assert [client.references.read(f"{base}Patient/1") for base in bases] == ["Patient/1"] * 4 + [None]
    await client.aclose()


def test_lines_of_headers_may_be_told_apart_in_one_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    settings = settings_of(tmp_path, monkeypatch, URL | {"PLATFORM_HEADERS": r"A: b: c;d\nE: f"})
    assert settings.platform_header_list == [("A", "b: c;d"), ("E", "f")]
