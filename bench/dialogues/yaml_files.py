"""Reading the YAML files of the benchmark and of the domain."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from ruamel.yaml import YAML


def read_yaml(file: Path) -> Any:
    """Return what a file says, as plain values."""
    return YAML(typ="safe", pure=True).load(file.read_text(encoding="utf-8"))
