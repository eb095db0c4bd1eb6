"""Errors of the Bot API."""

from __future__ import annotations

from typing import Any


class BotApiError(Exception):
    """The Bot API refuses a call: `code` is the HTTP status, `parameters` hold `retry_after` and the like."""

    def __init__(self, code: int, description: str, **parameters: Any) -> None:
        super().__init__(description)
        self.code, self.description, self.parameters = code, description, parameters
