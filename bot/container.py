"""The container: the one place where the parts of a process are made and given to each other.

The bot (which adds its own, `bot/bot_container.py`), the action server, the command line and the tests take what they need; each part is
made when it is first asked for. A test that wants another part in its place sets it before anything asks for it.
"""

from __future__ import annotations

from functools import cached_property

from bot.accounts.decisions import Decisions
from bot.accounts.registry import AccountRegistry
from bot.accounts.requests import AccountRequests
from bot.core.audit_copy import AuditCopy, sink_of
from bot.core.clock import Clock, SystemClock
from bot.core.database import Database
from bot.core.time_budget import TurnBudgets
from bot.directory.distribution import Distribution
from bot.directory.overlay import CurrentDirectory
from bot.directory.refresh import DirectoryRefresh
from bot.directory.search import Directory
from bot.dossiers.care_teams import CareTeams
from bot.dossiers.dossiers import Dossiers
from bot.dossiers.duplicates import Duplicates
from bot.dossiers.history import PartnerHistory
from bot.dossiers.partners import Partners
from bot.dossiers.probing import ProbeLimits
from bot.dossiers.restorations import Restorations
from bot.dossiers.usager_cache import UsagerCache
from bot.fhir.access_tokens import DatabaseTokenStore
from bot.fhir.client import FhirClient
from bot.fhir.mapping import PlatformMapping, load_mapping
from bot.fhir.operations import Operations
from bot.identity.account_chats import AccountChats
from bot.identity.chat_sessions import ChatSessions
from bot.identity.continuations import Continuations
from bot.identity.service import Identity
from bot.live_directories import LiveDirectories
from bot.messaging.pii.redaction import Redaction
from bot.notifications.care_team_cache import CareTeamCache
from bot.notifications.service import Notifications
from bot.platform_access import platform_client
from bot.settings import Settings, SettingsError
from bot.support.opening_hours import OpeningHours, load_hours
from bot.support.ticket_status import TicketStatuses


