"""Setting of the mapping file: what the platform calls things (`bot.fhir.mapping`)."""

from __future__ import annotations

from pathlib import Path

from pydantic import Field, field_validator
from pydantic_settings import BaseSettings

from bot.fhir.mapping import MappingError, load_mapping


class MappingSettings(BaseSettings):
    """Part of `bot.settings.Settings`."""

    platform_mapping: Path | None = Field(
        None,
        alias="PLATFORM_MAPPING",
        description="TOML file of what the platform calls things, over the defaults (see docs/integration.md); none: the defaults.",
    )

    @field_validator("platform_mapping")
    @classmethod
    def _check_mapping(cls, file: Path | None) -> Path | None:
        try:
            load_mapping(file)
        except MappingError as error:
            raise ValueError(str(error)) from None
        return file
