"""`bot platform requirements`: what is required of a platform, for whoever runs it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from bot.command_line import fail, say
from bot.fhir.mapping import load_mapping
from bot.fhir.requirements import requirements_statement
from bot.settings import SettingsError, load_settings

_COMMAND = "platform requirements"


def requirements(out: Annotated[Path | None, typer.Option(help="File to write; without it the statement is printed.")] = None) -> None:
    """Print what is required of a platform: a FHIR R4 CapabilityStatement of kind `requirements`."""
    try:
        statement = requirements_statement(load_mapping(load_settings().platform_mapping))
    except SettingsError as error:
        fail(_COMMAND, str(error))
    text = json.dumps(statement, ensure_ascii=False, indent=2)
    if out is None:
        say(text)
        return
    try:
        out.write_text(text + "\n", encoding="utf-8")
    except OSError as error:
        fail(_COMMAND, f"{out} cannot be written: {error.strerror}")
