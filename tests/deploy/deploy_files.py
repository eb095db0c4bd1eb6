"""What the files of `deploy/` set, by process: env files, the compose file, the chart."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

ROOT = Path(__file__).resolve().parents[2]
DEPLOY = ROOT / "deploy"
PROCESSES = ("bot", "actions", "rasa")


def read_yaml(file: Path) -> Any:
    """Return what a YAML file holds, merges done."""
    return YAML(typ="safe").load(file.read_text("utf-8"))


def env_file(file: Path) -> dict[str, str]:
    """Return the variables of a file as systemd and compose read it."""
    lines = (line for line in file.read_text("utf-8").splitlines() if line and not line.startswith("#"))
    return dict(line.split("=", 1) for line in lines)


def compose_services() -> dict[str, dict[str, Any]]:
    """Return the services of the compose file by name."""
    services: dict[str, dict[str, Any]] = read_yaml(DEPLOY / "compose.yaml")["services"]
    return services


def process_of(service: str) -> str | None:
    """Return which process of ours a service of the compose file is; None for those of others."""
    name = service.rstrip("0123456789")
    return "bot" if name in ("bot", "deliver") else name if name in PROCESSES else None


def variables_of_processes() -> Iterator[tuple[str, str, set[str]]]:
    """Yield where, for which process, and which variables are set."""
    common = set(env_file(DEPLOY / "env" / "common.env"))
    values = read_yaml(DEPLOY / "helm" / "values.yaml")
    for process in PROCESSES:
        yield f"env/{process}.env", process, common | set(env_file(DEPLOY / "env" / f"{process}.env"))
        secret = values["secret"]
        yield "helm", process, {*values["settings"], *secret[process], *secret[f"{process}Optional"]}
    for name, service in compose_services().items():
        if (process := process_of(name)) is not None:
            yield f"compose: {name}", process, set(service["environment"])


def interpolated(text: str) -> set[str]:
    """Return the variables that a compose file takes from its own environment."""
    return set(re.findall(r"(?<!\$)\$\{(\w+)", text))
