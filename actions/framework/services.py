"""The capabilities that actions call, created once for the life of the action server."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

from bot.accounts.registry import AccountRegistry
from bot.accounts.requests import AccountRequests
from bot.container import Container
from bot.core.clock import Clock
from bot.core.database import Database
from bot.directory.search import Directory
from bot.dossiers.dossiers import Dossiers
from bot.dossiers.partners import Partners
from bot.identity.continuations import Continuations
from bot.identity.service import Identity
from bot.notifications.service import Notifications
from bot.settings import Settings, load_settings
from bot.support.opening_hours import OpeningHours


@dataclass(frozen=True)
class Services:
    """Everything an action may need."""

    settings: Settings
    clock: Clock
    database: Database
    registry: AccountRegistry
    identity: Identity
    continuations: Continuations
    directory: Directory
    dossiers: Dossiers
    partners: Partners
    requests: AccountRequests
    notifications: Notifications
    hours: OpeningHours


@cache
def get_services() -> Services:
    """Return the services of this process, made from its settings. Raise SettingsError if a setting is missing."""
    parts = Container(load_settings())
    return Services(
        settings=parts.settings,
        clock=parts.clock,
        database=parts.database,
        registry=parts.registry,
        identity=parts.identity,
        continuations=parts.continuations,
        directory=parts.directory,
        dossiers=parts.dossiers,
        partners=parts.partners,
        requests=parts.account_requests,
        notifications=parts.notifications,
        hours=parts.opening_hours,
    )
