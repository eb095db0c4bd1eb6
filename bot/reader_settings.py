"""Settings of the second reader: the language model that a site may have its messages read by as well (docs/dev/commands.md)."""

from __future__ import annotations

from ipaddress import ip_address
from typing import Self
from urllib.parse import urlsplit

from pydantic import Field, SecretStr, model_validator
from pydantic_settings import BaseSettings


class ReaderSettings(BaseSettings):
    """Part of `bot.settings.Settings`. The Rasa process reads them (`nlu/commands/second_reader_settings.py`); here they are checked."""

    reader_url: str | None = Field(
        None,
        alias="READER_URL",
        pattern=r"^\s*https?://[^\s/?#@\\]+(/[^\s?#\\]*)?\s*$",
        description="Base of an OpenAI-compatible API (`…/v1`) whose language model reads the web chat's messages as well; none: off.",
    )
    reader_model: str | None = Field(None, alias="READER_MODEL", description="Name of that language model.")
    reader_token: SecretStr | None = Field(None, alias="READER_TOKEN", description="Bearer token for it, if it wants one.")
    reader_within_hosting: bool = Field(
        False,
        alias="READER_WITHIN_HOSTING",
        description="`true` declares that READER_URL is within the platform's hosting, which may hold health data; needed with READER_URL.",
    )

    @model_validator(mode="after")
    def _reads_within_the_hosting(self) -> Self:
        if self.reader_url is None:
            return self
        if not self.reader_url.strip().startswith("https://") and not is_loopback(self.reader_url.strip()):
            raise ValueError("READER_URL must be https, unless it is on this machine")
        if not self.reader_within_hosting:
            raise ValueError("READER_WITHIN_HOSTING must be true where READER_URL is set: messages name usagers")
        if not (self.reader_model or "").strip():
            raise ValueError("READER_URL needs READER_MODEL, which says who reads")
        token = self.reader_token.get_secret_value().strip() if self.reader_token else ""
        if not (token.isascii() and token.isprintable()):
            raise ValueError("READER_TOKEN holds signs that no token has")
        return self


def is_loopback(url: str) -> bool:
    """Return whether a URL is of this machine, as that of the sandbox is."""
    try:
        host = urlsplit(url).hostname or ""
        return host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        return False
