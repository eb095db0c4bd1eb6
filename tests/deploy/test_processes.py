"""What `deploy/` starts exists: commands, files that images are made of, routes; units and proxies are right for their programs."""

from __future__ import annotations

import os
import re
import shlex
import shutil
import subprocess
from pathlib import Path

import pytest
import typer

from bot.app import create_app
from bot.channels.web import chat_api
from bot.cli import app
from bot.core.clock import SystemClock
from bot.settings import Settings
from bot.web.desk import events
from tests.deploy.deploy_files import DEPLOY, ROOT, compose_services, process_of
from tests.routes import routes_of

UNITS = sorted((DEPLOY / "systemd").glob("*.service"))
DOCKERFILES = sorted((DEPLOY / "containers").glob("*.Dockerfile"))
COMMANDS = {*typer.main.get_command(app).commands} | {"deliver"}  # type: ignore[attr-defined]
"""With that of the role (docs/dev/machines.md)."""


def _needs(program: str) -> str:
    """Return where a program of Debian is; the test is skipped where there is none, unless REQUIRE_DEPLOY says that there must be."""
    found = shutil.which(program, path=f"{os.environ['PATH']}:/usr/sbin:/sbin")
    if found is None and not os.environ.get("REQUIRE_DEPLOY"):
        pytest.skip(f"{program} is not installed")
    assert found is not None, program
    return found


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("tls")
    key, chain, both = folder / "key.pem", folder / "chain.pem", folder / "both.pem"
    command = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=localhost"]
    subprocess.run([*command, "-keyout", str(key), "-out", str(chain)], check=True, capture_output=True)
    both.write_bytes(chain.read_bytes() + key.read_bytes())
    return both


def test_units_start_commands_that_there_are() -> None:
    assert len(UNITS) == 4
    for unit in UNITS:
        command = shlex.split(re.findall(r"^ExecStart=(.*)$", unit.read_text("utf-8"), re.MULTILINE)[0])
        if command[0].endswith("/bot"):
            assert command[1] in COMMANDS, unit.name
        else:
            assert command[1:3] == ["-m", "nlu.serve"]
            assert (ROOT / "nlu" / "serve.py").is_file()


def test_containers_start_commands_that_there_are() -> None:
    for name, service in compose_services().items():
        if process_of(name) in ("bot", "actions"):
            assert service["command"][0] in COMMANDS, name


