"""The container of the bot: adds messaging, support and the workers of notifications to what every process has."""

from __future__ import annotations

from functools import cached_property

from bot.accounts.creation import CREATIONS
from bot.accounts.decisions import DECISIONS
from bot.channels import create_channels
from bot.container import Container
from bot.core.audit_copy import POLL_SECONDS
from bot.core.time_budget import TimeBudget
from bot.directory.distribution import POLL_SECONDS as DISTRIBUTION_SECONDS
from bot.directory.live import refresh as live_refresh
from bot.fhir.errors import FhirUnavailable
from bot.fhir.operations import OPERATIONS
from bot.identity.errors import AccountClosed, LinkTokenInvalid, Locked, OtherAccountLinked
from bot.jobs.worker import Worker, queue_worker
from bot.messaging.channel import Channel, ChannelContext
from bot.messaging.gateway import Gateway
from bot.messaging.mail_sender import MailSender
from bot.notifications.notification_worker import NotificationWorker
from bot.notifications.unread_counts import unread_by_chat
from bot.notifications.watch.watcher import PlatformWatcher
from bot.support.agent_links import AgentLinks
from bot.support.agents import Agents
from bot.support.groups.groups import Groups
from bot.support.service import Support


class BotContainer(Container):
    """The parts of one bot."""

    @cached_property
    def gateway(self) -> Gateway:
        """Turns users' messages into answers; there are human agents once `support` is made. Raises TextsError, SettingsError."""
        return Gateway(self.settings, self.database, self.clock, self.redaction, self._link_account, unread_by_chat)

    @cached_property
    def channels(self) -> list[Channel]:
        """The configured channels, registered with the gateway. Raises SettingsError."""
        channels = create_channels(ChannelContext(self.settings, self.gateway, self.clock, self.database))
        for channel in channels:
            self.gateway.registry.add(channel)
        return channels

    @cached_property
    def support(self) -> Support:
        """Tickets and the desk; the gateway hands conversations over to it. Raises SettingsError."""
        outgoing_filter = self.gateway.outgoing_filter
        support = Support(self.settings, self.database, self.clock, self.gateway, outgoing_filter, self.identity, self.account_requests)
        self.gateway.set_handover(support.handover)
        return support

    @cached_property
    def agents(self) -> Agents:
        """The accounts of the desk."""
        return Agents(self.database, self.clock, self.settings)

    @cached_property
    def agent_links(self) -> AgentLinks:
        """The chat accounts that agents answer from."""
        return AgentLinks(self.database, self.clock, self.settings)

    @cached_property
    def groups(self) -> Groups:
        """The groups in which agents answer. Raises SettingsError where a group is set whose channel is not."""
        desk, gateway = self.support.desk, self.gateway
        return Groups(self.settings, self.database, self.clock, desk, self.agent_links, gateway.outgoing_filter, self.channels)

    @cached_property
    def notification_worker(self) -> NotificationWorker:
        """Fans events out and dispatches notifications; told by the gateway what became of them."""
        channels = self.gateway.registry.channels
        worker = NotificationWorker(self.settings, self.database, self.clock, self.fhir, self.redaction.safe_url, channels, self.mapping)
        self.gateway.tracking.register(worker.tracker)
        return worker

    @cached_property
    def platform_watcher(self) -> PlatformWatcher:
        """Hears of what changes on the platform. Raises SettingsError."""
        return PlatformWatcher(self.settings, self.database, self.clock, self.fhir, self.mapping)

    @cached_property
    def mail_sender(self) -> MailSender:
        """Sends the mails of the outbox."""
        return MailSender(self.settings, self.database, self.clock, self.gateway.tracking)

    @cached_property
    def local_workers(self) -> tuple[Worker, ...]:
        """The loops that every process runs: they look after the directory's index on the disk of its machine, one of them at a time."""
        refresh, poll = self.live_directories.refresh, live_refresh.POLL_SECONDS
        doing = "fetching changes of the national directory"
        refreshing = (Worker(self.database, None, refresh.run_due, doing=doing, poll_seconds=poll),) if refresh else ()
        imports, minutes = self.directory_refresh.run_due, self.settings.directory_check_minutes
        distribution = self.directory_distribution
        shares = distribution.publish_to is not None or distribution.fetch_from is not None
        every, doing = DISTRIBUTION_SECONDS, "publishing or fetching the directory"
        sharing = (Worker(self.database, None, distribution.run_due, doing=doing, poll_seconds=every),) if shares else ()
        importing = Worker(self.database, None, imports, doing="importing the directory", poll_seconds=60 * minutes)
        return (*refreshing, *sharing, importing)

    @cached_property
    def delivery_workers(self) -> tuple[MailSender | NotificationWorker | PlatformWatcher | Worker, ...]:
        """The loops that do what is due and nobody waits for, but for those of the gateway, of support and of groups."""
        _ = self.restorations  # registers its operation
        copy = self.audit_copy
        copying = (Worker(self.database, None, copy.run_due, doing="copying the audit trail", poll_seconds=POLL_SECONDS),) if copy else ()
        return (
            *copying,
            self.mail_sender,
            self.notification_worker,
            self.platform_watcher,
            queue_worker(self.database, self.clock, OPERATIONS, self.operations.run_due, doing="running operations"),
            queue_worker(self.database, self.clock, DECISIONS, self.decisions.run_due, doing="carrying out decisions on account requests"),
            queue_worker(self.database, self.clock, CREATIONS, self.account_requests.finish_created, doing="completing account creations"),
        )

    async def _link_account(self, conversation_id: str, token: str) -> str | None:
        """Link a chat by the token of a deep link, as the gateway has it done (`LinkAccount`)."""
        try:
            with TimeBudget(self.settings.platform_turn_seconds).applied():
                await self.identity.redeem(conversation_id, token)
        except LinkTokenInvalid:
            return "link_invalid"
        except OtherAccountLinked:
            return "link_other_account"
        except Locked:
            return "link_locked"
        except AccountClosed:
            return "link_closed"
        except FhirUnavailable:
            return "link_unavailable"
        return None
