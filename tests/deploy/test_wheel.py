"""The wheel serves: what it holds, and what its programs answer where there is no checkout."""

from __future__ import annotations

import json
import re
import zipfile
from pathlib import Path

import httpx
import pytest

from bot.core.message_signatures import MessageSigner, route_of
from bot.web.assets import VENDOR
from tests.deploy.installed_wheel import ROOT, Machine, build_wheel, free_port, install_wheel

KEY = "k" * 40


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build_wheel(tmp_path_factory.mktemp("dist"))


@pytest.fixture(scope="module")
def bot(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return install_wheel(wheel, tmp_path_factory.mktemp("environment") / "venv")


def test_every_file_of_the_packages_is_in_the_wheel(wheel: Path) -> None:
    held = set(zipfile.ZipFile(wheel).namelist())
    data = [
        path.relative_to(ROOT).as_posix()
        for package in ("bot", "actions")
        for path in (ROOT / package).rglob("*")
        if path.is_file() and not {"node_modules", "__pycache__"} & set(path.parts)
    ]
    assert len(data) > 500
    assert not sorted(set(data) - held)


def test_of_npm_packages_it_holds_what_is_served_and_the_licences(wheel: Path) -> None:
    held = {name.removeprefix("bot/web/node_modules/") for name in zipfile.ZipFile(wheel).namelist() if "/node_modules/" in name}
    assert set(VENDOR.values()) <= held
    packages = {re.match(r"(@[^/]+/)?[^/]+", place)[0] for place in VENDOR.values()}  # type: ignore[index]
    assert held - set(VENDOR.values()) == {f"{package}/{name}" for package in packages for name in ("LICENSE", "package.json")}


def test_nothing_of_the_checkout_is_in_the_wheel(wheel: Path) -> None:
    tops = {name.split("/")[0] for name in zipfile.ZipFile(wheel).namelist()}
    assert {top for top in tops if not top.endswith(".dist-info")} == {"bot", "actions"}


def test_the_wheel_serves_where_there_is_no_checkout(bot: Path, tmp_path: Path) -> None:
    bot_port, actions_port, fhir_port = free_port(), free_port(), free_port()
    own, fhir = f"http://127.0.0.1:{bot_port}", f"http://127.0.0.1:{fhir_port}"
    machine = Machine(
        bot,
        tmp_path / "machine",
        PORT=str(bot_port),
        SECRET="s" * 40,
        PLATFORM_URL=f"{fhir}/fhir",
        PLATFORM_TOKEN=KEY,
        EVENTS_TOKEN=KEY,
        RASA_URL=f"http://127.0.0.1:{free_port()}/webhooks/gateway/messages",
        RASA_TOKEN=KEY,
        ACTIONS_URL=f"http://127.0.0.1:{actions_port}/webhook",
        ACTIONS_TOKEN=KEY,
    )
    actions = f"http://127.0.0.1:{actions_port}/health"
    with (
        machine.running(
            sandbox=("--port", str(fhir_port), "--smtp-port", str(free_port()), f"{fhir}/fhir/metadata"),
            actions=("--port", str(actions_port), actions),
            serve=(f"{own}/health/live",),
        ),
        httpx.Client(base_url=own, trust_env=False, timeout=60) as client,
    ):
        page = client.get("/chat")
        assert page.status_code == 200
        parts = set(re.findall(r'"(/static/[^"]+)"', page.text))
        assert {".js", ".css"} <= {Path(part).suffix for part in parts}
        folder = next(iter(parts)).split("/")[2]
        for part in parts | {f"/static/{folder}/{name}" for name in VENDOR}:
            assert client.get(part).status_code == 200, part
        assert client.get("/desk/sign-in").status_code == 200
        assert client.post("/chat/sessions").status_code in (200, 201)

        health = client.get("/health").json()
        assert (health["database"], health["actions"], health["platform"], health["rasa"]) == ("ok", "ok", "ok", "down")
        _, signature = MessageSigner(KEY).sign_request(route_of("/health"), b"")
        assert client.get(actions, headers={"Authorization": signature}).status_code == 200


def test_its_commands_know_the_locks(bot: Path, tmp_path: Path) -> None:
    machine = Machine(bot, tmp_path / "machine")
    bill = json.loads(machine.run("sbom"))
    names = {component["name"] for component in bill["components"]}
    assert {"fastapi", "rasa", "preact"} <= names
