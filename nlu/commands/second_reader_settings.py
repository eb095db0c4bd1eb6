"""Settings of the second reader, from the environment of the Rasa process; `bot/reader_settings.py` checks the same before it starts."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from ipaddress import ip_address
from urllib.parse import urlsplit

_URL = re.compile(r"https?://[^\s/?#@\\]+(?:/[^\s?#\\]*)?")
_YES = frozenset(["1", "true", "t", "yes", "y", "on"])


@dataclass(frozen=True, slots=True)
class SecondReaderSettings:
    """Where the language model is asked, which one, and with what token (empty: none)."""

    url: str
    model: str
    token: str = field(default="", repr=False)

    @classmethod
    def from_environment(cls, variables: Mapping[str, str]) -> SecondReaderSettings | None:
        """Return the settings; None where no second reader is wanted.

        Raises:
            ValueError: one is missing or wrong; the message names its variable and quotes none.
        """
        url, model, token = (variables.get(name, "").strip() for name in ("READER_URL", "READER_MODEL", "READER_TOKEN"))
        if not url:
            return None
        if not _URL.fullmatch(url):
            raise ValueError("READER_URL is no http(s) address without user, query and fragment")
        if not url.startswith("https://") and not _is_loopback(url):
            raise ValueError("READER_URL must be https, unless it is on this machine")
        if variables.get("READER_WITHIN_HOSTING", "").strip().lower() not in _YES:
            raise ValueError("READER_WITHIN_HOSTING is not true: messages go only to a server within the platform's hosting")
        if not model:
            raise ValueError("READER_MODEL is not set")
        if not (token.isascii() and token.isprintable()):
            raise ValueError("READER_TOKEN holds signs that no token has")
        return cls(url.rstrip("/"), model, token)


def _is_loopback(url: str) -> bool:
    try:
        host = urlsplit(url).hostname or ""
        return host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        return False