class Container:
    """The parts of one process, over one database and one platform."""

    def __init__(self, settings: Settings, clock: Clock | None = None, database: Database | None = None) -> None:
        """`clock` and `database`: those of tests; by default the machine's clock and the database of the settings."""
        self.settings = settings
        self.clock = clock or SystemClock()
        self.database = database or Database(settings.sqlalchemy_url, settings.database_connections)

    async def aclose(self) -> None:
        """Close the connections to the platform and the directories, where there are any, and to the database."""
        if "fhir" in self.__dict__:  # made already
            await self.fhir.aclose()
        await self.live_directories.aclose()
        await self.database.close()

    @cached_property
    def fhir(self) -> FhirClient:
        """The client of the platform. Raises SettingsError where its address, or how it knows us, is missing."""
        settings = self.settings
        store = DatabaseTokenStore(self.database, self.clock, settings.required("secret")) if settings.platform_token_url else None
        return platform_client(settings, self.clock, store)

    @cached_property
    def mapping(self) -> PlatformMapping:
        """What the platform calls things. Raises MappingError for a file that was changed since the settings were loaded."""
        return load_mapping(self.settings.platform_mapping)

    @cached_property
    def turn_budgets(self) -> TurnBudgets:
        """How long each turn may still wait for the platform."""
        return TurnBudgets(self.settings.platform_turn_seconds)

    @cached_property
    def registry(self) -> AccountRegistry:
        """Who has an account."""
        return AccountRegistry(self.fhir, self.clock, self.mapping)

    @cached_property
    def identity(self) -> Identity:
        """Which account a chat is linked to."""
        return Identity(self.database, self.registry, self.clock, self.settings)

    @cached_property
    def continuations(self) -> Continuations:
        """Links that go on in the trusted web chat."""
        return Continuations(self.database, self.clock, self.settings)

    @cached_property
    def chat_sessions(self) -> ChatSessions:
        """Who reads and writes a conversation of the web chat."""
        return ChatSessions(self.database, self.clock, self.settings)

    @cached_property
    def operations(self) -> Operations:
        """Changes on the platform that are retried; `dossiers` and `partners` register theirs."""
        return Operations(self.database, self.clock)

    @cached_property
    def dossiers(self) -> Dossiers:
        """The dossiers of professionals."""
        return Dossiers(self.fhir, self.database, self.clock, self.operations, self.probe_limits, self.mapping)

    @cached_property
    def partners(self) -> Partners:
        """The partners of dossiers."""
        return Partners(self.fhir, self.database, self.clock, self.operations, self.probe_limits, self.mapping)

    @cached_property
    def restorations(self) -> Restorations:
        """Removals taken back; registers its operation."""
        return Restorations(self.fhir, self.database, self.clock, self.operations, self.mapping)

    @cached_property
    def partner_history(self) -> PartnerHistory:
        """Who added or removed whom."""
        return PartnerHistory(self.fhir, self.database, self.clock, self.probe_limits, self.mapping)

    @cached_property
    def probe_limits(self) -> ProbeLimits:
        """How often the dossiers of others may be tried."""
        settings = self.settings
        return ProbeLimits(settings.dossier_refusals_per_hour, settings.dossier_creations_per_hour, settings.dossier_searches_per_hour)

    @cached_property
    def duplicates(self) -> Duplicates:
        """Dossiers that may be about one person; registers its operation."""
        chats = AccountChats(self.settings)
        return Duplicates(self.fhir, self.database, self.clock, self.operations, chats, self.settings, self.mapping)

    @cached_property
    def audit_copy(self) -> AuditCopy | None:
        """The copy of the audit trail, None where there is to be none. Raises SettingsError where nothing could be written there."""
        setting = self.settings.audit_log
        if setting is None:
            return None
        sink = sink_of(setting)
        try:
            sink.check()
        except OSError as error:
            raise SettingsError(f"AUDIT_LOG: nothing can be written there ({error.strerror or type(error).__name__})") from None
        return AuditCopy(self.database, self.clock, setting[:200], sink)

    @cached_property
    def account_requests(self) -> AccountRequests:
        """Requests for accounts."""
        return AccountRequests(self.database, self.registry, self.partners, self.clock, self.settings, AccountChats(self.settings))

    @cached_property
    def ticket_statuses(self) -> TicketStatuses:
        """Where requests to the SPHERE team stand."""
        return TicketStatuses(self.database, self.clock, AccountChats(self.settings))

    @cached_property
    def decisions(self) -> Decisions:
        """Agents' decisions on account requests."""
        return Decisions(self.database, self.account_requests, self.clock, self.settings.desk_undo_seconds)

    @cached_property
    def directory(self) -> Directory:
        """The imported directory of professionals, with what changed since."""
        return CurrentDirectory(self.settings.directory_index)

    @cached_property
    def live_directories(self) -> LiveDirectories:
        """The directories that are asked live, as far as the settings name them."""
        return LiveDirectories(self.settings, self.database, self.clock)

    @cached_property
    def directory_refresh(self) -> DirectoryRefresh:
        """Imports the directory again when its source changed."""
        settings = self.settings
        return DirectoryRefresh(settings.directory_source, settings.directory_index, settings.directory_max_shrink)

    @cached_property
    def directory_distribution(self) -> Distribution:
        """Gives the directory to other machines, or fetches theirs."""
        settings = self.settings
        return Distribution(settings.directory_index, settings.directory_publish, settings.directory_url)

    @cached_property
    def notifications(self) -> Notifications:
        """What a person asks about their notifications."""
        return Notifications(self.database, self.clock, self.settings)

    @cached_property
    def care_team_cache(self) -> CareTeamCache:
        """Care teams as the platform told them a moment ago."""
        return CareTeamCache(CareTeams(self.fhir, self.clock, self.mapping), self.clock)

    @cached_property
    def opening_hours(self) -> OpeningHours:
        """When support answers. Raises SettingsError."""
        return load_hours(self.settings, self.clock)

    @cached_property
    def redaction(self) -> Redaction:
        """The filter of all that is kept for, or leaves to, external channels."""
        return Redaction(self.identity, UsagerCache(self.dossiers, self.clock), self.clock)
