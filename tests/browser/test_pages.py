"""What is served, and with which headers. Needs neither a browser nor the other processes."""

import json
import re
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest
from fastapi import APIRouter, FastAPI

from bot.web.assets import HERE, FrontendNotInstalled, load_assets
from bot.web.chat_page import SupportContact, router


def visit(routes: APIRouter, root_path: str = "") -> httpx.AsyncClient:
    """A client of a service that has these routes only."""
    app = FastAPI()
    app.include_router(routes)
    return httpx.AsyncClient(transport=httpx.ASGITransport(app, root_path=root_path), base_url="http://sphere.example")


@pytest.fixture
async def client() -> AsyncIterator[httpx.AsyncClient]:
    async with visit(router(support=SupportContact(phone="02 00 00 00 00", hours="09:30-12:30,14:00-17:00"))) as client:
        yield client


@pytest.mark.parametrize("path", ["/", "/chat"])
async def test_page_allows_nothing_but_its_own_origin(client: httpx.AsyncClient, path: str) -> None:
    answer = await client.get(path)

    policy = answer.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "frame-ancestors 'none'" in policy
    assert "unsafe" not in policy
    assert not re.search(r"https?:|\*", policy)
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["referrer-policy"] == "no-referrer"
    assert answer.headers["x-frame-options"] == "DENY"
    assert "microphone=()" in answer.headers["permissions-policy"]


async def test_page_is_french_and_has_nothing_inline(client: httpx.AsyncClient) -> None:
    page = (await client.get("/chat")).text

    assert '<html lang="fr"' in page
    assert "02\u00a000\u00a000\u00a000\u00a000" in page
    assert "du lundi au vendredi, 9h30–12h30 et 14h–17h<" in page
    assert not re.search(r"<style|style=|<script(?![^>]*src=)|\son\w+=", page)


async def test_portal_may_frame_the_page_when_it_is_named() -> None:
    async with visit(router(frame_ancestors=["https://portail.example"])) as client:
        answer = await client.get("/chat")

    assert "frame-ancestors https://portail.example" in answer.headers["content-security-policy"]
    assert "x-frame-options" not in answer.headers


async def test_page_is_asked_again_and_files_are_kept_for_ever(client: httpx.AsyncClient) -> None:
    page = await client.get("/chat")
    assert page.headers["cache-control"] == "no-cache"
    assert (await client.get("/chat", headers={"If-None-Match": page.headers["etag"]})).status_code == 304

    for address in re.findall(r'(?:href|src)="(/static/[^"]+)"', page.text):
        file = await client.get(address)
        assert file.status_code == 200
        assert "immutable" in file.headers["cache-control"]
    logo = await client.get("/static/another-version/logo.svg")
    assert logo.headers["cache-control"] == "no-cache"
    assert logo.headers["content-type"] == "image/svg+xml; charset=utf-8"


async def test_every_module_and_style_finds_what_it_names(client: httpx.AsyncClient) -> None:
    assets = load_assets()
    for name, asset in assets.files.items():
        if not name.startswith("chat/"):
            continue
        for named in re.findall(r"""(?:from |url\()["'](\.{1,2}/[^"']+)["']""", asset.body.decode()):
            answer = await client.get(f"/static/{assets.version}/{Path(name).parent.as_posix()}/{named}")
            assert answer.status_code == 200, f"{name} names {named}"


@pytest.mark.parametrize("name", ["%2e%2e%2f%2e%2e%2fpages.py", "vendor/preact/package.json", "%2e%2e/package.json", "chat/"])
async def test_only_listed_files_are_served(client: httpx.AsyncClient, name: str) -> None:
    assert (await client.get(f"/static/{load_assets().version}/{name}")).status_code == 404


async def test_page_works_below_a_prefix() -> None:
    async with visit(router(), root_path="/assistant") as client:
        page = (await client.get("/chat")).text

    assert 'data-root="/assistant"' in page
    assert 'src="/assistant/static/' in page


def test_missing_packages_are_said_with_the_command(tmp_path: Path) -> None:
    with pytest.raises(FrontendNotInstalled, match="npm ci"):
        load_assets(packages=tmp_path)


def test_lock_file_records_no_address() -> None:
    lock = json.loads((HERE / "package-lock.json").read_text())

    for name, package in lock["packages"].items():
        assert "resolved" not in package
        assert name == "" or package["integrity"].startswith("sha512-")
