"""Support in one process: the desk, the handover, the events of the desks and the timeouts, put together."""

from __future__ import annotations

from bot.accounts.requests import AccountRequests
from bot.core.clock import Clock
from bot.core.database import Database
from bot.identity.continuations import Continuations
from bot.identity.service import Identity
from bot.messaging.pii.outgoing_filter import OutgoingFilter
from bot.messaging.ports import Messaging
from bot.settings import Settings
from bot.support.agent_mode_input import AgentModeReader
from bot.support.button_actions import ButtonActions
from bot.support.desk import Desk
from bot.support.desk_events import DeskEvents
from bot.support.handover import Handover
from bot.support.support_policy import SupportPolicy
from bot.support.ticket_transcript import TicketTranscriptLinks
from bot.support.timeout_worker import TimeoutWorker
from bot.support.transcript_replies import TranscriptReplies


class Support:
    """What support runs; `handover` is what messaging is given of it."""

    def __init__(
        self,
        settings: Settings,
        database: Database,
        clock: Clock,
        messaging: Messaging,
        outgoing_filter: OutgoingFilter,
        identity: Identity,
        requests: AccountRequests,
    ) -> None:
        """Raise SettingsError when the installation is not complete."""
        self.policy = SupportPolicy.load(settings, clock)
        self.events = DeskEvents(database)
        messages = self.policy.messages
        links, continuations = TicketTranscriptLinks(settings, database, clock), Continuations(database, clock, settings)
        transcripts = TranscriptReplies(messaging, links, continuations, clock, messages)
        self.handover = Handover(
            database=database,
            clock=clock,
            messaging=messaging,
            policy=self.policy,
            reader=AgentModeReader(messaging, outgoing_filter, messages.texts),
            buttons=ButtonActions(self.policy, transcripts),
            events=self.events,
        )
        self.desk = Desk(database, clock, messaging, outgoing_filter, identity, requests, self.policy, self.events, continuations)
        self.timeouts = TimeoutWorker(database=database, clock=clock, policy=self.policy, events=self.events, messaging=messaging)

    def start(self, *, serves: bool = True, delivers: bool = True) -> None:
        """Begin to follow tickets, where desks are served, and to end states whose time is up."""
        if serves:
            self.events.start()
        if delivers:
            self.timeouts.start()

    def begin_stop(self) -> None:
        """End the event streams of the desks."""
        self.events.end()

    async def stop(self) -> None:
        """Stop; to be done once no turn is in hand any more."""
        await self.events.stop()
        await self.timeouts.stop()
