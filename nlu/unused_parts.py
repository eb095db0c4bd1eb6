"""Parts of Rasa that it imports and that nobody uses here, so that their libraries need not be installed.

Rasa imports every connector, database and plot that it can have, whether or not it is asked for. Each of them is a library with
weaknesses of its own. A finder gives placeholders in their place; one that is used all the same says so.
"""

from __future__ import annotations

import importlib.abc
import importlib.machinery
import sys
from collections.abc import Callable, Sequence
from types import ModuleType
from typing import Any, NoReturn

CONNECTORS = {
    "facebook": "FacebookInput",
    "hangouts": "HangoutsInput",
    "mattermost": "MattermostInput",
    "rocketchat": "RocketChatInput",
    "slack": "SlackInput",
    "socketio": "SocketIOInput",
    "telegram": "TelegramInput",
    "twilio": "TwilioInput",
    "twilio_voice": "TwilioVoiceInput",
    "webexteams": "WebexTeamsInput",
}
"""Modules of `rasa.core.channels`, and what Rasa wants of each."""


class PartNotInstalled(Exception):
    """A part of Rasa is used that is not installed here."""

    def __init__(self, part: str) -> None:
        super().__init__(f"{part} is not installed: it is in {__name__}")


def _refusing(part: str) -> Callable[..., NoReturn]:
    def refuse(*_: Any, **__: Any) -> NoReturn:
        raise PartNotInstalled(part)

    return refuse


def _placeholder(part: str, name: str) -> type:
    """Return a class that may be named and looked up by `name()`, as connectors are, and not made."""
    own_name = part.rpartition(".")[2]
    return type(name, (), {"__init__": _refusing(part), "name": classmethod(lambda _cls: own_name)})


class _LogProcessor:
    """Stands in the place of a log processor that would send errors to a service outside: it sends nothing."""

    def __init__(self, **_: Any) -> None:
        pass

    def __call__(self, _logger: Any, _name: str, entry: Any) -> Any:
        """Return the entry as it is."""
        return entry


PARTS: dict[str, dict[str, Any]] = {
    **{f"rasa.core.channels.{module}": {name: _placeholder(f"rasa.core.channels.{module}", name)} for module, name in CONNECTORS.items()},
    "rasa.utils.plotting": {
        name: _refusing("rasa.utils.plotting") for name in ("plot_confusion_matrix", "plot_paired_histogram", "plot_curve")
    },
    "structlog_sentry": {"SentryProcessor": _LogProcessor},
    # Event brokers. There is none here; Rasa names their errors where it would make one.
    "rasa.core.brokers.pika": {"PikaEventBroker": _placeholder("rasa.core.brokers.pika", "PikaEventBroker")},
    "aio_pika": {},
    "aio_pika.exceptions": {"AMQPConnectionError": PartNotInstalled, "CONNECTION_EXCEPTIONS": ()},
    "aiormq": {},
    "aiormq.exceptions": {"ChannelNotFoundEntity": PartNotInstalled},
    # The tracker stores of DynamoDB and MongoDB.
    **{name: {} for name in ("boto3", "boto3.dynamodb", "pymongo")},
    "boto3.dynamodb.conditions": {"Key": _placeholder("boto3", "Key")},
    "pymongo.collection": {"Collection": _placeholder("pymongo", "Collection")},
}
"""By module: what is found there."""


class _Finder(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """Finds the placeholders before anything that is installed."""

    def find_spec(
        self, fullname: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> importlib.machinery.ModuleSpec | None:
        """Return the place of a placeholder; None for any other module."""
        if fullname not in PARTS:
            return None
        is_package = any(other.startswith(f"{fullname}.") for other in PARTS)
        return importlib.machinery.ModuleSpec(fullname, self, is_package=is_package)

    def create_module(self, spec: importlib.machinery.ModuleSpec) -> ModuleType | None:
        """Let Python make the module."""
        return None

    def exec_module(self, module: ModuleType) -> None:
        """Fill the placeholder."""
        vars(module).update(PARTS[module.__name__])


def leave_out_unused_parts() -> None:
    """Have Rasa find the placeholders. To be called before Rasa is imported; more than once is no more."""
    if not any(isinstance(finder, _Finder) for finder in sys.meta_path):
        sys.meta_path.insert(0, _Finder())