@pytest.mark.parametrize("unit", UNITS, ids=lambda unit: unit.name)
def test_systemd_takes_the_unit(unit: Path, tmp_path: Path) -> None:
    program = _needs("systemd-analyze")
    for file in (unit, DEPLOY / "systemd" / "sphere-assistant.target"):
        text = re.sub(r"^ExecStart=\S+", "ExecStart=/bin/true", file.read_text("utf-8"), flags=re.MULTILINE)
        (tmp_path / file.name).write_text(text, "utf-8")
    instance = tmp_path / unit.name.replace("@", "@8001")
    done = subprocess.run([program, "verify", "--man=no", str(instance)], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert unit.name.removesuffix("@.service") not in done.stderr


def test_haproxy_takes_its_configuration(certificate: Path) -> None:
    program = _needs("haproxy")
    environment = {**os.environ, "TLS_CERTIFICATE": str(certificate)}
    done = subprocess.run([program, "-c", "-f", str(DEPLOY / "haproxy.cfg")], env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert "[WARNING]" not in done.stderr


def test_nginx_takes_its_configuration(certificate: Path, tmp_path: Path) -> None:
    program = _needs("nginx")
    site = (DEPLOY / "nginx.conf").read_text("utf-8")
    for file in ("/etc/nginx/sphere-assistant.crt", "/etc/nginx/sphere-assistant.key"):
        site = site.replace(file, str(certificate))
    site = site.replace("/etc/nginx/sphere-assistant-token.conf", str(tmp_path / "token.conf")).replace("/var/log/nginx", str(tmp_path))
    (tmp_path / "token.conf").write_text('proxy_set_header X-Proxy-Token "t";', "utf-8")
    (tmp_path / "site.conf").write_text(site, "utf-8")
    (tmp_path / "nginx.conf").write_text(f"pid {tmp_path}/pid; events {{}} http {{ include {tmp_path}/site.conf; }}", "utf-8")
    done = subprocess.run([program, "-t", "-c", str(tmp_path / "nginx.conf")], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert "[warn]" not in done.stderr


@pytest.mark.parametrize("dockerfile", DOCKERFILES, ids=lambda file: file.name)
def test_images_are_made_of_files_that_there_are(dockerfile: Path) -> None:
    sent = {line[1:] for line in (ROOT / ".dockerignore").read_text("utf-8").splitlines() if line.startswith("!")}
    copied = re.findall(r"^COPY (?!--)(.+)$", dockerfile.read_text("utf-8"), re.MULTILINE)
    assert copied
    for source in (source for line in copied for source in line.split()[:-1]):
        assert (ROOT / source).exists(), source
        assert any(source == name or source.startswith(f"{name}/") for name in sent), source


@pytest.mark.parametrize("dockerfile", DOCKERFILES, ids=lambda file: file.name)
def test_images_are_built_by_the_commands_of_the_makefile(dockerfile: Path) -> None:
    makefile = (ROOT / "Makefile").read_text("utf-8")
    dockerfile_text = dockerfile.read_text("utf-8")
    for words in ("pip sync --quiet --require-hashes", "--require-hashes -r requirements-tools.lock"):
        assert words in makefile
        assert words in dockerfile_text
    assert "\nUSER 10001:10001\n" in dockerfile_text


def test_the_ingress_lets_in_every_route_but_those_of_monitoring(settings_of_a_bot: Settings) -> None:
    template = (DEPLOY / "helm" / "templates" / "ingress.yaml").read_text("utf-8")
    prefixes = set(re.findall(r'"(/\w+)"', re.findall(r"range list ([^}]+)", template)[0]))
    first_parts = {"/" + route.split("/")[1] for _, route in routes_of(create_app(settings_of_a_bot, SystemClock()))}
    assert first_parts - {"/", "/health", "/metrics"} <= prefixes
    assert "pathType: Exact" in template


@pytest.fixture
def settings_of_a_bot(tmp_path: Path) -> Settings:
    key = "k" * 40
    return Settings(
        DATA=tmp_path,
        SECRET=key,
        PLATFORM_URL="http://127.0.0.1:9/fhir",
        PLATFORM_TOKEN=key,
        EVENTS_TOKEN=key,
        RASA_URL="http://127.0.0.1:9/webhooks/gateway/messages",
        RASA_TOKEN=key,
        TELEGRAM_TOKEN="1:x",
        TELEGRAM_BOT="sphere_bot",
        TEAMS_APP_ID="a",
        TEAMS_TENANT_ID="t",
        TEAMS_APP_PASSWORD=key,
        PUBLIC_URL="https://assistant.example",
        OIDC_ISSUER="https://issuer.example",
        OIDC_CLIENT_ID="assistant",
        OIDC_CLIENT_SECRET=key,
    )


def test_proxies_wait_longer_than_the_slowest_answer_and_the_signs_of_life() -> None:
    longest = max(Settings.model_fields["turn_seconds"].default, chat_api.HEARTBEAT_SECONDS, events.HEARTBEAT_SECONDS)
    haproxy = re.findall(r"timeout (?:client|server) (\d+)s", (DEPLOY / "haproxy.cfg").read_text("utf-8"))
    users = (DEPLOY / "nginx.conf").read_text("utf-8").split("upstream sphere_rasas")[0]
    assert all(int(seconds) > longest for seconds in (*haproxy, *re.findall(r"proxy_read_timeout (\d+)s", users)))
