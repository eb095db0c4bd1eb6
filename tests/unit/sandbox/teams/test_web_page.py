"""The page for trying by hand, and the fake as a process of its own."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator

import httpx
import pytest

from bot.installation.supervisor import free_port
from bot.sandbox.teams import FakeTeams
from bot.sandbox.teams.web_page import ASSETS, PAGE_FOLDER
from tests.stack import ROOT, wait_for


@pytest.fixture(scope="module")
def teams() -> Iterator[FakeTeams]:
    with FakeTeams(demo=True) as running:
        yield running


@pytest.mark.parametrize("path", ["/", "/l/chat/0/0?users=28:x&message=%2Fstart%20abc"])
def test_the_page_loads_nothing_from_elsewhere(teams: FakeTeams, path: str) -> None:
    page = httpx.get(f"{teams.url}{path}")
    assert page.status_code == 200
    assert 'lang="fr"' in page.text
    assert "http" not in page.text
    assert "default-src 'self'" in page.headers["content-security-policy"]


def test_its_files_and_no_others(teams: FakeTeams) -> None:
    for name, path in ASSETS.items():
        assert httpx.get(f"{teams.url}/page/{name}").status_code == (200 if path.is_file() else 404)
    for name in ("package.json", "..%2Fpage.py", "nothing.js"):
        assert httpx.get(f"{teams.url}/page/{name}").status_code in (404, 409)


def test_the_lock_names_no_registry() -> None:
    lock = json.loads((PAGE_FOLDER / "package-lock.json").read_text("utf-8"))
    assert "resolved" not in (PAGE_FOLDER / "package-lock.json").read_text("utf-8")
    assert [name for name in lock["packages"] if name] == ["node_modules/adaptivecards"]
    assert lock["packages"]["node_modules/adaptivecards"]["integrity"].startswith("sha512-")


def test_the_demo_is_the_same_after_every_start(teams: FakeTeams) -> None:
    def ids(of: FakeTeams) -> list[str]:
        return [one["id"] for one in of.control.request("GET", "/state")["conversations"]]

    with FakeTeams(demo=True) as again:
        assert ids(again) == ids(teams)


def test_as_a_process() -> None:
    port = free_port()
    command = [sys.executable, "-m", "bot.sandbox.teams", "--port", str(port), "--bot-url", "http://127.0.0.1:9/teams/messages"]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as child:
        try:
            assert child.stdout is not None
            assert child.stdout.readline() == f"fake Teams: http://127.0.0.1:{port}/\n"
            url = f"http://127.0.0.1:{port}"

            def answers() -> httpx.Response | None:
                try:
                    return httpx.get(f"{url}/v1/.well-known/openidconfiguration")
                except httpx.ConnectError:
                    return None

            assert wait_for("the fake", answers).json()["jwks_uri"] == f"{url}/v1/.well-known/keys"
        finally:
            child.terminate()
            child.wait(60)
    assert child.returncode in (0, -15)
