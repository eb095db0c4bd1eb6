"""What `deploy/` sets are settings, and each process is told its own secrets alone."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from bot.installation.environments import ACTIONS, BOT, RASA
from bot.settings import Settings, secret_variables
from tests.deploy.deploy_files import DEPLOY, compose_services, env_file, interpolated, process_of, read_yaml, variables_of_processes

SECRETS = {"bot": BOT, "actions": ACTIONS, "rasa": RASA}
SETTINGS = {str(field.alias) for field in Settings.model_fields.values()}
MACHINES = {"ROLES", "DRAIN_SECONDS"}
"""Settings of several machines (docs/dev/machines.md)."""
NEEDED = {
    "bot": {"SECRET", "DATABASE_URL", "RASA_URL", "RASA_TOKEN", "ACTIONS_URL", "ACTIONS_TOKEN", "PLATFORM_URL", "PUBLIC_URL", "SMTP_PORT"},
    "actions": {"SECRET", "DATABASE_URL", "ACTIONS_TOKEN", "METRICS_TOKEN", "PLATFORM_URL", "PUBLIC_URL"},
    "rasa": {"RASA_TOKEN", "ACTIONS_TOKEN", "RASA_DATABASE_URL"},
}
EVERY = list(variables_of_processes())
IDS = [f"{place}, {process}" for place, process, _ in EVERY]


@pytest.mark.parametrize(("place", "process", "names"), EVERY, ids=IDS)
def test_every_variable_is_a_setting(place: str, process: str, names: set[str]) -> None:
    assert names <= SETTINGS | MACHINES, place


@pytest.mark.parametrize(("place", "process", "names"), EVERY, ids=IDS)
def test_a_process_has_its_own_secrets_and_no_others(place: str, process: str, names: set[str]) -> None:
    assert names & secret_variables() <= SECRETS[process], place


@pytest.mark.parametrize(("place", "process", "names"), [one for one in EVERY if one[0] != "helm"])
def test_a_process_is_told_what_it_needs(place: str, process: str, names: set[str]) -> None:
    assert NEEDED[process] - {"ACTIONS_URL"} <= names, place


def test_the_chart_tells_processes_what_they_need() -> None:
    template = (DEPLOY / "helm" / "templates" / "settings.yaml").read_text("utf-8")
    for place, process, names in EVERY:
        if place == "helm":
            missing = NEEDED[process] - names
            assert all(f"  {name}: " in template for name in missing), missing


def test_what_every_process_is_told_is_no_secret() -> None:
    assert not set(env_file(DEPLOY / "env" / "common.env")) & secret_variables()
    assert not set(read_yaml(DEPLOY / "helm" / "values.yaml")["settings"]) & secret_variables()


def test_the_chart_refuses_every_secret_among_the_settings() -> None:
    schema = json.loads((DEPLOY / "helm" / "values.schema.json").read_text("utf-8"))
    refused = {name for one in schema["properties"]["settings"]["not"]["anyOf"] for name in one["required"]}
    assert refused == secret_variables()


def test_the_example_names_all_that_the_compose_file_asks_for() -> None:
    asked = interpolated((DEPLOY / "compose.yaml").read_text("utf-8"))
    assert {name for name in asked if not name.endswith("_IMAGE")} == set(env_file(DEPLOY / "compose.env.example"))


@pytest.mark.parametrize(("place", "process", "names"), EVERY, ids=IDS)
def test_whom_prometheus_asks_knows_its_token(place: str, process: str, names: set[str]) -> None:
    jobs = read_yaml(DEPLOY / "observability" / "prometheus.yml")["scrape_configs"]
    asked = {job["job_name"].removeprefix("sphere-") for job in jobs if job["authorization"]}
    assert asked == {"bot", "actions"}
    assert ("METRICS_TOKEN" in names) == (process in asked), place


@pytest.mark.parametrize("process", ["bot", "actions"])
def test_the_other_secret_can_be_given_to_whoever_has_the_secret(process: str) -> None:
    for name, service in compose_services().items():
        if process_of(name) == process:
            assert service["environment"]["SECRET_ALSO"] == "${SECRET_ALSO:-}", name
    assert "\n# SECRET_ALSO=\n" in (DEPLOY / "env" / f"{process}.env").read_text("utf-8")
    assert "SECRET_ALSO" in read_yaml(DEPLOY / "helm" / "values.yaml")["secret"][f"{process}Optional"]


@pytest.mark.parametrize("kind", ["TELEGRAM_TOKEN", "TEAMS_APP_PASSWORD", "ANNUAIRE_SANTE_KEY", "DIRECTORY_SOURCE", "DIRECTORY_URL"])
def test_channels_and_directories_can_be_given_to_the_compose_file(kind: str) -> None:
    for name, service in compose_services().items():
        if process_of(name) == "bot":
            assert service["environment"][kind] == f"${{{kind}:-}}", name


def test_whoever_searches_the_directory_may_write_its_lock() -> None:
    for name, service in compose_services().items():
        if process_of(name) in ("bot", "actions"):
            assert service["volumes"] == ["data:/data"], name
    for unit in (DEPLOY / "systemd").glob("sphere-[ab]*@.service"):
        assert re.search(r"^StateDirectory=sphere-assistant$", unit.read_text("utf-8"), re.MULTILINE), unit


def test_no_file_holds_a_secret() -> None:
    for file in (*DEPLOY.glob("env/*.env"), DEPLOY / "compose.env.example"):
        given = {name: value for name, value in env_file(file).items() if name in secret_variables() and value}
        assert all("PASSWORD" in value for value in given.values()), (file, list(given))


def test_services_of_one_kind_differ_in_their_command_alone() -> None:
    services = {name: service for name, service in compose_services().items() if process_of(name)}
    for name, service in services.items():
        twin = services[f"{name[:-1]}{3 - int(name[-1])}"] if name[-1].isdigit() else {**services["bot1"], "command": ["deliver"]}
        assert service == twin


def test_versions_are_one(pyproject: str) -> None:
    chart = read_yaml(DEPLOY / "helm" / "Chart.yaml")
    assert f'\nversion = "{chart["version"]}"\n' in pyproject
    assert chart["appVersion"] == chart["version"]


@pytest.fixture
def pyproject() -> str:
    return Path(DEPLOY.parent, "pyproject.toml").read_text("utf-8")
