"""Settings of where the directory comes from: public files that it is imported from, or the index of another machine."""

from __future__ import annotations

from pathlib import Path
from typing import Self

from pydantic import Field, model_validator
from pydantic_settings import BaseSettings

from bot.reader_settings import is_loopback


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
    directory_publish: Path | None = Field(
        None, alias="DIRECTORY_PUBLISH", description="Folder into which this machine publishes its directory for others; none: nowhere."
    )
    directory_url: str | None = Field(
        None,
        alias="DIRECTORY_URL",
        pattern=r"^(/|https?://)[^\s?#@]*[^\s?#@/]$",
        description="Where other machines' directory is fetched from: a folder, or the https address at which an object store gives it.",
    )

    @model_validator(mode="after")
    def _one_origin(self) -> Self:
        if self.directory_url is None:
            return self
        if self.directory_source is not None:
            raise ValueError("DIRECTORY_URL and DIRECTORY_SOURCE: a directory is fetched or imported")
        if self.directory_url.startswith("http://") and not is_loopback(self.directory_url):
            raise ValueError("DIRECTORY_URL must be https, unless it is on this machine")
        return self
