"""Settings of the public files that the directory is imported from."""

from __future__ import annotations

from pathlib import Path

from pydantic import Field
from pydantic_settings import BaseSettings


class DirectorySourceSettings(BaseSettings):
    """Part of `bot.settings.Settings`."""

    directory_source: Path | None = Field(
        None,
        alias="DIRECTORY_SOURCE",
        description="File, ZIP or folder of the public files, imported at the start and whenever it changes; none: by command only.",
    )
    directory_max_shrink: float = Field(
        20.0,
        alias="DIRECTORY_MAX_SHRINK",
        ge=0,
        le=100,
        description="Per cent of the directory's people that a new file may lack; one that lacks more is refused.",
    )
    directory_check_minutes: float = Field(
        60.0, alias="DIRECTORY_CHECK_MINUTES", gt=0, le=10_080, description="Minutes between two looks at DIRECTORY_SOURCE."
    )
