"""The gateway: what channels call. Puts inbox, router, worker and transcript together."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from sqlalchemy import select

from bot.core.clock import Clock
from bot.core.database import Database
from bot.core.encryption import Cipher
from bot.identity.continuations import Continuations
from bot.jobs.lease_owner import new_holder
from bot.messaging.channel_registry import ChannelRegistry
from bot.messaging.channel_sender import ChannelSender
from bot.messaging.conversations import Conversations
from bot.messaging.db_poller import DatabasePoller
from bot.messaging.hub import Hub
from bot.messaging.inbox import Door, Inbox
from bot.messaging.messages import Incoming, Message, Received
from bot.messaging.pii.redaction import Redaction
from bot.messaging.rasa import RasaClient
from bot.messaging.router import Redeem, Router
from bot.messaging.texts import Texts, load_texts
from bot.messaging.transcript import PAGE, Transcript
from bot.messaging.turn_worker import Worker
from bot.notifications.delivery_status import SendTimeCheck
from bot.settings import Settings
from bot.support.agent_mode_input import AgentModeReader
from bot.support.button_actions import TranscriptLinks
from bot.support.desk_events import DeskEvents
from bot.support.handover import Handover
from bot.support.records import HELD
from bot.support.support_policy import SupportPolicy
from bot.support.tables import TicketRow
from bot.support.ticket_transcript import TicketTranscriptLinks
from bot.support.timeout_worker import TimeoutWorker

STOP_SECONDS = 4.0
"""How long a stop waits for the turns in hand; below the supervisor's patience of 7 s."""
WAIT_MARGIN_SECONDS = 3.0
"""How much longer than a turn may last its caller waits, so that it gets the text which says so."""


@dataclass(frozen=True)
class Typing:
    """Whether an answer is being prepared, as an event of a stream."""

    on: bool


@dataclass(frozen=True)
class Unread:
    """How many notices the chat's person has not read, as an event of a stream; None: the chat is nobody any more."""

    notices: int | None


