"""What runs on a machine, and how: the one place that knows the commands and what each is started with."""

from __future__ import annotations

import sys
from dataclasses import dataclass

from bot.installation.environments import ACTIONS, BOT, RASA
from bot.installation.installation import RASA_PYTHON


@dataclass(frozen=True)
class Role:
    """A kind of process: its command, the secrets that it gets, where it says that it is ready and with which status."""

    name: str
    command: tuple[str, ...]
    secrets: frozenset[str]
    ready_path: str
    ready_status: int
    proxied: bool = True
    """Whether the proxy sends requests to it."""

    def command_at(self, host: str, port: int) -> list[str]:
        """Return the command that listens there; bots read it of HOST and PORT."""
        return [part.format(host=host, port=port) for part in self.command]


_BOT = (sys.executable, "-m", "bot.cli")
_LISTEN = ("--host", "{host}", "--port", "{port}")
RASA_SERVER = Role("rasa", (str(RASA_PYTHON), "-m", "nlu.serve", *_LISTEN), RASA, "webhooks/gateway/health", 401)
ACTION_SERVER = Role("actions", (*_BOT, "actions", *_LISTEN), ACTIONS, "health", 401)
SERVING_BOT = Role("bot", (*_BOT, "serve"), BOT, "health/ready", 200)
DELIVERING_BOT = Role("deliver", (*_BOT, "deliver"), BOT, "health/ready", 200, proxied=False)
ROLES = (RASA_SERVER, ACTION_SERVER, SERVING_BOT, DELIVERING_BOT)
"""The slowest to start first."""
