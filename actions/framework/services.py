"""The capabilities that actions call, created once for the life of the action server."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

from bot.accounts.registry import AccountRegistry
from bot.accounts.requests import AccountRequests
from bot.core.clock import Clock, SystemClock
from bot.core.database import Database
from bot.directory.search import Directory
from bot.dossiers.dossiers import Dossiers
from bot.dossiers.partners import Partners
from bot.fhir.client import FhirClient
from bot.fhir.operations import Operations
from bot.identity.account_chats import AccountChats
from bot.identity.continuations import Continuations
from bot.identity.service import Identity
from bot.notifications.service import Notifications
from bot.settings import Settings, load_settings
from bot.support.opening_hours import OpeningHours, load_hours


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
    settings = load_settings()
    clock = SystemClock()
    database = Database(settings.sqlalchemy_url)
    fhir = FhirClient(settings.required("platform_url"), settings.required("platform_token"), timeout=settings.platform_timeout_seconds)
    registry = AccountRegistry(fhir)
    operations = Operations(database, clock)
    partners = Partners(fhir, database, clock, operations)
    return Services(
        settings=settings,
        clock=clock,
        database=database,
        registry=registry,
        identity=Identity(database, registry, clock, settings),
        continuations=Continuations(database, clock, settings),
        directory=Directory(settings.directory_index),
        dossiers=Dossiers(fhir, database, clock, operations),
        partners=partners,
        requests=AccountRequests(database, registry, partners, clock, settings, AccountChats(settings)),
        notifications=Notifications(database, clock, settings),
        hours=load_hours(settings, clock),
    )