class Gateway:
    """Conversations of every channel: receive, answer, read, follow. One a process."""

    def __init__(self, settings: Settings, database: Database, clock: Clock, privacy: Redaction, redeem: Redeem) -> None:
        """Raises TextsError or SettingsError when the installation is not complete.

        Args:
            redeem: links a conversation by the token of a deep link.
        """
        self._database, self._clock = database, clock
        self._turn_seconds = settings.turn_seconds
        self.button_life = timedelta(hours=settings.button_hours)
        self.texts: Texts = load_texts(support_phone=settings.support_phone, support_email=settings.support_email)
        self.hub = Hub()
        self.conversations = Conversations(database)
        self.transcript = Transcript(database)
        self.doors = ChannelRegistry(database)
        seal = Cipher(settings.required("secret"))
        self._inbox = Inbox(database, self.texts, seal, holder=new_holder(), button_life=self.button_life)
        self._rasa = RasaClient(
            settings.required("rasa_url"), settings.required("rasa_token"), timeout_seconds=settings.rasa_timeout_seconds
        )
        self.support = SupportPolicy.of(settings, clock)
        self.changes = DeskEvents(database)
        words = self.support.announcer.words
        router = Router(database, clock, self.doors.capabilities, redeem, words.wants_transcript)
        self.handover = Handover(
            database=database,
            inbox=self._inbox,
            support=self.support,
            hearing=AgentModeReader(router, privacy, self._rasa, self.doors, words, self.texts, redeem),
            doors=self.doors,
            texts=self.texts,
            changes=self.changes,
            clock=clock,
            transcripts=TranscriptLinks(
                self.doors, TicketTranscriptLinks(settings, clock), Continuations(database, clock, settings), clock, self.button_life
            ),
        )
        self._worker = Worker(
            inbox=self._inbox,
            router=router,
            rasa=self._rasa,
            hub=self.hub,
            texts=self.texts,
            clock=clock,
            turn_seconds=settings.turn_seconds,
            doors=self.doors,
            privacy=privacy,
            handover=self.handover,
        )
        self.deadlines = TimeoutWorker(
            database=database,
            clock=clock,
            support=self.support,
            changes=self.changes,
            hub=self.hub,
            button_life=self.button_life,
        )
        self.pusher = ChannelSender(database, clock, self.doors.channels, privacy, settings.own_url)
        self._follower = DatabasePoller(database, clock, self.hub, self._inbox, self.transcript, lambda: self._worker.in_hand)

    def on_turn(self, told: Callable[[], None]) -> None:
        """Who is told at the end of each turn, during which actions may have written what is to be delivered."""
        self._worker.on_turn = told

    def decide_again(self, notices: SendTimeCheck) -> None:
        """Who is asked about notices that did not leave at once, before they are pushed."""
        self.pusher.notices = notices

    async def start(self) -> None:
        """Take up what was left unanswered, and go on."""
        await self._worker.start()
        self._follower.start()
        self.changes.start()
        self.deadlines.start()
        self.pusher.start()
        for channel in self.doors.channels.values():
            await channel.start()

    def begin_stop(self) -> None:
        """End every stream, begin no turn any more, let go those who wait for a turn that is not in hand."""
        self.hub.end()
        self.changes.end()
        self._worker.begin_stop(STOP_SECONDS)
        for turn_id in set(self.hub.awaited) - self._worker.in_hand:
            self.hub.give_up(turn_id)

    async def stop(self) -> None:
        """Finish the turns in hand within `STOP_SECONDS` of the beginning of the stop, leave the others to the next start."""
        self.begin_stop()
        receiving = [channel.stop_receiving() for channel in self.doors.channels.values()]
        await asyncio.gather(*receiving, self._worker.stop(STOP_SECONDS))
        await self.pusher.stop()
        await asyncio.gather(*(channel.stop() for channel in self.doors.channels.values()))
        await self._follower.stop()
        await self.changes.stop()
        await self.deadlines.stop()
        await self._rasa.aclose()

    async def masked(self, text: str) -> str:
        """What a user said without the usagers who are named in it, whoever they are. Raises RasaError where nobody can say."""
        return await self._rasa.masked(text, ())

    async def open(self, channel: str, address: str) -> str:
        """Start a conversation; gives its id."""
        return await self.conversations.open(channel, address, self._clock.now())

    async def find(self, channel: str, address: str) -> str | None:
        """The id of an open conversation, or None."""
        return await self.conversations.find(channel, address)

    async def enter(self, channel: str, address: str, reference: Mapping[str, Any] | None = None) -> str:
        """The conversation with `address` (≤ 128 characters), opened where there is none; gives its id.

        Args:
            reference: what else the channel needs to reach the chat, as JSON; kept up to date. The chat counts as reachable again.
        """
        return await self.conversations.enter(channel, address, dict(reference or {}), self._clock.now())

    async def left(self, channel: str, address: str) -> None:
        """The user blocked or uninstalled the assistant: nothing is sent there until they write again."""
        await self.conversations.left(channel, address, self._clock.now())

    async def receive(self, conversation_id: str, incoming: Incoming, channel: str | None = None) -> Received:
        """Write a message down; once this returns it will be answered, whatever happens to this process.

        Args:
            channel: the door by which it came, where that is not the conversation's own channel.
        """
        home = await self.conversations.home(conversation_id)
        door = Door(home, channel or home, self.doors.trusted(channel or home))
        received = await self._inbox.receive(conversation_id, incoming, door, self._clock.now())
        if received.work is not None:
            self._worker.begin(received.work)
        if received.new:
            self.hub.changed(conversation_id)
        return received

    async def writes(self, conversation_id: str) -> None:
        """The user is writing: shown to the team while they have the word; of what is written nothing is known."""
        if not self.changes.heard:
            return
        held = select(TicketRow.id).where(TicketRow.live == conversation_id, TicketRow.state.in_(HELD))
        async with self._database.reading() as session:
            ticket_id = await session.scalar(held)
        if ticket_id is not None:
            self.changes.writes(ticket_id, conversation_id)

    async def replies(self, conversation_id: str, received: Received) -> list[Message] | None:
        """Wait for the end of a turn: its replies, or None if it is not over shortly after the longest time that it may last."""
        if received.done:
            return await self.transcript.replies(conversation_id, received.turn_id)
        with self.hub.waiter(received.turn_id) as waiter:
            try:
                async with asyncio.timeout(self._turn_seconds + WAIT_MARGIN_SECONDS):
                    messages = await waiter
            except TimeoutError:
                return None
        if messages is not None:
            return messages
        return await self.transcript.replies(conversation_id, received.turn_id)

    async def history(self, conversation_id: str, after: int | None) -> list[Message]:
        """Messages after an id, oldest first; with None the latest ones. At most `PAGE`."""
        if after is None:
            return await self.transcript.latest(conversation_id)
        return await self.transcript.after(conversation_id, after)

    async def events(self, conversation_id: str, after: int | None) -> AsyncIterator[Message | Typing | Unread]:
        """Messages after an id, then each new one, when an answer begins and ends to be prepared, and how many notices are unread.

        It ends when the process stops.
        """
        shown, rung = False, None
        with self.hub.stream(conversation_id) as stream:
            while not stream.ended:
                stream.changed.clear()
                typing = stream.typing
                if typing and not shown:
                    yield Typing(on=True)
                messages = await self.history(conversation_id, after)
                for message in messages:
                    after = int(message["id"])
                    yield message
                if shown and not typing:
                    yield Typing(on=False)
                shown = typing
                if stream.unread != rung:
                    rung = stream.unread
                    yield Unread(rung)
                after = after if after is not None else 0
                if len(messages) < PAGE:
                    await stream.changed.wait()
